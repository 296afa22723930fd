/** G ± φᵀφ and G ± A·Aᵀ on a lower triangle in panels: half the multiplications of a plain product. */
import type { Matrix } from '@cl/hub';
import { gemm, rowsCollide } from './gemm.ts';
import { columnsOf, panelRows, type LowerPanels } from './panels.ts';
import { pause } from './pause.ts';
import { realArray, rowsOf } from './real.ts';
import { transposeInto } from './transpose.ts';

/** Samples transposed at a time: bounds the scratch memory to M × 1024 numbers and a little. */
const rowsPerBlock = 1024;

/** Columns of zeros behind samples whose rows would collide otherwise: a cache line in float32, two in float64. */
const padding = 16;

/** Adds or subtracts φᵀφ in place; φ is [n, M], of either element type. */
export async function updateSymmetric(
  lower: LowerPanels,
  phi: Matrix,
  effect: 'add' | 'subtract',
): Promise<void> {
  const { size, dtype } = lower;
  const widest = Math.min(phi.rows, rowsPerBlock) + padding;
  const scratch = realArray(dtype, size * widest);
  for (let i = 0; i < phi.rows; i += rowsPerBlock) {
    const block = rowsOf(phi, i, Math.min(phi.rows, i + rowsPerBlock));
    const cols = block.rows + (rowsCollide(dtype, block.rows) ? padding : 0);
    const data = scratch.subarray(0, size * cols);
    transposeInto(block, data, cols);
    if (cols > block.rows) {
      for (let row = 1; row <= size; row++) data.fill(0, row * cols - padding, row * cols);
    }
    await updateOuter(lower, { rows: size, cols, data }, effect);
  }
}

/** Adds or subtracts A·Aᵀ in place, panel by panel; A is [M, n], of the triangle's element type. */
export async function updateOuter(
  lower: LowerPanels,
  a: Matrix,
  effect: 'add' | 'subtract',
): Promise<void> {
  const { size } = lower;
  for (let p = 0; p < lower.panels.length; p++) {
    const { first, end } = columnsOf(size, p);
    await gemm(rowsOf(a, first, size), rowsOf(a, first, end), panelRows(lower, p, first, size), {
      effect,
      transposeB: true,
    });
    await pause();
  }
}
