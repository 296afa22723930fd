/** G ± φᵀφ on a lower triangle in panels: half the multiplications of a plain product. */
import type { Matrix, RealArray } from '@cl/hub';
import { gemm } from './gemm.ts';
import { columnsOf, panelRows, type LowerPanels } from './panels.ts';
import { pause } from './pause.ts';
import { realArray, rowsOf } from './real.ts';

/** Samples transposed at a time: bounds the scratch memory to M × 1024 numbers. */
const rowsPerBlock = 1024;

/** Adds or subtracts φᵀφ in place; φ is [n, M], of either element type. */
export async function updateSymmetric(
  lower: LowerPanels,
  phi: Matrix,
  effect: 'add' | 'subtract',
): Promise<void> {
  const scratch = realArray(lower.dtype, lower.size * Math.min(phi.rows, rowsPerBlock));
  for (let i = 0; i < phi.rows; i += rowsPerBlock) {
    const block = rowsOf(phi, i, Math.min(phi.rows, i + rowsPerBlock));
    await addProduct(lower, transposeInto(block, scratch), effect);
  }
}

/** Lower triangle of G ± T·Tᵀ, panel by panel; T = φᵀ is [M, n]. */
async function addProduct(
  lower: LowerPanels,
  transposed: Matrix,
  effect: 'add' | 'subtract',
): Promise<void> {
  const { size } = lower;
  for (let p = 0; p < lower.panels.length; p++) {
    const { first, end } = columnsOf(size, p);
    await gemm(
      rowsOf(transposed, first, size),
      rowsOf(transposed, first, end),
      panelRows(lower, p, first, size),
      { effect, transposeB: true },
    );
    await pause();
  }
}

/** φᵀ in the scratch array, tile by tile so that both sides stay in the cache. */
function transposeInto({ rows, cols, data }: Matrix, scratch: RealArray): Matrix {
  const tile = 32;
  for (let i0 = 0; i0 < rows; i0 += tile) {
    const i1 = Math.min(rows, i0 + tile);
    for (let j0 = 0; j0 < cols; j0 += tile) {
      const j1 = Math.min(cols, j0 + tile);
      for (let j = j0; j < j1; j++) {
        for (let i = i0; i < i1; i++) scratch[j * rows + i] = data[i * cols + j]!;
      }
    }
  }
  return { rows: cols, cols: rows, data: scratch.subarray(0, rows * cols) };
}
