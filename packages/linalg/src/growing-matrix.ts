/** Matrices that grow by rows. */
import { ClError, type Matrix, type RealArray } from '@cl/hub';
import { assertMatrix, assertSameType, realArray, realTypeOf } from './real.ts';

/** Rows one after the other in one piece of memory, with room for more: n appends copy each row about twice. */
export class GrowingMatrix {
  #data: RealArray | undefined;
  #rows = 0;
  #cols = 0;

  /** All rows; shares memory, which later rows do not move under it. Empty before the first. */
  get matrix(): Matrix {
    const [rows, cols] = [this.#rows, this.#cols];
    const data = this.#data ?? new Float32Array(0);
    return { rows, cols, data: data.subarray(0, rows * cols) };
  }

  /**
   * Appends rows, copied. The first ones decide width and element type.
   *
   * @throws ClError `SHAPE_MISMATCH` for rows of another width, `INVALID_DATA` for another element type.
   */
  append(rows: Matrix): void {
    assertMatrix('GrowingMatrix.append', rows);
    const before = this.matrix;
    if (this.#data === undefined) this.#cols = rows.cols;
    else assertSameType('GrowingMatrix.append', this.#data, rows.data);
    if (rows.cols !== this.#cols) {
      throw new ClError(
        'SHAPE_MISMATCH',
        `GrowingMatrix.append: found ${rows.cols} columns, expected ${this.#cols}. Append rows of one width.`,
      );
    }
    const used = before.data.length;
    const needed = used + rows.data.length;
    if (this.#data === undefined || this.#data.length < needed) {
      const room = this.#data === undefined ? needed : Math.max(needed, Math.ceil(1.5 * used));
      const grown = realArray(realTypeOf(rows.data), room);
      grown.set(before.data);
      this.#data = grown;
    }
    this.#data.set(rows.data, used);
    this.#rows += rows.rows;
  }
}
