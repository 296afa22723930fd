/** Comparing scores and features: to the bit, and to rounding. */
import type { RealArray } from '@cl/hub';
import { assert } from './check.ts';

/**
 * How far two ways of computing the same numbers may part, relative to the largest of them: float32 keeps 7
 * digits, and solving a ridge system in it loses about three.
 */
export const roundingTolerance = 1e-4;

/** Fails unless two arrays hold the same bits (0 and −0 differ, NaN equals NaN). */
export function assertSameBits(actual: RealArray, expected: RealArray, what: string): void {
  assert(
    actual.length === expected.length,
    `${what}: found ${actual.length} numbers, expected ${expected.length}.`,
  );
  for (let i = 0; i < actual.length; i += 1) {
    assert(
      Object.is(actual[i], expected[i]),
      `${what}: number ${i} is ${actual[i]!}, expected exactly ${expected[i]!}.`,
    );
  }
}

/** Fails unless two arrays agree to `tolerance` times the largest expected magnitude. */
export function assertClose(
  actual: RealArray,
  expected: RealArray,
  tolerance: number,
  what: string,
): void {
  assert(
    actual.length === expected.length,
    `${what}: found ${actual.length} numbers, expected ${expected.length}.`,
  );
  let largest = 0;
  for (const value of expected) largest = Math.max(largest, Math.abs(value));
  for (let i = 0; i < actual.length; i += 1) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    assert(
      difference <= tolerance * largest,
      `${what}: number ${i} is ${actual[i]!}, expected ${expected[i]!} to within ` +
        `${tolerance} of ${largest}.`,
    );
  }
}

/** Fails unless every number is finite. */
export function assertFinite(values: RealArray, what: string): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  assert(at < 0, `${what}: number ${at} is ${values[at] ?? 'missing'}, expected a finite one.`);
}

/** Rows of a [rows, cols] array picked by number: the i-th row of the result is row `order[i]`. */
export function pickRows<A extends RealArray>(
  values: A,
  cols: number,
  order: readonly number[],
): A {
  const picked = values.slice(0, order.length * cols) as A;
  order.forEach((row, i) => {
    picked.set(values.subarray(row * cols, (row + 1) * cols), i * cols);
  });
  return picked;
}

/** Columns of a [rows, cols] array picked by number. */
export function pickColumns<A extends RealArray>(
  values: A,
  cols: number,
  order: readonly number[],
): A {
  const rows = values.length / cols;
  const picked = values.slice(0, rows * order.length) as A;
  for (let i = 0; i < rows; i += 1) {
    for (let c = 0; c < order.length; c += 1) {
      picked[i * order.length + c] = values[i * cols + order[c]!]!;
    }
  }
  return picked;
}
