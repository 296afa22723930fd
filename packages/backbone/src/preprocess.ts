/**
 * From decoded pixels to a model's input, bit for bit as transformers.js 4.3's `ImageProcessor.preprocess` and
 * `RawImage` do it with sharp, without their copies: resize, centre crop (black where the image is smaller),
 * rescale and normalise in one pass through a table of 3 × 256 floats.
 */
import type { PixelImage } from '@cl/hub';
import sharp from 'sharp';
import type { Recipe, Steps, TargetSize } from './recipe.ts';

/**
 * Writes one image as float32 [3, S, S] into `out` from `offset` on, S being `size`, the size that the steps end in.
 */
export async function preprocess(
  image: PixelImage,
  size: Recipe['imageSize'],
  steps: Steps,
  out: Float32Array,
  offset: number,
): Promise<void> {
  const resized = steps.resize ? await resize(image, steps.resize, steps.resample) : image;
  const { width, height, data } = resized;
  const left = cropStart(width, size);
  const top = cropStart(height, size);
  const { values } = steps;
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

/** `RawImage.resize`: an affine map without antialiasing, or Lanczos. */
async function resize(
  image: PixelImage,
  target: TargetSize,
  resample: Steps['resample'],
): Promise<PixelImage> {
  const [width, height] = sizeFor(image, target);
  if (width === image.width && height === image.height) return image;
  const raw = { width: image.width, height: image.height, channels: 3 } as const;
  const source = sharp(image.data, { raw });
  const scaled =
    resample === 'lanczos'
      ? source.resize({ width, height, fit: 'fill', kernel: 'lanczos3' })
      : source.affine([width / image.width, 0, 0, height / image.height], {
          interpolator: resample,
        });
  const { data, info } = await scaled.raw().toBuffer({ resolveWithObject: true });
  return { kind: 'pixels', width: info.width, height: info.height, data };
}

/** `ImageProcessor.get_resize_output_image_size`, its rounding to two decimals included. */
function sizeFor(image: PixelImage, target: TargetSize): readonly [number, number] {
  if (target.kind === 'exact') return [target.width, target.height];
  const { shortest, longest } = target;
  const up = shortest === undefined ? 1 : Math.max(shortest / image.width, shortest / image.height);
  const width = image.width * up;
  const height = image.height * up;
  const down = longest === undefined ? 1 : Math.min(longest / width, longest / height);
  return [
    Math.floor(Number((width * down).toFixed(2))),
    Math.floor(Number((height * down).toFixed(2))),
  ];
}
