/** Operations on each row of a matrix. */
import { ClError, type Matrix, type RealArray } from '@cl/hub';
import { assertFinite, assertMatrix } from './real.ts';

/**
 * Rows divided by their L2 norms; a new matrix.
 *
 * @throws ClError `NON_FINITE` for NaN, infinity and a row of zeros, which has no direction.
 */
export function normalizeRows<A extends RealArray>(m: Matrix<A>): Matrix<A> {
  assertMatrix('normalizeRows', m);
  assertFinite('normalizeRows', m);
  const { rows, cols } = m;
  const data = m.data.slice() as A;
  for (let i = 0; i < rows; i++) {
    const [from, to] = [i * cols, (i + 1) * cols];
    let sum = 0;
    for (let j = from; j < to; j++) sum += data[j]! * data[j]!;
    const scale = 1 / Math.sqrt(sum);
    if (scale === Infinity && cols > 0) throw zeroRow(i);
    for (let j = from; j < to; j++) data[j] = data[j]! * scale;
  }
  return { rows, cols, data };
}

function zeroRow(row: number): ClError {
  return new ClError(
    'NON_FINITE',
    `normalizeRows: row ${row} has length 0, expected a direction. Leave empty features out.`,
  );
}
