import type { AccuracyMatrix } from '@cl/hub';
import { assertAccuracy, difference, meanOf, range } from './accuracy-matrix.ts';

/**
 * Backward transfer, BWT (Lopez-Paz and Ranzato, GEM, NeurIPS 2017):
 *
 *   BWT = 1/(T−1) · Σ_{j<T} ( a_{T,j} − a_{j,j} )
 *
 * Negative means forgetting. It starts from the accuracy right after the task was learned,
 * `averageForgetting` from the best one in between.
 *
 * @param accuracy - `a[i][j]` in [0, 1] on task j after learning task i; the diagonal and the last row are read.
 * @returns BWT in [−1, 1], higher is better; `undefined` for a single task or when an evaluation is missing.
 * @throws ClError `SHAPE_MISMATCH`, `NON_FINITE`, `INVALID_DATA` when the matrix is malformed.
 */
export function backwardTransfer(accuracy: AccuracyMatrix): number | undefined {
  assertAccuracy('backwardTransfer', accuracy);
  const last = accuracy.length - 1;
  return meanOf(
    range(Math.max(0, last)).map((j) => difference(accuracy[last]![j], accuracy[j]![j])),
  );
}
