/** Puts the blocks of a grown Cholesky factor together. */
import type { Matrix } from '@cl/hub';
import { columnsOf, panelWidth, zeroPanels, type LowerPanels } from './panels.ts';

/**
 * [[L₁₁, 0], [L₂₁, L₂₂]] in panels, from L₁₁, L₂₁ᵀ ([n, m]) and L₂₂; nothing is shared with the parts.
 */
export function extendPanels(old: LowerPanels, across: Matrix, corner: LowerPanels): LowerPanels {
  const [n, m] = [old.size, corner.size];
  const lower = zeroPanels(n + m, old.dtype);
  lower.panels.forEach((panel, p) => {
    const { first, end, width } = columnsOf(n + m, p);
    if (first < n) copyOld(old, p, panel, width);
    for (let j = first; j < Math.min(end, n); j++) {
      const column = across.data.subarray(j * m, (j + 1) * m);
      for (let i = 0; i < m; i++) panel[(n + i - first) * width + j - first] = column[i]!;
    }
    for (let j = Math.max(first, n); j < end; j++) {
      for (let i = j; i < n + m; i++) {
        panel[(i - first) * width + j - first] = elementOf(corner, i - n, j - n);
      }
    }
  });
  return lower;
}

/** Rows of the old panel p, which may have been narrower, on top of the new one. */
function copyOld(
  old: LowerPanels,
  p: number,
  panel: LowerPanels['panels'][number],
  width: number,
): void {
  const { first, width: oldWidth } = columnsOf(old.size, p);
  const source = old.panels[p]!;
  for (let i = 0; i < old.size - first; i++) {
    panel.set(source.subarray(i * oldWidth, (i + 1) * oldWidth), i * width);
  }
}

function elementOf(lower: LowerPanels, i: number, j: number): number {
  const p = Math.floor(j / panelWidth);
  const { first, width } = columnsOf(lower.size, p);
  return lower.panels[p]![(i - first) * width + j - first]!;
}
