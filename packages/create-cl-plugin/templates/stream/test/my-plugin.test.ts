import { createRandom } from '@cl/hub';
import { syntheticDataset } from '@cl/testing';
import { describeStream } from '@cl/testing/vitest';
import { expect, test } from 'vitest';
import { myPlugin } from '../src/index.ts';

// Every promise of the protocol: indexes, labels, nothing of the test sets in training, purity.
describeStream(myPlugin);
describeStream(myPlugin, { order: 'dataset' });

test('each experience brings one class, in the order of the dataset when that is asked for', async () => {
  const dataset = syntheticDataset();
  const context = { datasets: [dataset], random: createRandom(1) };
  const { experiences } = await myPlugin.create({ order: 'dataset' }, context);
  expect(experiences.map(({ classes }) => classes)).toEqual(dataset.classes.map((info) => [info]));
});
