import type { AccuracyMatrix } from '@cl/hub';
import { assertAccuracy, meanOf } from './accuracy-matrix.ts';

/**
 * Cumulative average accuracy, CAA (Jiao et al., VQ-Prompt, NeurIPS 2024, eq. 11; also "Inc", "Avg"):
 *
 *   CAA = 1/T · Σ_i ( 1/i · Σ_{j≤i} a_{i,j} )
 *
 * The mean over steps of the accuracy on what was learned so far, tasks weighing the same. It is
 * not `average` (ZSCL), which also counts tasks before they are learned.
 *
 * @param accuracy - `a[i][j]` in [0, 1] on task j after learning task i; j ≤ i is read.
 * @returns CAA in [0, 1], higher is better; `undefined` when a learned task was not evaluated at some step.
 * @throws ClError `SHAPE_MISMATCH`, `NON_FINITE`, `INVALID_DATA` when the matrix is malformed.
 */
export function cumulativeAverageAccuracy(accuracy: AccuracyMatrix): number | undefined {
  assertAccuracy('cumulativeAverageAccuracy', accuracy);
  return meanOf(accuracy.map((row, i) => meanOf(row.slice(0, i + 1))));
}
