import type { AccuracyMatrix } from '@cl/hub';
import { assertAccuracy, meanOf } from './accuracy-matrix.ts';

/**
 * Final average accuracy, FAA (Jiao et al., VQ-Prompt, NeurIPS 2024, eq. 10; also "A_T", "Last-Acc"):
 *
 *   FAA = 1/T · Σ_j a_{T,j}
 *
 * Every task weighs the same whatever its test size; PILOT and RanPAC weigh by samples, which is
 * `finalStepAccuracy`. The two agree only on tests of equal size.
 *
 * @param accuracy - `a[i][j]` in [0, 1] on task j after learning task i; the last row is read.
 * @returns FAA in [0, 1], higher is better; `undefined` when a task was not evaluated at the end.
 * @throws ClError `SHAPE_MISMATCH`, `NON_FINITE`, `INVALID_DATA` when the matrix is malformed.
 */
export function finalAverageAccuracy(accuracy: AccuracyMatrix): number | undefined {
  assertAccuracy('finalAverageAccuracy', accuracy);
  return meanOf((accuracy.at(-1) ?? []).slice(0, accuracy.length));
}
