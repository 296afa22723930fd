/** Lower triangles that grow by rows and columns. */
import type { Matrix, RealArray } from '@cl/hub';
import { columnsOf, panelWidth, realPanel, type LowerPanels } from './panels.ts';

/**
 * [[A₁₁, ·], [A₂₁, A₂₂]] in panels. Whole panels of the old triangle get room for half as many rows again, so that growing
 * many times copies each number about twice.
 *
 * @param old - A₁₁; stays as it is.
 * @param below - A₂₁ [m, n].
 * @param corner - A₂₂; its memory is not shared.
 * @param reuse - whether the room behind the old panels may be written: at most once for one `old`.
 */
export function extendPanels(
  old: LowerPanels,
  below: Matrix,
  corner: LowerPanels,
  reuse: boolean,
): LowerPanels {
  const [n, m] = [old.size, corner.size];
  const size = n + m;
  const panels = Array.from({ length: Math.ceil(size / panelWidth) }, (_, p) => {
    const { first, end, width } = columnsOf(size, p);
    const whole = first + panelWidth <= n;
    const length = (size - first) * width;
    const panel = whole
      ? grown(old.panels[p]!, length, reuse)
      : realPanel(old.dtype, length, first < n ? Math.ceil(length / 2) : 0);
    if (!whole && first < n) copyNarrow(old, p, panel, width);
    if (first < n) writeBelow(panel, n, first, Math.min(end, n), width, below);
    writeCorner(panel, n, first, end, width, corner);
    return panel;
  });
  return { size, dtype: old.dtype, panels };
}

/** A longer panel that begins with this one: the same memory where there is room, else a copy with room. */
function grown(panel: RealArray, length: number, reuse: boolean): RealArray {
  const { buffer, byteOffset, BYTES_PER_ELEMENT } = panel;
  if (reuse && byteOffset + length * BYTES_PER_ELEMENT <= buffer.byteLength) {
    return panel instanceof Float64Array
      ? new Float64Array(buffer, byteOffset, length)
      : new Float32Array(buffer, byteOffset, length);
  }
  const dtype = panel instanceof Float64Array ? 'float64' : 'float32';
  const longer = realPanel(dtype, length, Math.ceil(length / 2));
  longer.set(panel);
  return longer;
}

/** Rows of the old panel p, which was narrower, on top of the new one. */
function copyNarrow(old: LowerPanels, p: number, panel: RealArray, width: number): void {
  const { first, width: oldWidth } = columnsOf(old.size, p);
  const source = old.panels[p]!;
  for (let i = 0; i < old.size - first; i++) {
    panel.set(source.subarray(i * oldWidth, (i + 1) * oldWidth), i * width);
  }
}

/** Columns [first, end) of the rows below, into a panel that begins at row and column `first`. */
function writeBelow(
  panel: RealArray,
  n: number,
  first: number,
  end: number,
  width: number,
  { rows, cols, data }: Matrix,
): void {
  for (let i = 0; i < rows; i++) {
    panel.set(data.subarray(i * cols + first, i * cols + end), (n + i - first) * width);
  }
}

/** Columns [first, end) of the corner, which begins at row and column n, into a panel that begins at `first`. */
function writeCorner(
  panel: RealArray,
  n: number,
  first: number,
  end: number,
  width: number,
  corner: LowerPanels,
): void {
  corner.panels.forEach((source, q) => {
    const own = columnsOf(corner.size, q);
    const from = Math.max(first - n, own.first);
    const to = Math.min(end - n, own.end);
    if (from >= to) return;
    for (let i = from; i < corner.size; i++) {
      const at = (i - own.first) * own.width - own.first;
      panel.set(source.subarray(at + from, at + to), (n + i - first) * width + n + from - first);
    }
  });
}
