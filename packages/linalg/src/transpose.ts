/** Transposition, four rows at a time: each run of writes then meets four numbers that lie together. */
import type { Matrix, RealArray } from '@cl/hub';
import { realArray, realTypeOf, type RealType } from './real.ts';

/** Aᵀ in memory of its own, in this element type. */
export function transposed(a: Matrix, dtype: RealType = realTypeOf(a.data)): Matrix {
  const data = realArray(dtype, a.data.length);
  transposeInto(a, data, a.rows);
  return { rows: a.cols, cols: a.rows, data };
}

/** Writes Aᵀ as rows of `stride` numbers, of which the first `a.rows` are written. */
export function transposeInto({ rows, cols, data }: Matrix, into: RealArray, stride: number): void {
  const whole = rows - (rows % 4);
  for (let i = 0; i < whole; i += 4) {
    const [r0, r1, r2, r3] = [i * cols, (i + 1) * cols, (i + 2) * cols, (i + 3) * cols];
    for (let j = 0; j < cols; j++) {
      const at = j * stride + i;
      into[at] = data[r0 + j]!;
      into[at + 1] = data[r1 + j]!;
      into[at + 2] = data[r2 + j]!;
      into[at + 3] = data[r3 + j]!;
    }
  }
  for (let i = whole; i < rows; i++) {
    for (let j = 0; j < cols; j++) into[j * stride + i] = data[i * cols + j]!;
  }
}
