/** Plain matrix arithmetic in float64 to hold the fast one against, and random data. */
import { createRandom, type Matrix } from '@cl/hub';
import type { LabelledFeatures } from '@cl/rail';

export type Dense = Matrix<Float64Array>;

export function dense(rows: number, cols: number, at: (i: number, j: number) => number): Dense {
  const data = new Float64Array(rows * cols);
  for (let i = 0; i < rows; i += 1) for (let j = 0; j < cols; j += 1) data[i * cols + j] = at(i, j);
  return { rows, cols, data };
}

export const at = ({ cols, data }: Matrix, i: number, j: number): number => data[i * cols + j]!;
export const transposed = (a: Matrix): Dense => dense(a.cols, a.rows, (i, j) => at(a, j, i));
export const minus = (a: Matrix, b: Matrix): Dense =>
  dense(a.rows, a.cols, (i, j) => at(a, i, j) - at(b, i, j));
export const plus = (a: Matrix, b: Matrix): Dense =>
  dense(a.rows, a.cols, (i, j) => at(a, i, j) + at(b, i, j));
export const scaled = (a: Matrix, s: number): Dense =>
  dense(a.rows, a.cols, (i, j) => s * at(a, i, j));
export const identity = (n: number): Dense => dense(n, n, (i, j) => (i === j ? 1 : 0));

export function times(a: Matrix, b: Matrix): Dense {
  return dense(a.rows, b.cols, (i, j) => {
    let sum = 0;
    for (let k = 0; k < a.cols; k += 1) sum += at(a, i, k) * at(b, k, j);
    return sum;
  });
}

/** By Gauss–Jordan elimination with pivoting. */
export function inverse(a: Matrix): Dense {
  const n = a.rows;
  const rows = Array.from({ length: n }, (_, i) =>
    Float64Array.from({ length: 2 * n }, (_, j) => (j < n ? at(a, i, j) : j === n + i ? 1 : 0)),
  );
  for (let p = 0; p < n; p += 1) {
    let best = p;
    for (let i = p; i < n; i += 1) if (Math.abs(rows[i]![p]!) > Math.abs(rows[best]![p]!)) best = i;
    [rows[p], rows[best]] = [rows[best]!, rows[p]!];
    const pivot = rows[p]!.map((x) => x / rows[p]![p]!);
    rows[p] = pivot;
    for (let i = 0; i < n; i += 1) {
      const factor = rows[i]![p]!;
      if (i !== p && factor !== 0) rows[i] = rows[i]!.map((x, j) => x - factor * pivot[j]!);
    }
  }
  return dense(n, n, (i, j) => rows[i]![n + j]!);
}

export function worstDifference(a: Matrix, b: Matrix): number {
  if (a.rows !== b.rows || a.cols !== b.cols) return Infinity;
  let worst = 0;
  for (let i = 0; i < a.data.length; i += 1) {
    const difference = Math.abs(a.data[i]! - b.data[i]!);
    if (!(difference <= worst)) worst = difference; // NaN too
  }
  return worst;
}

/** Rows [from, to). */
export function slice(a: Matrix, from: number, to: number): Dense {
  return dense(to - from, a.cols, (i, j) => at(a, from + i, j));
}

export const reLU = (a: Matrix): Dense => dense(a.rows, a.cols, (i, j) => Math.max(0, at(a, i, j)));

export function oneHot(labels: Int32Array, classes: number): Dense {
  return dense(labels.length, classes, (i, c) => (labels[i] === c ? 1 : 0));
}

/** Unit features around one direction a class; labels first, first + 1, … in turn. */
export function domain(
  seed: string,
  n: number,
  d: number,
  first: number,
  classes: number,
): LabelledFeatures {
  const random = createRandom(seed);
  const centres = dense(classes, d, () => random.normal());
  const labels = Int32Array.from({ length: n }, (_, i) => first + (i % classes));
  const noisy = dense(n, d, (i, k) => at(centres, i % classes, k) + 0.7 * random.normal());
  const features = dense(n, d, (i, k) => {
    let squares = 0;
    for (let j = 0; j < d; j += 1) squares += at(noisy, i, j) ** 2;
    return at(noisy, i, k) / Math.sqrt(squares);
  });
  return { features, labels };
}

/** Several blocks as one. */
export function joined(blocks: readonly LabelledFeatures[]): LabelledFeatures {
  const features = {
    rows: blocks.reduce((sum, block) => sum + block.features.rows, 0),
    cols: blocks[0]!.features.cols,
    data: Float64Array.from(blocks.flatMap((block) => [...block.features.data])),
  };
  return { features, labels: Int32Array.from(blocks.flatMap((block) => [...block.labels])) };
}
