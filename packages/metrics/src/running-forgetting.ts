import type { AccuracyMatrix } from '@cl/hub';
import { assertAccuracy, difference, meanOf, range } from './accuracy-matrix.ts';

/**
 * Running forgetting, the mean drop from one step to the next (CODA-Prompt's code):
 *
 *   1/(T−1) · Σ_{i=2..T} ( 1/(i−1) · Σ_{j<i} ( a_{i−1,j} − a_{i,j} ) )
 *
 * It compares neighbouring steps and never looks back to the best accuracy, so the numbers are much
 * smaller than those of `averageForgetting` and say something else.
 *
 * @param accuracy - `a[i][j]` in [0, 1] on task j after learning task i; j ≤ i is read.
 * @returns a value in [−1, 1], lower is better; `undefined` for a single task or when an evaluation is missing.
 * @throws ClError `SHAPE_MISMATCH`, `NON_FINITE`, `INVALID_DATA` when the matrix is malformed.
 */
export function runningForgetting(accuracy: AccuracyMatrix): number | undefined {
  assertAccuracy('runningForgetting', accuracy);
  const drops = accuracy.slice(1).map((row, before) => {
    const old = range(before + 1); // the tasks learned before this row's
    return meanOf(old.map((j) => difference(accuracy[before]![j], row[j])));
  });
  return meanOf(drops);
}
