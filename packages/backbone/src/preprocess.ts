/**
 * From an image to a model's input, bit for bit as transformers.js 4.3's `ImageProcessor.preprocess` and `RawImage`
 * do it with sharp, without their copies. `RawImage.resize` is an affine map without antialiasing, or Lanczos; centre
 * crop (black where the image is smaller), rescaling and normalising are one pass through a table of 3 × 256 floats.
 */
import type { ImageRef, PixelImage } from '@cl/hub';
import { decodeImage, decodeScaled, type ImageSize } from '@cl/images';
import sharp from 'sharp';
import type { Recipe, Steps, TargetSize } from './recipe.ts';

/**
 * Decodes an image at the size that the steps resize it to; its own size where they do not.
 *
 * @throws ClError `UNREADABLE_IMAGE` as `decodeImage` does.
 */
export async function decodeResized(
  image: ImageRef,
  { resize, resample }: Steps,
): Promise<PixelImage> {
  if (resize === undefined) return decodeImage(image);
  const sizeFor = (size: ImageSize): ImageSize => sizeOf(size, resize);
  if (resample !== 'lanczos') return decodeScaled(image, { sizeFor, interpolator: resample });
  const whole = await decodeImage(image);
  const { width, height } = sizeFor(whole);
  if (width === whole.width && height === whole.height) return whole;
  const raw = { width: whole.width, height: whole.height, channels: 3 } as const;
  const { data } = await sharp(whole.data, { raw })
    .resize({ width, height, fit: 'fill', kernel: 'lanczos3' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { kind: 'pixels', width, height, data };
}

/**
 * Crops and normalises one image: writes it as float32 [3, S, S] into `out` from `offset` on, S being `size`, the size
 * that the steps end in.
 */
export function normalise(
  { width, height, data }: PixelImage,
  size: Recipe['imageSize'],
  { values }: Steps,
  out: Float32Array,
  offset: number,
): void {
  const left = cropStart(width, size);
  const top = cropStart(height, size);
  const plane = size * size;
  for (let y = 0; y < size; y += 1) {
    const sourceY = y + top;
    const inY = sourceY >= 0 && sourceY < height;
    for (let x = 0; x < size; x += 1) {
      const sourceX = x + left;
      const inside = inY && sourceX >= 0 && sourceX < width;
      const p = (sourceY * width + sourceX) * 3;
      const o = offset + y * size + x;
      out[o] = values[inside ? data[p]! : 0]!;
      out[o + plane] = values[256 + (inside ? data[p + 1]! : 0)]!;
      out[o + 2 * plane] = values[512 + (inside ? data[p + 2]! : 0)]!;
    }
  }
}

/** Where the crop begins in an image: before it (negative) when the image is smaller. */
function cropStart(length: number, wanted: number): number {
  const offset = (length - wanted) / 2;
  return offset >= 0 ? Math.floor(offset) : -Math.floor(-offset);
}

/** `ImageProcessor.get_resize_output_image_size`, its rounding to two decimals included. */
function sizeOf(image: ImageSize, target: TargetSize): ImageSize {
  if (target.kind === 'exact') return { width: target.width, height: target.height };
  const { shortest, longest } = target;
  const up = shortest === undefined ? 1 : Math.max(shortest / image.width, shortest / image.height);
  const width = image.width * up;
  const height = image.height * up;
  const down = longest === undefined ? 1 : Math.min(longest / width, longest / height);
  return {
    width: Math.floor(Number((width * down).toFixed(2))),
    height: Math.floor(Number((height * down).toFixed(2))),
  };
}
