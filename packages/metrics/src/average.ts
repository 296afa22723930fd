import type { AccuracyMatrix } from '@cl/hub';
import { assertAccuracy, column, meanOf } from './accuracy-matrix.ts';

/**
 * Average of each domain (Zheng et al., ZSCL, ICCV 2023; X-TAIL and MTIL tables): its accuracy over all steps,
 * those before it was learned included,
 *
 *   Av_j = 1/T · Σ_i a_{i,j}
 *
 * @param accuracy - `a[i][j]` in [0, 1] on domain j after learning domain i; all of it is read.
 * @returns T values in [0, 1], higher is better; `undefined` for domains with a missing evaluation.
 * @throws ClError `SHAPE_MISMATCH`, `NON_FINITE`, `INVALID_DATA` when the matrix is malformed.
 */
export function averagePerDomain(accuracy: AccuracyMatrix): readonly (number | undefined)[] {
  assertAccuracy('average', accuracy);
  return accuracy.map((_, j) => meanOf(column(accuracy, j, 0, accuracy.length)));
}

/**
 * Average (ZSCL): the mean of `averagePerDomain`, hence of the whole matrix,
 *
 *   Average = 1/T · Σ_j Av_j
 *
 * Others call `cumulativeAverageAccuracy` "average accuracy"; that one reads the lower triangle only.
 * Where only the lower triangle was evaluated this metric is not available, rather than low.
 *
 * @returns a share in [0, 1], higher is better; `undefined` when any evaluation is missing.
 * @throws ClError as `averagePerDomain`.
 */
export function average(accuracy: AccuracyMatrix): number | undefined {
  return meanOf(averagePerDomain(accuracy));
}
