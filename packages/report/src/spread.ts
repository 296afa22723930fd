/** Mean and deviation over seeds where some seeds may lack the number. */
import { meanAndDeviation } from '@cl/metrics';
import { percent, points, unavailable } from './format.ts';

/** How standard deviations are divided: by n (0) or by n − 1 (1). */
export type Ddof = 0 | 1;

/** A number over seeds. */
export interface Spread {
  readonly mean: number;
  /** `undefined` for a single value. */
  readonly deviation: number | undefined;
  /** How many seeds have it. */
  readonly n: number;
  /** One a seed. */
  readonly values: readonly (number | undefined)[];
}

/** The spread of what is available; `undefined` when no seed has the number. */
export function spreadOf(
  values: readonly (number | null | undefined)[],
  ddof: Ddof,
): Spread | undefined {
  const given = values.map((value) => value ?? undefined);
  const available = given.filter((value) => value !== undefined);
  const result = meanAndDeviation(available, ddof);
  if (result === undefined) return undefined;
  const deviation = available.length > 1 ? result.deviation : undefined;
  return { mean: result.mean, deviation, n: result.n, values: given };
}

/** "70.9 ± 0.3 %", with the seeds that went in when they are not all. */
export function spreadText(spread: Spread | undefined, sign: 'plain' | 'signed' = 'plain'): string {
  if (spread === undefined) return unavailable;
  const mean = sign === 'signed' ? points(spread.mean) : percent(spread.mean);
  const deviation = spread.deviation === undefined ? '' : ` ± ${percent(spread.deviation)}`;
  const partial =
    spread.n < spread.values.length ? ` (${spread.n} of ${spread.values.length} seeds)` : '';
  return `${mean}${deviation} %${partial}`;
}

/** As a point of a chart whose axis is in percent. */
export function inPercent(
  spread: Spread | undefined,
): { readonly value: number; readonly deviation: number } | undefined {
  if (spread === undefined) return undefined;
  return { value: spread.mean * 100, deviation: (spread.deviation ?? 0) * 100 };
}
