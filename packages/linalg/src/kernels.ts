/** Kernel matrices between two sets of samples. */
import { ClError, type Matrix, type WorkOptions } from '@cl/hub';
import { multiply } from './multiply.ts';
import { pause } from './pause.ts';
import { assertFinite } from './real.ts';

/** Rows whose exponentials are taken before the event loop gets a turn. */
const rowsPerTurn = 64;

/**
 * k(x, y) = x·y for all pairs of rows of [n, D] and [m, D], which have one element type.
 *
 * @returns [n, m].
 * @throws ClError `SHAPE_MISMATCH`, `INVALID_DATA`, `NON_FINITE`, `ABORTED`.
 */
export async function linearKernel(
  x: Matrix,
  y: Matrix,
  options: WorkOptions = {},
): Promise<Matrix> {
  assertFinite('linearKernel', x);
  if (y !== x) assertFinite('linearKernel', y);
  return multiply(x, y, { transposeB: true, signal: options.signal });
}

/**
 * k(x, y) = exp(−γ‖x − y‖²) for all pairs of rows, from ‖x‖² + ‖y‖² − 2x·y. Values lie in [0, 1]; those too
 * small for a normal number are 0, and a set against itself has exact ones on the diagonal.
 *
 * @returns [n, m], in the element type of the factors.
 * @throws ClError `INVALID_OPTION` unless γ is positive; otherwise as {@link linearKernel}.
 */
export async function rbfKernel(
  x: Matrix,
  y: Matrix,
  gamma: number,
  options: WorkOptions = {},
): Promise<Matrix> {
  assertGamma('rbfKernel', gamma);
  const kernel = await linearKernel(x, y, options);
  const [xx, yy] = [squaredNorms(x), squaredNorms(y)];
  const tiny = kernel.data instanceof Float32Array ? 2 ** -126 : 2 ** -1022;
  for (let i = 0; i < kernel.rows; i++) {
    const row = kernel.data.subarray(i * kernel.cols, (i + 1) * kernel.cols);
    for (let j = 0; j < row.length; j++) {
      const distance = Math.max(0, xx[i]! + yy[j]! - 2 * row[j]!);
      const value = Math.exp(-gamma * distance);
      row[j] = value < tiny ? 0 : value; // subnormal numbers make products many times slower
    }
    if (x.data === y.data && i < row.length) row[i] = 1;
    if (i % rowsPerTurn === rowsPerTurn - 1) await pause();
  }
  return kernel;
}

/** @throws ClError `INVALID_OPTION` unless γ is positive and finite. */
export function assertGamma(where: string, gamma: number): void {
  if (gamma > 0 && gamma < Infinity) return;
  throw new ClError(
    'INVALID_OPTION',
    `${where}: gamma is ${gamma}, expected a positive number. RAIL uses 0.1 on unit features.`,
  );
}

/** ‖x_i‖² of each row. */
export function squaredNorms({ rows, cols, data }: Matrix): Float64Array {
  const norms = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = i * cols; j < (i + 1) * cols; j++) sum += data[j]! * data[j]!;
    norms[i] = sum;
  }
  return norms;
}
