import {
  average,
  averageForgetting,
  averageForgettingIncludingFinal,
  averagePerDomain,
  backwardTransfer,
  cumulativeAverageAccuracy,
  finalAverageAccuracy,
  finalStepAccuracy,
  forwardTransfer,
  last,
  lastPerDomain,
  meanStepAccuracy,
  perDomain,
  runningForgetting,
  stepAccuracy,
  transfer,
  transferPerDomain,
} from '@cl/metrics';
import { describe, expect, test } from 'vitest';

// Three tasks; task 2 was answered wrongly throughout before it was learned: a true accuracy of exactly 0.
const A = [
  [0.9, 0, 0.3],
  [0.7, 0.8, 0.4],
  [0.6, 0.7, 0.5],
];
const testSizes = [10, 30, 60];
// Task 1 is at its best in the middle, task 2 at the end: here the three forgettings part ways.
const rising = [[0.5], [0.8, 0.6], [0.7, 0.9, 0.4]];

test('final average accuracy and Last are the mean of the last row', () => {
  expect(finalAverageAccuracy(A)).toBeCloseTo((0.6 + 0.7 + 0.5) / 3, 12);
  expect(last(A)).toBeCloseTo(0.6, 12);
  expect(lastPerDomain(A)).toEqual([0.6, 0.7, 0.5]);
});

test('cumulative average accuracy is the mean over steps of the mean over learned tasks', () => {
  expect(cumulativeAverageAccuracy(A)).toBeCloseTo((0.9 + (0.7 + 0.8) / 2 + 0.6) / 3, 12);
});

test('step accuracy weighs tasks by their samples', () => {
  // Right answers: 9 of 10; 7 + 24 of 40; 6 + 21 + 30 of 100.
  const curve = stepAccuracy(A, testSizes);
  [0.9, 31 / 40, 0.57].forEach((s, i) => expect(curve[i]).toBeCloseTo(s, 12));
  expect(finalStepAccuracy(A, testSizes)).toBeCloseTo(0.57, 12);
  expect(meanStepAccuracy(A, testSizes)).toBeCloseTo((0.9 + 0.775 + 0.57) / 3, 12);
});

test('average forgetting is the drop from the best accuracy before the last step', () => {
  expect(averageForgetting(A)).toBeCloseTo((0.3 + 0.1) / 2, 12);
  expect(averageForgetting(rising)).toBeCloseTo((0.8 - 0.7 + (0.6 - 0.9)) / 2, 12); // below zero
});

test('average forgetting including the final row counts a task at its best as 0', () => {
  expect(averageForgettingIncludingFinal(A)).toBeCloseTo((0.3 + 0.1) / 2, 12);
  expect(averageForgettingIncludingFinal(rising)).toBeCloseTo((0.1 + 0) / 2, 12);
});

test('forgetting does not look at what a task scored before it was learned', () => {
  const zeroShotBetter = [
    [0.5, 0.99],
    [0.5, 0.6],
    [0.5, 0.6, 0.4],
  ];
  expect(averageForgetting(zeroShotBetter)).toBeCloseTo(0, 12);
  expect(averageForgettingIncludingFinal(zeroShotBetter)).toBeCloseTo(0, 12);
});

test('running forgetting is the mean drop from one step to the next', () => {
  expect(runningForgetting(A)).toBeCloseTo((0.2 + (0.1 + 0.1) / 2) / 2, 12);
  expect(runningForgetting(rising)).toBeCloseTo((-0.3 + (0.1 - 0.3) / 2) / 2, 12);
});

test('backward transfer is the change since each task was learned', () => {
  expect(backwardTransfer(A)).toBeCloseTo((-0.3 - 0.1) / 2, 12);
  expect(backwardTransfer(rising)).toBeCloseTo((0.2 + 0.3) / 2, 12);
});

test('forward transfer is the gain over the baseline just before a task is learned', () => {
  // Task 2: 0 − 0.2; task 3: 0.4 − 0.25. The baseline of task 1 is not part of it.
  expect(forwardTransfer(A, [undefined, 0.2, 0.25])).toBeCloseTo((-0.2 + 0.15) / 2, 12);
});

test('Transfer counts an accuracy of exactly 0', () => {
  // Masking by value would leave the 0 out and give 0.35.
  expect(transferPerDomain(A)[0]).toBeUndefined();
  expect(transferPerDomain(A)[1]).toBe(0);
  expect(transferPerDomain(A)[2]).toBeCloseTo((0.3 + 0.4) / 2, 12);
  expect(transfer(A)).toBeCloseTo((0 + 0.35) / 2, 12);
});

test('Average is the mean of the whole matrix, by domain first', () => {
  [2.2 / 3, 1.5 / 3, 1.2 / 3].forEach((av, j) => {
    expect(averagePerDomain(A)[j]).toBeCloseTo(av, 12);
  });
  expect(average(A)).toBeCloseTo(4.9 / 9, 12);
});

test('the per-domain table holds the three columns, with gaps where there are gaps', () => {
  const [first, second, third] = perDomain([[0.9], [0.7, 0.8, 0.4], [0.6, 0.7, 0.5]]);
  expect(first).toEqual({ transfer: undefined, average: (0.9 + 0.7 + 0.6) / 3, last: 0.6 });
  expect(second).toEqual({ transfer: undefined, average: undefined, last: 0.7 });
  expect(third).toEqual({ transfer: undefined, average: undefined, last: 0.5 });
});

describe('a lower triangle alone', () => {
  const lower = [[0.9], [0.7, 0.8], [0.6, 0.7, 0.5]];

  test('has no Transfer, no Average and no forward transfer, rather than low ones', () => {
    expect(transfer(lower)).toBeUndefined();
    expect(average(lower)).toBeUndefined();
    expect(forwardTransfer(lower, [0.1, 0.2, 0.25])).toBeUndefined();
  });

  test('has all metrics of what was learned', () => {
    expect(last(lower)).toBeCloseTo(0.6, 12);
    expect(cumulativeAverageAccuracy(lower)).toBe(cumulativeAverageAccuracy(A));
    expect(averageForgetting(lower)).toBe(averageForgetting(A));
  });
});

test('one task has an accuracy, but neither forgetting nor transfer', () => {
  const single = [[0.8]];
  expect(finalAverageAccuracy(single)).toBe(0.8);
  expect(cumulativeAverageAccuracy(single)).toBe(0.8);
  expect(average(single)).toBe(0.8);
  expect(meanStepAccuracy(single, [7])).toBe(0.8);
  const undefinedForOne = [
    averageForgetting(single),
    averageForgettingIncludingFinal(single),
    runningForgetting(single),
    backwardTransfer(single),
    forwardTransfer(single, [0.1]),
    transfer(single),
  ];
  expect(undefinedForOne).toEqual(undefinedForOne.map(() => undefined));
});

test('the first rows give the metric as it stood then', () => {
  const early = A.slice(0, 2); // columns of the third task are not read
  expect(last(early)).toBeCloseTo((0.7 + 0.8) / 2, 12);
  expect(transfer(early)).toBe(0);
  expect(average(early)).toBeCloseTo((0.8 + 0.4) / 2, 12);
});
