/** Formulas in plain float64 loops, against which the fast ones are checked, and matrices to check them with. */
import type { Matrix, RealArray } from '@cl/hub';
import type { RealType } from '@cl/linalg';

/** Sizes around the edges of SIMD registers and of panels (128) and groups of panels (512). */
export const edgeSizes = [1, 2, 31, 33, 127, 128, 129, 257, 513, 530];

/** Uniform numbers in (−½, ½) from a linear congruential generator (Numerical Recipes, §7.1). */
export function randomMatrix(rows: number, cols: number, dtype: RealType, seed = 1): Matrix {
  const data = array(dtype, rows * cols);
  let state = seed >>> 0;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = state / 2 ** 32 - 0.5;
  }
  return { rows, cols, data };
}

/** ΦᵀΦ/n + diag of random Φ: positive definite, condition number around ten. */
export function definiteMatrix(size: number, dtype: RealType, seed = 1): Matrix {
  const phi = randomMatrix(size + 5, size, dtype, seed);
  const gram = product(transpose(phi), phi);
  for (let i = 0; i < size * size; i++) gram.data[i] = gram.data[i]! / size;
  for (let i = 0; i < size; i++) gram.data[i * size + i] = gram.data[i * size + i]! + 0.1;
  return as(gram, dtype);
}

/** A symmetric matrix whose diagonal outweighs the rest: positive definite at any size, without a product. */
export function dominantMatrix(size: number, dtype: RealType): Matrix {
  const a = randomMatrix(size, size, dtype);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) a.data[j * size + i] = a.data[i * size + j]!;
    a.data[i * size + i] = size / 2;
  }
  return a;
}

export function product(a: Matrix, b: Matrix): Matrix<Float64Array> {
  const data = new Float64Array(a.rows * b.cols);
  const [left, right] = [Float64Array.from(a.data), Float64Array.from(b.data)];
  for (let i = 0; i < a.rows; i++) {
    for (let k = 0; k < a.cols; k++) {
      const factor = left[i * a.cols + k]!;
      for (let j = 0; j < b.cols; j++) data[i * b.cols + j]! += factor * right[k * b.cols + j]!;
    }
  }
  return { rows: a.rows, cols: b.cols, data };
}

export function transpose({ rows, cols, data }: Matrix): Matrix {
  const flipped = data.slice();
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) flipped[j * rows + i] = data[i * cols + j]!;
  }
  return { rows: cols, cols: rows, data: flipped };
}

/** The textbook triple loop; no blocks, no tricks. */
export function plainCholesky(a: Matrix): Matrix<Float64Array> {
  const n = a.rows;
  const data = Float64Array.from(a.data);
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = data[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= l[i * n + k]! * l[j * n + k]!;
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / l[j * n + j]!;
    }
  }
  return { rows: n, cols: n, data: l };
}

/** Rows and columns [from, to) × [left, right). */
export function block(m: Matrix, from: number, to: number, left: number, right: number): Matrix {
  const rows = Array.from({ length: to - from }, (_, i) =>
    m.data.subarray((from + i) * m.cols + left, (from + i) * m.cols + right),
  );
  const data = m.data.slice(0, (to - from) * (right - left));
  rows.forEach((row, i) => data.set(row, i * (right - left)));
  return { rows: to - from, cols: right - left, data };
}

export function plusDiagonal(m: Matrix, value: number): Matrix {
  const data = m.data.slice();
  for (let i = 0; i < m.rows; i++) data[i * m.cols + i]! += value;
  return { ...m, data };
}

export function as(m: Matrix, dtype: RealType): Matrix {
  const data = array(dtype, m.data.length);
  data.set(m.data);
  return { ...m, data };
}

/** Whether two arrays hold the same bits; quicker than `toEqual` on large ones. */
export function sameBits(a: RealArray, b: RealArray): boolean {
  const bytes = [a, b].map((x) => Buffer.from(x.buffer, x.byteOffset, x.byteLength));
  return a.constructor === b.constructor && bytes[0]!.equals(bytes[1]!);
}

/** The largest difference between two arrays of numbers; NaN if any is NaN. */
export function maxDifference(a: RealArray, b: RealArray): number {
  if (a.length !== b.length) throw new Error(`${a.length} numbers against ${b.length}`);
  let max = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= max)) max = difference;
  }
  return max;
}

function array(dtype: RealType, length: number): RealArray {
  return dtype === 'float32' ? new Float32Array(length) : new Float64Array(length);
}
