import { ClError } from '@cl/hub';

/** Mean and standard deviation over repeated runs, with what is needed to read them. */
export interface MeanAndDeviation {
  readonly mean: number;
  /** `undefined` when there are not more values than `ddof`. */
  readonly deviation: number | undefined;
  /** 0: divided by n (population; VQ-Prompt, NumPy's default). 1: by n − 1 (sample). */
  readonly ddof: 0 | 1;
  /** Number of values. */
  readonly n: number;
}

/**
 * Mean and standard deviation of a metric over seeds:
 *
 *   μ = 1/n · Σ x,   σ = √( Σ (x − μ)² / (n − ddof) )
 *
 * With five seeds the two conventions differ by 12 %, and papers seldom say which: `ddof` is asked for
 * and given back.
 *
 * @param values - one a seed; `undefined` where the metric was not available.
 * @param ddof - what is taken off n.
 * @returns `undefined` without values or when one of them is not available.
 * @throws ClError `NON_FINITE` for NaN or infinite values, `INVALID_DATA` for another `ddof`.
 */
export function meanAndDeviation(
  values: readonly (number | undefined)[],
  ddof: 0 | 1,
): MeanAndDeviation | undefined {
  assertDegrees(ddof);
  const n = values.length;
  let sum = 0;
  for (const [i, value] of values.entries()) {
    if (value === undefined) return undefined;
    if (!Number.isFinite(value)) {
      throw new ClError(
        'NON_FINITE',
        `meanAndDeviation: value ${i} is ${value}, expected a finite number. ` +
          'Use undefined for what is not available.',
      );
    }
    sum += value;
  }
  if (n === 0) return undefined;
  const mean = sum / n;
  let squares = 0;
  for (const value of values) squares += (value! - mean) ** 2;
  return { mean, deviation: n > ddof ? Math.sqrt(squares / (n - ddof)) : undefined, ddof, n };
}

function assertDegrees(ddof: number): void {
  if (ddof === 0 || ddof === 1) return;
  throw new ClError('INVALID_DATA', `meanAndDeviation: ddof is ${ddof}, expected 0 or 1.`);
}
