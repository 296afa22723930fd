import { ClError, type AccuracyMatrix } from '@cl/hub';
import { assertAccuracy, assertShare, difference, meanOf, range } from './accuracy-matrix.ts';

/**
 * Forward transfer, FWT (Lopez-Paz and Ranzato, GEM, NeurIPS 2017):
 *
 *   FWT = 1/(T−1) · Σ_{j>1} ( a_{j−1,j} − b_j )
 *
 * What learning the tasks before j did for task j, against b_j, the accuracy before anything was
 * learned (the zero-shot or untrained model). ZSCL's `transfer` is a level, not a gain, and has no b.
 *
 * @param accuracy - `a[i][j]` in [0, 1] on task j after learning task i; the diagonal above the main one is read.
 * @param baseline - b_j in [0, 1]; without it the metric is not available.
 * @returns FWT in [−1, 1], higher is better; `undefined` for a single task or when an evaluation is missing.
 * @throws ClError `SHAPE_MISMATCH`, `NON_FINITE`, `INVALID_DATA` when the matrix or the baseline is malformed.
 */
export function forwardTransfer(
  accuracy: AccuracyMatrix,
  baseline: readonly (number | undefined)[] | undefined,
): number | undefined {
  assertAccuracy('forwardTransfer', accuracy);
  if (baseline === undefined) return undefined;
  baseline.forEach((b, j) => {
    assertShare('forwardTransfer', b, `baseline [${j}]`);
  });
  if (baseline.length < accuracy.length) {
    throw new ClError(
      'SHAPE_MISMATCH',
      `forwardTransfer: baseline of ${baseline.length} tasks for ${accuracy.length}, expected one a ` +
        'task. Put undefined where it was not measured.',
    );
  }
  const later = range(accuracy.length).slice(1);
  return meanOf(later.map((j) => difference(accuracy[j - 1]![j], baseline[j])));
}
