/** The small dense kernels of blocked Cholesky, in float64 whatever the matrix holds. */
import type { Matrix, RealArray } from '@cl/hub';

/** Why a factorisation stopped: the pivot's row inside the block, and its value. */
export interface BadPivot {
  readonly row: number;
  readonly value: number;
}

/**
 * Cholesky–Banachiewicz in place: row i from the rows above it, L[i][j] = (A[i][j] − Σ_k L[i][k] L[j][k]) / L[j][j].
 * Of `a`, [n, n] row-major, the lower triangle is read; L is written over it, and zeros above it. Pivots at or
 * below `smallest[i]` hold no correct digit and are refused.
 *
 * @returns the first bad pivot, or `undefined` on success.
 */
export function factorBlock(
  a: Float64Array,
  n: number,
  smallest: Float64Array,
): BadPivot | undefined {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    for (let j = 0; j < i; j++) {
      a[row + j] = (a[row + j]! - dot(a, row, j * n, j)) / a[j * n + j]!;
    }
    const pivot = a[row + i]! - dot(a, row, row, i);
    if (!(pivot > smallest[i]!) || pivot === Infinity) return { row: i, value: pivot };
    a[row + i] = Math.sqrt(pivot);
    a.fill(0, row + i + 1, row + n);
  }
  return undefined;
}

/** L⁻¹ of a lower triangle [n, n], row by row: X[i] = (eᵢ − Σ_{k<i} L[i][k] X[k]) / L[i][i], four k at a time. */
function invertLower(lower: Float64Array, n: number): Float64Array {
  const x = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = i * n;
    const whole = i - (i % 4);
    for (let k = 0; k < whole; k += 4) {
      const [k0, k1, k2, k3] = [k * n, (k + 1) * n, (k + 2) * n, (k + 3) * n];
      const l0 = lower[row + k]!;
      const l1 = lower[row + k + 1]!;
      const l2 = lower[row + k + 2]!;
      const l3 = lower[row + k + 3]!;
      for (let j = 0; j < k + 4; j++) {
        const sum = l0 * x[k0 + j]! + l1 * x[k1 + j]! + (l2 * x[k2 + j]! + l3 * x[k3 + j]!);
        x[row + j] = x[row + j]! - sum;
      }
    }
    for (let k = whole; k < i; k++) {
      const l = lower[row + k]!;
      for (let j = 0; j <= k; j++) x[row + j] = x[row + j]! - l * x[k * n + j]!;
    }
    const scale = 1 / lower[row + i]!;
    for (let j = 0; j < i; j++) x[row + j] = x[row + j]! * scale;
    x[row + i] = scale;
  }
  return x;
}

/** The inverse of the triangle on top of a panel, in the panel's element type. */
export function invertTop(top: Matrix): Matrix {
  const inverse = invertLower(Float64Array.from(top.data), top.cols);
  const data: RealArray = top.data instanceof Float32Array ? Float32Array.from(inverse) : inverse;
  return { rows: top.cols, cols: top.cols, data };
}

/** Σ_{k<n} a[x + k] a[y + k], in four independent sums that the processor can overlap. */
function dot(a: Float64Array, x: number, y: number, n: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const whole = n - (n % 4);
  for (let k = 0; k < whole; k += 4) {
    s0 += a[x + k]! * a[y + k]!;
    s1 += a[x + k + 1]! * a[y + k + 1]!;
    s2 += a[x + k + 2]! * a[y + k + 2]!;
    s3 += a[x + k + 3]! * a[y + k + 3]!;
  }
  for (let k = whole; k < n; k++) s0 += a[x + k]! * a[y + k]!;
  return s0 + s1 + (s2 + s3);
}
