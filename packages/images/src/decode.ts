/**
 * Decoding an image reference to RGB, exactly as `RawImage.read(…).rgb()` of transformers.js 4.3 does
 * (`src/utils/image.js`): EXIF orientation applied, colours converted to sRGB, 8 bits a channel, the
 * first frame of an animation, and the alpha channel *dropped*, not blended: a transparent pixel shows
 * the colour stored under it, as in PIL's `convert('RGB')`.
 */
import type { EncodedImage, FileImage, ImageRef, PixelImage } from '@cl/hub';
import type { default as SharpModule, Sharp } from 'sharp';
import { unreadable } from './unreadable.ts';

/** The most pixels an image may have: sharp's own limit, 0x3FFF², about 268 megapixels. */
export const pixelLimit: number = 0x3fff ** 2;

/** An image source that needs no further loading. */
export type LoadedImage = FileImage | EncodedImage | PixelImage;

/**
 * Decodes an image.
 *
 * @returns 8-bit RGB pixels. For a `pixels` source the source itself, not a copy.
 * @throws ClError `UNREADABLE_IMAGE` naming the image: missing, empty, truncated, of an unknown format, or larger
 * than {@link pixelLimit}.
 */
export async function decodeImage(ref: ImageRef): Promise<PixelImage> {
  const source = await loadImage(ref);
  if (source.kind === 'pixels') {
    assertPixels(ref, source);
    return source;
  }
  const { default: sharp } = await import('sharp'); // native and slow to load: only who decodes needs it
  try {
    return await pixelsOf(opened(sharp, source));
  } catch (cause) {
    throw unreadable(ref, cause);
  }
}

/**
 * The source behind a reference: a lazy one is loaded, any other is given as it is.
 *
 * @throws ClError `UNREADABLE_IMAGE` naming the image when loading fails.
 */
export async function loadImage(ref: ImageRef): Promise<LoadedImage> {
  if (ref.source.kind !== 'lazy') return ref.source;
  try {
    return await ref.source.load();
  } catch (cause) {
    throw unreadable(ref, cause);
  }
}

/**
 * An encoded image turned by its EXIF orientation, in sRGB, without alpha. `failOn: 'warning'` refuses truncated files
 * instead of padding them with grey.
 */
export function opened(sharp: typeof SharpModule, source: FileImage | EncodedImage): Sharp {
  sharp.cache(false); // libvips would keep decoded files, and what they held before they changed
  return sharp(source.kind === 'file' ? source.path : source.bytes, {
    failOn: 'warning',
    limitInputPixels: pixelLimit,
  })
    .rotate()
    .removeAlpha()
    .toColourspace('srgb');
}

/** Runs a pipeline to 8-bit RGB. */
export async function pixelsOf(pipeline: Sharp): Promise<PixelImage> {
  const { data, info } = await pipeline
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { kind: 'pixels', width, height, data: channels === 3 ? data : spread(data, channels) };
}

function assertPixels(ref: ImageRef, { width, height, data }: PixelImage): void {
  const whole = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (whole && data.length === width * height * 3) return;
  throw unreadable(
    ref,
    new Error(`${data.length} bytes for ${width} × ${height} pixels of 3 bytes each`),
  );
}

/** Grey [N × 1 or 2 channels] to RGB: the first channel thrice. */
function spread(data: Uint8Array, channels: number): Uint8Array {
  const rgb = new Uint8Array((data.length / channels) * 3);
  for (let i = 0, o = 0; i < data.length; i += channels) {
    const grey = data[i]!;
    rgb[o++] = grey;
    rgb[o++] = grey;
    rgb[o++] = grey;
  }
  return rgb;
}
