import { createRandom, type ClassInfo, type FeatureSource, type ImageRef } from '@cl/hub';
import { describeLearner } from '@cl/testing/vitest';
import { expect, test } from 'vitest';
import { myPlugin } from '../src/index.ts';

// Every promise of the protocol: shapes, order, saving, aborting, bad input.
describeLearner(myPlugin);
describeLearner(myPlugin, { distance: 'euclidean' });

// A tiny example whose answer is seen without a computer: two classes in the plane.
const points: Readonly<Record<string, readonly [number, number]>> = {
  right: [1, 0.1],
  up: [0.1, 1],
  'nearly right': [0.9, 0.3],
};
const image = (id: string): ImageRef => ({ id, source: { kind: 'file', path: id } });
const features: FeatureSource = {
  fingerprint: 'plane',
  featureDim: 2,
  images: async (images) => ({
    rows: images.length,
    cols: 2,
    data: Float32Array.from(images.flatMap(({ id }) => points[id]!)),
  }),
};

test('an image belongs to the class whose mean is nearest', async () => {
  const [right, up]: ClassInfo[] = [
    { id: 'right', name: 'right' },
    { id: 'up', name: 'up' },
  ];
  const learner = await myPlugin.create(myPlugin.defaults, { features, random: createRandom(0) });
  for (const [index, info] of [right!, up!].entries()) {
    const train = [{ image: image(info.id), classId: info.id }];
    await learner.learn({ index, name: info.name, classes: [info], train });
  }
  const { classes, values } = await learner.predict([image('nearly right')]);
  expect(classes.map(({ id }) => id)).toEqual(['right', 'up']);
  expect(values[0]!).toBeGreaterThan(values[1]!);
});
