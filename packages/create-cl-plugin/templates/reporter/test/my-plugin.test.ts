import { syntheticRecord } from '@cl/testing';
import { describeReporter } from '@cl/testing/vitest';
import { expect, test } from 'vitest';
import { myPlugin } from '../src/index.ts';

// Every promise of the protocol: files inside the run folder, the same bytes each time, purity.
describeReporter(myPlugin);

test('there is a line for each learner, seed and metric; what is not available is empty', async () => {
  const record = syntheticRecord({ learners: ['a,b'], seeds: [7], experiences: 1 });
  const files = await myPlugin.render(record, { separator: ',' });
  expect(files['my-plugin.csv']).toBe(
    'learner,seed,metric,value\n"a,b",7,last,0.73\n"a,b",7,transfer,\n',
  );
});
