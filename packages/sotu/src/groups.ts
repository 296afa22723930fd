/** What a mask keeps or drops together: tiles of a parameter. */
import { ClError } from '@cl/hub';

/** Coordinates that share their fate: single ones, rows, square blocks, attention heads. */
export type Grouping = 'element' | 'row' | 'block' | 'head';

/** How attention heads lie in a parameter: `size` consecutive indices of an axis belong to one head. */
export interface HeadLayout {
  readonly axis: 0 | 1;
  readonly size: number;
}

/**
 * A parameter seen as a matrix [rows, cols], its first axis against the others, and cut into tiles of tileRows × tileCols.
 * Tiles at the far edges may be smaller. A vector is a column.
 */
export interface Tiling {
  readonly rows: number;
  readonly cols: number;
  readonly tileRows: number;
  readonly tileCols: number;
}

/**
 * The tiles of a parameter. `head` cuts along the axis that heads lie on and leaves parameters without heads to `row`.
 *
 * @throws ClError `INVALID_OPTION` unless `blockSize` is a whole number from 1.
 */
export function tilesOf(
  dims: readonly number[],
  grouping: Grouping,
  options: { readonly blockSize?: number; readonly heads?: HeadLayout | undefined } = {},
): Tiling {
  const { blockSize = 16, heads } = options;
  if (!Number.isInteger(blockSize) || blockSize < 1) {
    throw new ClError(
      'INVALID_OPTION',
      `sotu: blockSize is ${blockSize}, expected a whole number from 1. 16 groups 256 weights.`,
    );
  }
  const [rows = 1, ...rest] = dims;
  const cols = rest.reduce((product, size) => product * size, 1);
  const tile = (tileRows: number, tileCols: number): Tiling => ({
    rows,
    cols,
    tileRows,
    tileCols,
  });
  if (grouping === 'element') return tile(1, 1);
  if (grouping === 'block') return tile(blockSize, blockSize);
  if (grouping === 'row' || heads === undefined) return tile(1, cols);
  return heads.axis === 0 ? tile(heads.size, cols) : tile(rows, heads.size);
}
