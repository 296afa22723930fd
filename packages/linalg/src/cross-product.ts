/** Products of two tall matrices along their rows. */
import { ClError, type Matrix } from '@cl/hub';
import { addProduct } from './multiply.ts';
import { asReal, realTypeOf, rowsOf, zeroMatrix } from './real.ts';
import type { RowBlock } from './row-blocks.ts';
import { transposed } from './transpose.ts';

/**
 * AᵀB of rows that come in blocks.
 *
 * The narrow factor is the one that is transposed: onnxruntime transposes a left factor anew for every 128 columns of the
 * right one.
 *
 * @param blocks - A [n, M], block by block, of either element type.
 * @param width - M.
 * @param b - B [n, C].
 * @param signal - looked at between runs.
 * @returns [M, C], in the element type of B.
 * @throws ClError `SHAPE_MISMATCH`, `ABORTED`.
 */
export async function crossProduct(
  blocks: AsyncIterable<RowBlock> | Iterable<RowBlock>,
  width: number,
  b: Matrix,
  signal?: AbortSignal,
): Promise<Matrix> {
  const dtype = realTypeOf(b.data);
  const narrow = b.cols < width;
  const sum = narrow ? zeroMatrix(b.cols, width, dtype) : zeroMatrix(width, b.cols, dtype);
  for await (const { from, rows } of blocks) {
    const a = asReal(rows, dtype);
    if (a.cols !== width) throw wrongWidth(a.cols, width);
    const own = rowsOf(b, from, from + a.rows);
    if (narrow) await addProduct(sum, transposed(own), a, { signal });
    else await addProduct(sum, a, own, { transposeA: true, signal });
  }
  return narrow ? transposed(sum) : sum;
}

function wrongWidth(found: number, expected: number): ClError {
  return new ClError(
    'SHAPE_MISMATCH',
    `crossProduct: found a block of ${found} columns, expected ${expected}. Pass blocks of one matrix and its width.`,
  );
}
