/** Reading accuracy matrices: what all metrics check, and how they treat what was not evaluated. */
import { ClError, type AccuracyMatrix, type RecordedAccuracy } from '@cl/hub';

/**
 * Checks a matrix before a metric reads it. T is the number of rows; of each row only tasks 0 to T − 1
 * are read, so the first t rows give the metric as it stood after t tasks.
 *
 * @throws ClError `SHAPE_MISMATCH` when row i has fewer than i + 1 entries, `NON_FINITE` for NaN or an infinite
 * accuracy, `INVALID_DATA` for one outside [0, 1].
 */
export function assertAccuracy(where: string, accuracy: AccuracyMatrix): void {
  accuracy.forEach((row, i) => {
    if (row.length <= i) {
      throw new ClError(
        'SHAPE_MISMATCH',
        `${where}: row ${i} has ${row.length} accuracies, expected at least ${i + 1} ` +
          `(tasks 0 to ${i}). Put undefined where a task was not evaluated.`,
      );
    }
    for (let j = 0; j < row.length; j += 1) assertShare(where, row[j], `accuracy [${i}][${j}]`);
  });
}

/**
 * Checks one share of samples; `undefined` passes.
 *
 * @throws ClError `NON_FINITE`, `INVALID_DATA`.
 */
export function assertShare(where: string, share: number | undefined, name: string): void {
  if (share === undefined || (share >= 0 && share <= 1)) return;
  throw new ClError(
    Number.isFinite(share) ? 'INVALID_DATA' : 'NON_FINITE',
    `${where}: ${name} is ${share}, expected a share in [0, 1]. ` +
      `${share > 1 ? 'Divide percentages by 100' : 'Use undefined for what was not evaluated'}.`,
  );
}

/** The mean, or `undefined` when there are no values or one of them is not available. */
export function meanOf(values: readonly (number | undefined)[]): number | undefined {
  let sum = 0;
  for (const value of values) {
    if (value === undefined) return undefined;
    sum += value;
  }
  return values.length === 0 ? undefined : sum / values.length;
}

/** The largest, or `undefined` when there are no values or one of them is not available. */
export function maxOf(values: readonly (number | undefined)[]): number | undefined {
  let largest: number | undefined;
  for (const value of values) {
    if (value === undefined) return undefined;
    if (largest === undefined || value > largest) largest = value;
  }
  return largest;
}

/** a − b, or `undefined` when one of them is not available. */
export function difference(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b;
}

/** Column j of rows `from` to `to` − 1; what a short row leaves out is `undefined`. */
export function column(
  accuracy: AccuracyMatrix,
  j: number,
  from: number,
  to: number,
): readonly (number | undefined)[] {
  return accuracy.slice(from, to).map((row) => row[j]);
}

/** The numbers 0 to n − 1. */
export function range(n: number): readonly number[] {
  return Array.from({ length: n }, (_, i) => i);
}

/** The matrix of a run record, where JSON's `null` marks what was not evaluated. */
export function accuracyFromRecord(recorded: RecordedAccuracy): AccuracyMatrix {
  return recorded.map((row) => row.map((value) => value ?? undefined));
}
