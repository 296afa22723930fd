/** Products of whole matrices. */
import { ClError, throwIfAborted, type Matrix } from '@cl/hub';
import { gemm } from './gemm.ts';
import { assertMatrix, assertSameType, realArray, realTypeOf, rowsOf } from './real.ts';
import { pause } from './pause.ts';

/** How {@link multiply} reads its factors, and how to cancel it. */
export interface MultiplyOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Multiplications in one uninterrupted run of onnxruntime: tens of milliseconds. */
const flopsPerRun = 2e9;

/**
 * op(A)·op(B), in the element type of the factors.
 *
 * @throws ClError `SHAPE_MISMATCH`, `INVALID_DATA` for mixed element types, `ABORTED`.
 */
export async function multiply(
  a: Matrix,
  b: Matrix,
  { transposeA = false, transposeB = false, signal }: MultiplyOptions = {},
): Promise<Matrix> {
  assertMatrix('multiply', a);
  assertMatrix('multiply', b);
  assertSameType('multiply', a.data, b.data);
  const [m, k] = transposeA ? [a.cols, a.rows] : [a.rows, a.cols];
  const [kB, n] = transposeB ? [b.cols, b.rows] : [b.rows, b.cols];
  if (k !== kB) {
    throw new ClError(
      'SHAPE_MISMATCH',
      `multiply: ${m} × ${k} times ${kB} × ${n}, expected equal inner sizes. ` +
        'Check transposeA and transposeB.',
    );
  }
  const c = { rows: m, cols: n, data: realArray(realTypeOf(a.data), m * n) };
  if (!transposeA) {
    const step = Math.max(64, Math.ceil(flopsPerRun / (k * n + 1)));
    for (let i = 0; i < m; i += step) {
      throwIfAborted('multiply', signal);
      const end = Math.min(m, i + step);
      await gemm(rowsOf(a, i, end), b, rowsOf(c, i, end), { effect: 'set', transposeB });
      await pause();
    }
    return c;
  }
  // Rows of Aᵀ are columns of A, so the inner dimension is cut instead: Σ A[i]ᵀ·B[i] over row blocks.
  const step = transposeB ? k : Math.max(512, Math.ceil(flopsPerRun / (m * n + 1)));
  for (let i = 0; i < k; i += step) {
    throwIfAborted('multiply', signal);
    const end = Math.min(k, i + step);
    const right = transposeB ? b : rowsOf(b, i, end);
    await gemm(rowsOf(a, i, end), right, c, { effect: 'add', transposeA, transposeB });
    await pause();
  }
  return c;
}
