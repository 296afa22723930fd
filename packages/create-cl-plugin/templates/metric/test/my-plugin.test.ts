import { describeMetric } from '@cl/testing/vitest';
import { expect, test } from 'vitest';
import { myPlugin } from '../src/index.ts';

// Every promise of the protocol: finite or undefined, zeros count, NaN is refused, purity.
describeMetric(myPlugin);

test('is the smallest accuracy after the last experience', () => {
  const accuracy = [
    [0.9, 0.1],
    [0.7, 0.8],
  ];
  expect(myPlugin.compute({ accuracy, testSizes: [10, 10] })).toBe(0.7);
});
