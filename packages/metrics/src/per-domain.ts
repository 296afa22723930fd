import type { AccuracyMatrix } from '@cl/hub';
import { averagePerDomain } from './average.ts';
import { lastPerDomain } from './last.ts';
import { transferPerDomain } from './transfer.ts';

/** A domain's column of an X-TAIL or MTIL table; `undefined` where not available. */
export interface DomainSummary {
  readonly transfer: number | undefined;
  readonly average: number | undefined;
  readonly last: number | undefined;
}

/**
 * Transfer, Average and Last of each domain in the stream's order (ZSCL's table).
 *
 * @throws ClError `SHAPE_MISMATCH`, `NON_FINITE`, `INVALID_DATA` when the matrix is malformed.
 */
export function perDomain(accuracy: AccuracyMatrix): readonly DomainSummary[] {
  const average = averagePerDomain(accuracy);
  const last = lastPerDomain(accuracy);
  return transferPerDomain(accuracy).map((transfer, j) => ({
    transfer,
    average: average[j],
    last: last[j],
  }));
}
