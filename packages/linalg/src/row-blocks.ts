/** Tall matrices in blocks of rows. */
import { ClError, type Matrix } from '@cl/hub';
import { assertMatrix, assertSameType, realArray, realTypeOf } from './real.ts';

/** Numbers below which a block takes in the rows that follow: enough for GEMM to work at full speed. */
const smallBlock = 2 ** 22;

/** A block and the index of its first row. */
export interface RowBlock {
  readonly from: number;
  readonly rows: Matrix;
}

/**
 * Rows in the order they came, in blocks that never move: a tall matrix that grows without being copied. Small blocks are
 * joined, so that many appends of few rows still give few products.
 */
export class RowBlocks {
  readonly #blocks: RowBlock[] = [];

  /** The blocks, one after the other; the same for the same sequence of appends. */
  get blocks(): readonly RowBlock[] {
    return this.#blocks;
  }

  /** Rows of all blocks. */
  get rows(): number {
    const last = this.#blocks.at(-1);
    return last === undefined ? 0 : last.from + last.rows.rows;
  }

  /** Bytes of all blocks. */
  get bytes(): number {
    return this.#blocks.reduce((sum, { rows }) => sum + rows.data.byteLength, 0);
  }

  /**
   * Appends rows. Their memory is taken over, not copied: do not write to it afterwards.
   *
   * @throws ClError `SHAPE_MISMATCH` for rows of another width, `INVALID_DATA` for another element type.
   */
  append(rows: Matrix): void {
    assertMatrix('RowBlocks.append', rows);
    const last = this.#blocks.at(-1);
    if (last !== undefined) {
      assertSameType('RowBlocks.append', last.rows.data, rows.data);
      if (rows.cols !== last.rows.cols) {
        throw new ClError(
          'SHAPE_MISMATCH',
          `RowBlocks.append: found ${rows.cols} columns, expected ${last.rows.cols}. Append rows of one width.`,
        );
      }
    }
    if (rows.rows === 0) return;
    if (last === undefined || last.rows.data.length >= smallBlock) {
      this.#blocks.push({ from: this.rows, rows });
    } else this.#blocks[this.#blocks.length - 1] = { ...last, rows: stacked(last.rows, rows) };
  }
}

function stacked(above: Matrix, below: Matrix): Matrix {
  const data = realArray(realTypeOf(above.data), above.data.length + below.data.length);
  data.set(above.data);
  data.set(below.data, above.data.length);
  return { rows: above.rows + below.rows, cols: above.cols, data };
}
