/**
 * Solves with a Cholesky factor in panels, in place. What is solved already enters a whole group of panels in one product
 * with a long inner dimension; within a group, panels follow one another.
 */
import { throwIfAborted, type Matrix, type RealArray, type WorkOptions } from '@cl/hub';
import { gemm, rowsCollide } from './gemm.ts';
import {
  columnsOf,
  gatherPanels,
  groupsOf,
  groupWidth,
  panelRows,
  panelWidth,
  type LowerPanels,
} from './panels.ts';
import { pause } from './pause.ts';
import { realArray, rowsOf } from './real.ts';
import { transposeInto } from './transpose.ts';

/** A factor L and the inverses of its diagonal blocks. */
export interface Triangle {
  readonly lower: LowerPanels;
  readonly inverses: readonly Matrix[];
}

/**
 * X = L⁻¹·B over B. Rows before `known`, a multiple of {@link groupWidth}, hold X already.
 *
 * @throws ClError `ABORTED`; X is half done then.
 */
export async function solveLower(
  { lower, inverses }: Triangle,
  x: Matrix,
  { signal, onProgress }: WorkOptions,
  known = 0,
): Promise<void> {
  const { size, dtype } = lower;
  const strip = realArray(dtype, size * Math.min(size, groupWidth));
  const scratch = realArray(dtype, panelWidth * x.cols);
  for (const { start, stop, first, end } of groupsOf(lower)) {
    if (first < known) continue;
    throwIfAborted('solve', signal);
    // Without the last of the panels the rows of a strip that collide do not.
    const cut = rowsCollide(dtype, first) ? start - 1 : 0;
    for (const [from, to] of [
      [0, cut],
      [cut, start],
    ] as const) {
      const left = gatherPanels(lower, [from, to], [first, end], strip);
      const above = rowsOf(x, columnsOf(size, from).first, columnsOf(size, to).first);
      await gemm(left, above, rowsOf(x, first, end), { effect: 'subtract' });
    }
    for (let p = start; p < stop; p++) {
      const own = columnsOf(size, p);
      const target = rowsOf(x, own.first, own.end);
      const left = gatherPanels(lower, [start, p], [own.first, own.end], strip);
      await gemm(left, rowsOf(x, first, own.first), target, { effect: 'subtract' });
      await divide(inverses[p]!, target, scratch, 'plain');
      onProgress?.({ phase: 'forward', done: p + 1, total: inverses.length });
    }
    await pause();
  }
}

/**
 * X = L⁻ᵀ·B over B.
 *
 * @throws ClError `ABORTED`; X is half done then.
 */
export async function solveUpper(
  { lower, inverses }: Triangle,
  x: Matrix,
  { signal, onProgress }: WorkOptions,
): Promise<void> {
  const { size, dtype } = lower;
  const strip = realArray(dtype, size * Math.min(size, groupWidth));
  const scratch = realArray(dtype, panelWidth * x.cols);
  const total = inverses.length;
  for (const { start, stop, first, end } of groupsOf(lower).reverse()) {
    throwIfAborted('solve', signal);
    const cut = rowsCollide(dtype, size - end) ? size - panelWidth : size;
    for (const [from, to] of [
      [end, cut],
      [cut, size],
    ] as const) {
      const left = flipPanels(lower, [start, stop], [from, to], strip);
      await gemm(left, rowsOf(x, from, to), rowsOf(x, first, end), { effect: 'subtract' });
    }
    for (let p = stop - 1; p >= start; p--) {
      const own = columnsOf(size, p);
      const target = rowsOf(x, own.first, own.end);
      const left = flipPanels(lower, [p, p + 1], [own.end, end], strip);
      await gemm(left, rowsOf(x, own.end, end), target, { effect: 'subtract' });
      await divide(inverses[p]!, target, scratch, 'transposed');
      onProgress?.({ phase: 'backward', done: total - p, total });
    }
    await pause();
  }
}

/** Rows [from, to) of panels [start, stop), transposed: onnxruntime is slower at transposing a left factor itself. */
function flipPanels(
  lower: LowerPanels,
  [start, stop]: readonly [number, number],
  [from, to]: readonly [number, number],
  scratch: RealArray,
): Matrix {
  const cols = to - from;
  let rows = 0;
  for (let p = start; p < stop; p++) {
    const panel = panelRows(lower, p, from, to);
    transposeInto(panel, scratch.subarray(rows * cols), cols);
    rows += panel.cols;
  }
  return { rows, cols, data: scratch.subarray(0, rows * cols) };
}

/** X = D·X or Dᵀ·X in place, for the inverse of a diagonal block. */
async function divide(
  inverse: Matrix,
  x: Matrix,
  scratch: RealArray,
  by: 'plain' | 'transposed',
): Promise<void> {
  const result = { ...x, data: scratch.subarray(0, x.data.length) };
  await gemm(inverse, x, result, { effect: 'set', transposeA: by === 'transposed' });
  x.data.set(result.data);
}
