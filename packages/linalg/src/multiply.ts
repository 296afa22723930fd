/** Products of whole matrices. */
import { ClError, throwIfAborted, type Matrix } from '@cl/hub';
import { gemm } from './gemm.ts';
import { assertMatrix, assertSameType, realTypeOf, rowsOf, zeroMatrix } from './real.ts';
import { pause } from './pause.ts';

/** How {@link multiply} reads its factors, and how to cancel it. */
export interface MultiplyOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Multiplications in one uninterrupted run of onnxruntime: a tenth of a second on two cores. Each run packs the right factor
 * anew, so that runs of a quarter of that took 1.15 times as long (1118 × 15,000 times its like, transposed).
 */
const flopsPerRun = 8e9;

/**
 * op(A)·op(B), in the element type of the factors.
 *
 * @throws ClError `SHAPE_MISMATCH`, `INVALID_DATA` for mixed element types, `ABORTED`.
 */
export async function multiply(
  a: Matrix,
  b: Matrix,
  options: MultiplyOptions = {},
): Promise<Matrix> {
  const { m, n } = assertFactors('multiply', a, b, options);
  const c = zeroMatrix(m, n, realTypeOf(a.data));
  await inRuns(a, b, c, 'set', options);
  return c;
}

/**
 * C += op(A)·op(B), in place; all of one element type.
 *
 * @param c - [m, n]; half done when this throws.
 * @throws ClError as {@link multiply}.
 */
export async function addProduct(
  c: Matrix,
  a: Matrix,
  b: Matrix,
  options: MultiplyOptions = {},
): Promise<void> {
  const { m, n } = assertFactors('addProduct', a, b, options);
  assertMatrix('addProduct', c);
  assertSameType('addProduct', a.data, c.data);
  if (c.rows !== m || c.cols !== n) {
    throw new ClError(
      'SHAPE_MISMATCH',
      `addProduct: the product is ${m} × ${n}, found a sum of ${c.rows} × ${c.cols}. Pass a sum of the product's size.`,
    );
  }
  await inRuns(a, b, c, 'add', options);
}

/** Checks that two factors can be multiplied, and gives the size of their product. */
function assertFactors(
  where: string,
  a: Matrix,
  b: Matrix,
  { transposeA = false, transposeB = false }: MultiplyOptions,
): { readonly m: number; readonly n: number } {
  assertMatrix(where, a);
  assertMatrix(where, b);
  assertSameType(where, a.data, b.data);
  const [m, k] = transposeA ? [a.cols, a.rows] : [a.rows, a.cols];
  const [kB, n] = transposeB ? [b.cols, b.rows] : [b.rows, b.cols];
  if (k === kB) return { m, n };
  throw new ClError(
    'SHAPE_MISMATCH',
    `${where}: ${m} × ${k} times ${kB} × ${n}, expected equal inner sizes. Check transposeA and transposeB.`,
  );
}

/** The product in runs of bounded length. */
async function inRuns(
  a: Matrix,
  b: Matrix,
  c: Matrix,
  effect: 'set' | 'add',
  { transposeA = false, transposeB = false, signal }: MultiplyOptions,
): Promise<void> {
  const { rows: m, cols: n } = c;
  const k = transposeA ? a.rows : a.cols;
  if (!transposeA) {
    const step = Math.max(64, Math.ceil(flopsPerRun / (k * n + 1)));
    for (let i = 0; i < m; i += step) {
      throwIfAborted('multiply', signal);
      const end = Math.min(m, i + step);
      await gemm(rowsOf(a, i, end), b, rowsOf(c, i, end), { effect, transposeB });
      await pause();
    }
    return;
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
}
