/** Tiles of a picture that holds many: decoded once, on the first tile that somebody looks at. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ClError, type PixelImage } from '@cl/hub';

/** Where a sheet is and how it is laid out: square tiles, row by row. */
export interface SheetLayout {
  readonly path: string;
  /** Lower-case hex SHA-256 of the file; checked before the first tile is given. */
  readonly sha256: string;
  /** Pixels. */
  readonly tileSize: number;
  readonly tilesPerRow: number;
}

/** A sheet that decodes itself when needed. */
export interface SpriteSheet {
  readonly sha256: string;
  /**
   * Tile `index` as pixels of its own.
   *
   * @throws ClError `NOT_FOUND`, `CHECKSUM_MISMATCH` when the file is not the recorded one, `CORRUPT_FILE` when the
   * sheet ends before the tile.
   */
  tile(index: number): Promise<PixelImage>;
}

/** A sheet; nothing is read yet. Its pixels stay in memory once decoded: 3 bytes each. */
export function openSpriteSheet(layout: SheetLayout): SpriteSheet {
  let decoded: Promise<PixelImage> | undefined;
  return {
    sha256: layout.sha256,
    async tile(index) {
      decoded ??= decode(layout).catch((error: unknown) => {
        decoded = undefined; // a file put right afterwards can be read
        throw error;
      });
      return cut(await decoded, layout, index);
    },
  };
}

async function decode({ path, sha256 }: SheetLayout): Promise<PixelImage> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new ClError(
      'NOT_FOUND',
      `sprite sheet: cannot read ${path}. Install @cl/datasets again.`,
      {
        cause,
      },
    );
  });
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256) {
    throw new ClError(
      'CHECKSUM_MISMATCH',
      `sprite sheet: ${path} has SHA-256 ${found}, expected ${sha256}. Install @cl/datasets again.`,
    );
  }
  const { decodeImage } = await import('@cl/images'); // brings sharp: only with the first picture
  return decodeImage({ id: path, source: { kind: 'encoded', bytes } });
}

function cut(
  sheet: PixelImage,
  { path, tileSize, tilesPerRow }: SheetLayout,
  index: number,
): PixelImage {
  const left = (index % tilesPerRow) * tileSize;
  const top = Math.floor(index / tilesPerRow) * tileSize;
  if (left + tileSize > sheet.width || top + tileSize > sheet.height) {
    throw new ClError(
      'CORRUPT_FILE',
      `sprite sheet: ${path} is ${sheet.width} × ${sheet.height} pixels, too small for tile ${index} of ` +
        `${tileSize} pixels. Install @cl/datasets again.`,
    );
  }
  const data = new Uint8Array(tileSize * tileSize * 3);
  for (let row = 0; row < tileSize; row += 1) {
    const start = ((top + row) * sheet.width + left) * 3;
    data.set(sheet.data.subarray(start, start + tileSize * 3), row * tileSize * 3);
  }
  return { kind: 'pixels', width: tileSize, height: tileSize, data };
}
