/** The two kinds of numbers that matrices here hold. */
import { ClError, type Matrix, type RealArray } from '@cl/hub';

/** Element type of a matrix. */
export type RealType = 'float32' | 'float64';

/** The element type of an array. */
export function realTypeOf(data: RealArray): RealType {
  return data instanceof Float32Array ? 'float32' : 'float64';
}

/** An array of zeros. */
export function realArray(dtype: RealType, length: number): RealArray {
  return dtype === 'float32' ? new Float32Array(length) : new Float64Array(length);
}

/** A matrix of zeros, [rows, cols]. */
export function zeroMatrix(rows: number, cols: number, dtype: RealType): Matrix {
  return { rows, cols, data: realArray(dtype, rows * cols) };
}

/** Rows [from, to) of a matrix; shares its memory. */
export function rowsOf(matrix: Matrix, from: number, to: number): Matrix {
  const { cols, data } = matrix;
  return { rows: to - from, cols, data: data.subarray(from * cols, to * cols) };
}

/** Writes a block into a matrix, of either element type, its first number at (row, col). */
export function putBlock(into: Matrix, row: number, col: number, block: Matrix): void {
  for (let i = 0; i < block.rows; i++) {
    into.data.set(rowsOf(block, i, i + 1).data, (row + i) * into.cols + col);
  }
}

/** The matrix with this element type: itself, or a copy. */
export function asReal(matrix: Matrix, dtype: RealType): Matrix {
  if (realTypeOf(matrix.data) === dtype) return matrix;
  const data = realArray(dtype, matrix.data.length);
  data.set(matrix.data);
  return { ...matrix, data };
}

/**
 * Checks that a matrix has as many numbers as its sizes say.
 *
 * @throws ClError `SHAPE_MISMATCH`.
 */
export function assertMatrix(where: string, { rows, cols, data }: Matrix): void {
  if (Number.isInteger(rows) && Number.isInteger(cols) && data.length === rows * cols) return;
  throw new ClError(
    'SHAPE_MISMATCH',
    `${where}: a matrix of ${rows} × ${cols} holds ${data.length} numbers, expected ${rows * cols}. ` +
      'Pass rows, cols and data of the same matrix.',
  );
}

/**
 * Checks that every number is finite.
 *
 * @throws ClError `NON_FINITE`, naming the first that is not.
 */
export function assertFinite(where: string, { cols, data }: Matrix): void {
  for (let i = finiteFrom(data); i < data.length; i++) {
    const value = data[i]!;
    if (value - value === 0) continue; // NaN for NaN and ±∞
    throw new ClError(
      'NON_FINITE',
      `${where}: row ${Math.floor(i / cols)}, column ${i % cols} is ${value}, expected finite numbers. ` +
        'Look for broken features where the matrix was made.',
    );
  }
}

/** How many numbers from the start are surely finite: sums of four are, up to there. */
function finiteFrom(data: RealArray): number {
  const whole = data.length - (data.length % 4);
  for (let i = 0; i < whole; i += 4) {
    const sum = data[i]! + data[i + 1]! + (data[i + 2]! + data[i + 3]!);
    if (sum - sum !== 0) return i;
  }
  return whole;
}

/**
 * Checks that two matrices hold numbers of the same type.
 *
 * @throws ClError `INVALID_DATA`.
 */
export function assertSameType(where: string, a: RealArray, b: RealArray): void {
  const [x, y] = [realTypeOf(a), realTypeOf(b)];
  if (x === y) return;
  throw new ClError(
    'INVALID_DATA',
    `${where}: found ${x} and ${y}, expected one element type. Convert one of the matrices.`,
  );
}
