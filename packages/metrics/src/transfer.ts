import type { AccuracyMatrix } from '@cl/hub';
import { assertAccuracy, column, meanOf } from './accuracy-matrix.ts';

/**
 * Transfer of each domain (Zheng et al., ZSCL, ICCV 2023; X-TAIL and MTIL tables): its accuracy over the
 * steps before it is learned,
 *
 *   Tr_j = 1/(j−1) · Σ_{i<j} a_{i,j}     j = 2 … T
 *
 * The mask is the index i < j. RAIL's published routine masks entries equal to 0 instead, which drops
 * a true accuracy of 0 and reads a triangle that was never evaluated as zeros.
 *
 * @param accuracy - `a[i][j]` in [0, 1] on domain j after learning domain i; the strict upper triangle is read.
 * @returns T values in [0, 1], higher is better; `undefined` for the first domain, which has none, and
 * for domains with a missing evaluation.
 * @throws ClError `SHAPE_MISMATCH`, `NON_FINITE`, `INVALID_DATA` when the matrix is malformed.
 */
export function transferPerDomain(accuracy: AccuracyMatrix): readonly (number | undefined)[] {
  assertAccuracy('transfer', accuracy);
  return accuracy.map((_, j) => meanOf(column(accuracy, j, 0, j)));
}

/**
 * Transfer (ZSCL): the mean of `transferPerDomain` over the domains after the first,
 *
 *   Transfer = 1/(T−1) · Σ_{j≥2} Tr_j
 *
 * Each domain weighs the same however many steps come before it. It is a level of accuracy, not a gain
 * (`forwardTransfer`); for a model that only ever answers zero-shot it is the zero-shot mean over domains 2 … T.
 *
 * @returns a share in [0, 1], higher is better; `undefined` for a single domain or when an evaluation of the
 * strict upper triangle is missing.
 * @throws ClError as `transferPerDomain`.
 */
export function transfer(accuracy: AccuracyMatrix): number | undefined {
  return meanOf(transferPerDomain(accuracy).slice(1));
}
