/**
 * Blocked Cholesky in place: A + λI = L·Lᵀ, nearly all of it GEMM.
 *
 * Two levels: panels of W columns are factored one after the other, and each updates the others of its
 * group at once; a whole group then updates everything to its right in one product with a long inner
 * dimension, which is what GEMM does best.
 */
import { ClError, throwIfAborted, type Matrix, type RealArray, type WorkOptions } from '@cl/hub';
import { factorBlock, invertTop } from './diagonal-block.ts';
import { gemm } from './gemm.ts';
import {
  columnsOf,
  gatherPanels,
  groupsOf,
  groupWidth,
  panelRows,
  type LowerPanels,
} from './panels.ts';
import { pause } from './pause.ts';
import { realArray, rowsOf } from './real.ts';

/** How to factor in place. */
export interface FactorizeOptions extends WorkOptions {
  /** Least pivot of each row; from {@link pivotFloor} when absent. */
  readonly floor?: Float64Array;
}

/**
 * Writes L over A.
 *
 * @returns the inverses of the diagonal blocks of L.
 * @throws ClError `NOT_POSITIVE_DEFINITE`, `NON_FINITE`, `ABORTED`; the panels hold nothing of use then.
 */
export async function factorize(
  lower: LowerPanels,
  ridge: number,
  { signal, onProgress, floor = pivotFloor(lower, ridge) }: FactorizeOptions,
): Promise<Matrix[]> {
  const { size, dtype, panels } = lower;
  addRidge(lower, ridge);
  const inverses: Matrix[] = [];
  const scratch = realArray(dtype, size * groupWidth);
  for (const { start, stop, end: from } of groupsOf(lower)) {
    for (let p = start; p < stop; p++) {
      throwIfAborted('cholesky', signal);
      inverses.push(await factorPanel(lower, p, floor, ridge, scratch));
      const { end } = columnsOf(size, p);
      const below = panelRows(lower, p, end, size);
      for (let q = p + 1; q < stop; q++) await update(lower, q, below, end);
      onProgress?.({ phase: 'cholesky', done: p + 1, total: panels.length });
      await pause();
    }
    if (stop === panels.length) break;
    const group = gatherPanels(lower, [start, stop], [from, size], scratch);
    for (let q = stop; q < panels.length; q++) {
      throwIfAborted('cholesky', signal);
      await update(lower, q, group, from);
      await pause();
    }
  }
  return inverses;
}

/** Factors the triangle on top of panel p and divides what lies below by it: L = A·L₁₁⁻ᵀ. Returns L₁₁⁻¹. */
async function factorPanel(
  lower: LowerPanels,
  p: number,
  floor: Float64Array,
  ridge: number,
  scratch: RealArray,
): Promise<Matrix> {
  const { first, end, width } = columnsOf(lower.size, p);
  const top = panelRows(lower, p, first, end);
  const block = Float64Array.from(top.data);
  const bad = factorBlock(block, width, floor.subarray(first, end));
  if (bad !== undefined) throw badPivot(first + bad.row, bad.value, lower, ridge);
  copyNormal(block, top.data);
  const inverse = invertTop(top);
  const below = panelRows(lower, p, end, lower.size);
  const result = { ...below, data: scratch.subarray(0, below.data.length) };
  await gemm(below, inverse, result, { effect: 'set', transposeB: true });
  copyNormal(result.data, below.data);
  return inverse;
}

/**
 * Copies with subnormal numbers as zeros. They are far below the rounding of a factor, and products with them are
 * slow: a float32 matrix whose factor had 2 % of them took 1.7 times as long as one without (n = 1536, one thread).
 */
function copyNormal(from: RealArray, to: RealArray): void {
  const least = to instanceof Float32Array ? 2 ** -126 : 2 ** -1022;
  for (let i = 0; i < from.length; i++) {
    const value = from[i]!;
    to[i] = Math.abs(value) < least ? 0 : value; // one test on the size: signs would be guessed wrong half of the time
  }
}

/** Panel q −= B·B[q]ᵀ, where B holds columns of L in rows from…n. */
async function update(lower: LowerPanels, q: number, b: Matrix, from: number): Promise<void> {
  const { first, end } = columnsOf(lower.size, q);
  await gemm(
    rowsOf(b, first - from, lower.size - from),
    rowsOf(b, first - from, end - from),
    panelRows(lower, q, first, lower.size),
    { effect: 'subtract', transposeB: true },
  );
}

function badPivot(row: number, value: number, lower: LowerPanels, ridge: number): ClError {
  const found = `cholesky: pivot ${row} of ${lower.size} is ${value.toPrecision(3)} (${lower.dtype}, ridge ${ridge})`;
  if (value - value !== 0) {
    return new ClError(
      'NON_FINITE',
      `${found}: the matrix holds NaN or infinite numbers in row ${row} or before, or overflows. ` +
        'Look for broken features where it was made.',
    );
  }
  const other = lower.dtype === 'float32' ? ' or use float64' : '';
  return new ClError(
    'NOT_POSITIVE_DEFINITE',
    `${found}, expected a positive number above rounding: the matrix is not positive definite to working ` +
      `precision. Use a larger ridge${other}.`,
  );
}

/**
 * The least pivot of each row that has a correct digit: ε·(A + λI)[i][i]. A pivot is that number minus a sum of
 * squares, so what is below is rounding.
 */
export function pivotFloor(lower: LowerPanels, ridge: number): Float64Array {
  const epsilon = lower.dtype === 'float32' ? 2 ** -23 : 2 ** -52;
  const floor = new Float64Array(lower.size);
  forDiagonal(lower, (panel, at, i) => {
    floor[i] = Math.max(0, epsilon * (panel[at]! + ridge));
  });
  return floor;
}

function addRidge(lower: LowerPanels, ridge: number): void {
  forDiagonal(lower, (panel, at) => {
    panel[at] = panel[at]! + ridge;
  });
}

function forDiagonal(
  lower: LowerPanels,
  visit: (panel: RealArray, at: number, row: number) => void,
): void {
  lower.panels.forEach((panel, p) => {
    const { first, width } = columnsOf(lower.size, p);
    for (let i = 0; i < width; i++) visit(panel, i * (width + 1), first + i);
  });
}
