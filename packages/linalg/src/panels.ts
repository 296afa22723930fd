/**
 * The lower triangle of a square matrix as panels of columns: how Gram matrices and Cholesky factors
 * lie in memory. Panel p holds columns p·W … p·W + w of rows p·W … n, row-major, so that every panel and
 * every range of its rows is one contiguous block for GEMM, and the strict upper triangle costs nothing but
 * half of each diagonal block.
 */
import type { Matrix, RealArray } from '@cl/hub';
import { realArray, type RealType } from './real.ts';

/** Columns of a panel, W. */
export const panelWidth = 128;

/** A lower triangle in panels. */
export interface LowerPanels {
  /** Rows and columns of the square matrix, n. */
  readonly size: number;
  readonly dtype: RealType;
  readonly panels: RealArray[];
}

/** Columns [first, end) of panel p. */
export function columnsOf(size: number, p: number): { first: number; end: number; width: number } {
  const first = p * panelWidth;
  const end = Math.min(size, first + panelWidth);
  return { first, end, width: end - first };
}

/** Rows [from, to) of panel p, in the numbering of the whole matrix; shares memory. */
export function panelRows(lower: LowerPanels, p: number, from: number, to: number): Matrix {
  const { first, width } = columnsOf(lower.size, p);
  const data = lower.panels[p]!.subarray((from - first) * width, (to - first) * width);
  return { rows: to - from, cols: width, data };
}

/** Panels that are worked on together: GEMM wants long inner dimensions and enough rows. */
const groupPanels = 4;

/** Rows and columns of a group. */
export const groupWidth: number = groupPanels * panelWidth;

/** Neighbouring panels [start, stop) and their columns [first, end). */
export interface PanelGroup {
  readonly start: number;
  readonly stop: number;
  readonly first: number;
  readonly end: number;
}

/** All panels, a group after the other. */
export function groupsOf({ size, panels }: LowerPanels): PanelGroup[] {
  return Array.from({ length: Math.ceil(panels.length / groupPanels) }, (_, g) => {
    const start = g * groupPanels;
    const stop = Math.min(panels.length, start + groupPanels);
    return { start, stop, first: start * panelWidth, end: Math.min(size, stop * panelWidth) };
  });
}

/** Rows [from, to) of panels [start, stop) side by side, in the scratch array. */
export function gatherPanels(
  lower: LowerPanels,
  [start, stop]: readonly [number, number],
  [from, to]: readonly [number, number],
  scratch: RealArray,
): Matrix {
  const left = start * panelWidth;
  const cols = Math.min(lower.size, stop * panelWidth) - left;
  for (let p = start; p < stop; p++) {
    const { data, cols: width } = panelRows(lower, p, from, to);
    const at = p * panelWidth - left;
    for (let i = 0; i < to - from; i++) {
      scratch.set(data.subarray(i * width, (i + 1) * width), i * cols + at);
    }
  }
  return { rows: to - from, cols, data: scratch.subarray(0, (to - from) * cols) };
}

/** Zeros for a panel, with room behind them. */
export function realPanel(dtype: RealType, length: number, room: number): RealArray {
  return realArray(dtype, length + room).subarray(0, length);
}

/** A triangle of zeros. */
export function zeroPanels(size: number, dtype: RealType): LowerPanels {
  const panels = Array.from({ length: Math.ceil(size / panelWidth) }, (_, p) => {
    const { first, width } = columnsOf(size, p);
    return realArray(dtype, (size - first) * width);
  });
  return { size, dtype, panels };
}

/** A copy. */
export function copyPanels(lower: LowerPanels): LowerPanels {
  return { ...lower, panels: lower.panels.map((panel) => panel.slice()) };
}

/** The lower triangle of a square matrix; what lies above the diagonal is not read. */
export function panelsFromMatrix({ rows: size, data }: Matrix, dtype: RealType): LowerPanels {
  return fillPanels(size, dtype, data, (row) => row * size);
}

/** From rows of the lower triangle one after the other: element (i, j) at i(i+1)/2 + j. */
export function panelsFromPacked(size: number, data: RealArray, dtype: RealType): LowerPanels {
  return fillPanels(size, dtype, data, (row) => (row * (row + 1)) / 2);
}

function fillPanels(
  size: number,
  dtype: RealType,
  data: RealArray,
  startOf: (row: number) => number,
): LowerPanels {
  const lower = zeroPanels(size, dtype);
  lower.panels.forEach((panel, p) => {
    const { first, end, width } = columnsOf(size, p);
    for (let i = first; i < size; i++) {
      const start = startOf(i);
      const row = data.subarray(start + first, start + Math.min(end, i + 1));
      panel.set(row, (i - first) * width);
    }
  });
  return lower;
}

/** Rows of the lower triangle one after the other, n(n+1)/2 numbers. */
export function packedFromPanels(lower: LowerPanels): RealArray {
  const { size } = lower;
  const data = realArray(lower.dtype, (size * (size + 1)) / 2);
  copyRows(lower, data, (row) => (row * (row + 1)) / 2);
  return data;
}

/** The full matrix: zeros above the diagonal, or the mirror image of what is below. */
export function matrixFromPanels(lower: LowerPanels, above: 'zeros' | 'mirror'): Matrix {
  const { size } = lower;
  const data = realArray(lower.dtype, size * size);
  copyRows(lower, data, (row) => row * size);
  if (above === 'mirror') {
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < i; j++) data[j * size + i] = data[i * size + j]!;
    }
  }
  return { rows: size, cols: size, data };
}

function copyRows(lower: LowerPanels, data: RealArray, startOf: (row: number) => number): void {
  const { size } = lower;
  lower.panels.forEach((panel, p) => {
    const { first, end, width } = columnsOf(size, p);
    for (let i = first; i < size; i++) {
      const from = (i - first) * width;
      const row = panel.subarray(from, from + Math.min(end, i + 1) - first);
      data.set(row, startOf(i) + first);
    }
  });
}
