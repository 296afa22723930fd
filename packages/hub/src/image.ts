/** Images as references: cheap to hold by the million, decoded only when somebody looks. */

/** An encoded image file on disk (JPEG, PNG, WebP, AVIF, GIF, TIFF). */
export interface FileImage {
  readonly kind: 'file';
  readonly path: string;
}

/** An encoded image in memory. */
export interface EncodedImage {
  readonly kind: 'encoded';
  readonly bytes: Uint8Array;
}

/** Decoded pixels: `data` holds `height` rows of `width` pixels of 3 bytes R, G, B. */
export interface PixelImage {
  readonly kind: 'pixels';
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Anything else: a row of an archive, a tile of a sheet. `load` gives the same image each time. */
export interface LazyImage {
  readonly kind: 'lazy';
  load(): Promise<FileImage | EncodedImage | PixelImage>;
}

/** Where the pixels come from. */
export type ImageSource = FileImage | EncodedImage | PixelImage | LazyImage;

/** One image of a dataset, not yet decoded. */
export interface ImageRef {
  /** Names the image to people: a path or a sample id, unique in its dataset. */
  readonly id: string;
  /**
   * Lower-case hex SHA-256 that stands for the pixels; caches trust it. Leave it out to have it computed from
   * the bytes; give it where it is known for less (a tile: the hash of the sheet and its place).
   */
  readonly hash?: string;
  readonly source: ImageSource;
}
