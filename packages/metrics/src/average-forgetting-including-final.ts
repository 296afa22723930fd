import type { AccuracyMatrix } from '@cl/hub';
import { assertAccuracy, column, difference, maxOf, meanOf, range } from './accuracy-matrix.ts';

/**
 * Average forgetting with the final row inside the maximum (LAMDA-PILOT):
 *
 *   1/(T−1) · Σ_{j<T} ( max_{j≤i≤T} a_{i,j} − a_{T,j} )
 *
 * A task that ends at its best counts 0, so this is never below `averageForgetting` (Chaudhry et al.),
 * which can be negative.
 *
 * @param accuracy - `a[i][j]` in [0, 1] on task j after learning task i; j ≤ i is read.
 * @returns a value in [0, 1], lower is better; `undefined` for a single task or when an evaluation is missing.
 * @throws ClError `SHAPE_MISMATCH`, `NON_FINITE`, `INVALID_DATA` when the matrix is malformed.
 */
export function averageForgettingIncludingFinal(accuracy: AccuracyMatrix): number | undefined {
  assertAccuracy('averageForgettingIncludingFinal', accuracy);
  const last = accuracy.length - 1;
  return meanOf(
    range(Math.max(0, last)).map((j) =>
      difference(maxOf(column(accuracy, j, j, last + 1)), accuracy[last]![j]),
    ),
  );
}
