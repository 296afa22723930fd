/** Kernel matrices of any size, a bounded number of lifted rows at a time. */
import { throwIfAborted, type Matrix } from '@cl/hub';
import type { RealType } from '@cl/linalg';
import { rowsOf, zeros, type FeatureMap } from './feature-map.ts';

/** Numbers that lifted rows may take at a time: 128 MB in float64. */
const liftedNumbers = 2 ** 24;

/** Ranges of rows that can be lifted at once: [from, to). The same for the same sizes, so that bits repeat. */
export function* chunksOf(rows: number, width: number): Generator<readonly [number, number]> {
  const step = Math.max(1, Math.floor(liftedNumbers / width));
  for (let from = 0; from < rows; from += step) yield [from, Math.min(rows, from + step)];
}

/**
 * K [n, m] with k(a_i, b_j), handed over in this element type whatever the kernel is computed in.
 *
 * @throws ClError `ABORTED`.
 */
export async function kernelMatrix(
  map: FeatureMap,
  precision: RealType,
  a: Matrix,
  b: Matrix,
  signal?: AbortSignal,
): Promise<Matrix> {
  const kernel = zeros(a.rows, b.rows, precision);
  for (const [i0, i1] of chunksOf(a.rows, map.width)) {
    const left = await map.lift(rowsOf(a, i0, i1), signal);
    for (const [j0, j1] of chunksOf(b.rows, map.width)) {
      throwIfAborted('rail', signal);
      const right = a === b && i0 === j0 ? left : await map.lift(rowsOf(b, j0, j1), signal);
      const tile = await map.product(left, right, signal);
      for (let i = i0; i < i1; i += 1) {
        const row = tile.data.subarray((i - i0) * tile.cols, (i - i0 + 1) * tile.cols);
        kernel.data.set(row, i * b.rows + j0);
      }
    }
  }
  return kernel;
}
