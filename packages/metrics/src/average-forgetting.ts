import type { AccuracyMatrix } from '@cl/hub';
import { assertAccuracy, column, difference, maxOf, meanOf, range } from './accuracy-matrix.ts';

/**
 * Average forgetting after the last of T tasks (Chaudhry et al., ECCV 2018; VQ-Prompt's "FR"):
 *
 *   F_T = 1/(T−1) · Σ_{j<T} ( max_{j≤i<T} a_{i,j} − a_{T,j} )
 *
 * The maximum leaves the final row out, so a task that ends at its best counts below zero. Published
 * code differs: PILOT keeps the final row in (`averageForgettingIncludingFinal`), CODA-Prompt averages
 * every step's drop (`runningForgetting`). Never compare across definitions.
 *
 * @param accuracy - `a[i][j]` in [0, 1] on task j after learning task i; j ≤ i is read, so accuracies
 * from before a task was learned never count as forgotten.
 * @returns F_T in [−1, 1], lower is better; `undefined` for a single task or when an evaluation is missing.
 * @throws ClError `SHAPE_MISMATCH`, `NON_FINITE`, `INVALID_DATA` when the matrix is malformed.
 */
export function averageForgetting(accuracy: AccuracyMatrix): number | undefined {
  assertAccuracy('averageForgetting', accuracy);
  const last = accuracy.length - 1;
  return meanOf(
    range(Math.max(0, last)).map((j) =>
      difference(maxOf(column(accuracy, j, j, last)), accuracy[last]![j]),
    ),
  );
}
