import type { AccuracyMatrix } from '@cl/hub';
import { assertAccuracy, meanOf } from './accuracy-matrix.ts';

/**
 * Last of each domain (Zheng et al., ZSCL, ICCV 2023; X-TAIL and MTIL tables): its accuracy at the end, a_{T,j}.
 *
 * @param accuracy - `a[i][j]` in [0, 1] on domain j after learning domain i; the last row is read.
 * @returns T values in [0, 1], higher is better; `undefined` for domains not evaluated at the end.
 * @throws ClError `SHAPE_MISMATCH`, `NON_FINITE`, `INVALID_DATA` when the matrix is malformed.
 */
export function lastPerDomain(accuracy: AccuracyMatrix): readonly (number | undefined)[] {
  assertAccuracy('last', accuracy);
  return (accuracy.at(-1) ?? []).slice(0, accuracy.length);
}

/**
 * Last (ZSCL): the mean of `lastPerDomain`,
 *
 *   Last = 1/T · Σ_j a_{T,j}
 *
 * The number that class-incremental papers call final average accuracy.
 *
 * @returns a share in [0, 1], higher is better; `undefined` when a domain was not evaluated at the end.
 * @throws ClError as `lastPerDomain`.
 */
export function last(accuracy: AccuracyMatrix): number | undefined {
  return meanOf(lastPerDomain(accuracy));
}
