/** Whether two learners differ, judged by their differences seed by seed. */
import { meanAndDeviation } from '@cl/metrics';
import { criticalT, twoSidedP } from './student-t.ts';

/** A difference over seeds. `null` where there is nothing to tell. */
export interface PairedTest {
  /** Mean of a − b. */
  readonly difference: number;
  /** Standard deviation of a − b, divided by n − 1. */
  readonly deviation: number | null;
  /** The 95 % interval of the mean difference. */
  readonly low: number | null;
  readonly high: number | null;
  readonly t: number | null;
  /** Two-sided; `null` with one seed, and when the difference is the same in every seed. */
  readonly p: number | null;
  /** Seeds that both have. */
  readonly n: number;
}

/** Differences that vary less than this are the same but for rounding. */
const rounding = 1e-12;

/**
 * The paired t-test (Student, 1908): t = d̄ / (s_d / √n) with n − 1 degrees of freedom. It pairs by seed, because a seed
 * decides the order of the classes and the training images for both alike, and takes the differences as normal.
 *
 * @param a - one number a seed.
 * @param b - the same of the other, in the same order; at least one seed.
 */
export function pairedTest(a: readonly number[], b: readonly number[]): PairedTest {
  const differences = a.map((value, k) => value - b[k]!);
  const { mean, deviation = null, n } = meanAndDeviation(differences, 1)!;
  if (deviation === null || deviation < rounding) {
    return { difference: mean, deviation, low: null, high: null, t: null, p: null, n };
  }
  const error = deviation / Math.sqrt(n);
  const half = criticalT(0.05, n - 1) * error;
  const t = mean / error;
  const p = twoSidedP(t, n - 1);
  return { difference: mean, deviation, low: mean - half, high: mean + half, t, p, n };
}

/**
 * Holm's correction (1979) of m tests: the k-th smallest p times m − k + 1, never below the one before, at most 1. Holding
 * the results to 0.05 keeps the chance of any false alarm among all of them below 0.05.
 */
export function holm(ps: readonly (number | null)[]): readonly (number | null)[] {
  const order = ps
    .flatMap((p, index) => (p === null ? [] : [{ p, index }]))
    .sort((x, y) => x.p - y.p);
  const adjusted: (number | null)[] = ps.map(() => null);
  let largest = 0;
  for (const [k, { p, index }] of order.entries()) {
    largest = Math.max(largest, Math.min(1, p * (order.length - k)));
    adjusted[index] = largest;
  }
  return adjusted;
}
