/** Decoding straight to another size, where libvips gives the very pixels that it gives in two steps. */
import type { ImageRef, PixelImage } from '@cl/hub';
import type { Sharp } from 'sharp';
import { decodeImage, loadImage, opened, pixelsOf } from './decode.ts';
import { unreadable } from './unreadable.ts';

/** Width and height in pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** An affine map to another size, without antialiasing. */
export interface Scaling {
  /** The size that an image of some size, turned by its EXIF orientation, is to have. */
  readonly sizeFor: (size: ImageSize) => ImageSize;
  readonly interpolator: 'nearest' | 'bilinear' | 'bicubic';
}

type AffineMap = [matrix: [number, number, number, number], options: Pick<Scaling, 'interpolator'>];

/**
 * Decodes an image and scales it: the pixels of {@link decodeImage}, then scaled, bit for bit. 8-bit RGB files take
 * one pipeline, so that a photo is never whole in JavaScript's memory (36 MB of 12 megapixels).
 *
 * @returns 8-bit RGB pixels.
 * @throws ClError `UNREADABLE_IMAGE` as {@link decodeImage} does.
 */
export async function decodeScaled(ref: ImageRef, scaling: Scaling): Promise<PixelImage> {
  const source = await loadImage(ref);
  const { default: sharp } = await import('sharp'); // native and slow to load: only who decodes needs it
  if (source.kind !== 'pixels') {
    try {
      const file = opened(sharp, source);
      const size = await plainSize(file);
      const map = size && affineMap(size, scaling);
      if (size !== undefined) return await pixelsOf(map ? file.affine(...map) : file);
    } catch (cause) {
      throw unreadable(ref, cause);
    }
  }
  const whole = await decodeImage({ ...ref, source });
  const raw = { width: whole.width, height: whole.height, channels: 3 } as const;
  const map = affineMap(whole, scaling);
  return map === undefined ? whole : pixelsOf(sharp(whole.data, { raw }).affine(...map));
}

/** The size of a file of 8-bit RGB; with other channels scaling first would give other pixels. */
async function plainSize(file: Sharp): Promise<ImageSize | undefined> {
  const { autoOrient, channels, depth, hasAlpha, space } = await file.metadata();
  const plain = channels === 3 && depth === 'uchar' && space === 'srgb' && !hasAlpha;
  return plain ? autoOrient : undefined;
}

/** What sharp's `affine` takes; `undefined` where the size stays. */
function affineMap(from: ImageSize, { sizeFor, interpolator }: Scaling): AffineMap | undefined {
  const { width, height } = sizeFor(from);
  if (width === from.width && height === from.height) return undefined;
  return [[width / from.width, 0, 0, height / from.height], { interpolator }];
}
