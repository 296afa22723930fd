/** Views of images, for training: a part cut out, scaled to the model's size and perhaps mirrored. */
import type { ImageView, PixelImage } from '@cl/hub';
import sharp from 'sharp';

/**
 * Cuts a view out of an image and scales it to `size` × `size` with an antialiased linear filter, as torchvision's
 * RandomResizedCrop does with PIL images; edges are rounded to whole pixels, and a view has at least one.
 */
export async function cutView(
  image: PixelImage,
  view: ImageView,
  size: number,
): Promise<PixelImage> {
  const [left, width] = pixelRange(view.left, view.width, image.width);
  const [top, height] = pixelRange(view.top, view.height, image.height);
  const raw = { width: image.width, height: image.height, channels: 3 } as const;
  const { data } = await sharp(image.data, { raw })
    .extract({ left, top, width, height })
    .resize({ width: size, height: size, fit: 'fill', kernel: 'linear' })
    .flop(view.flip)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { kind: 'pixels', width: size, height: size, data };
}

/** First pixel and number of pixels of a part of a side. */
function pixelRange(start: number, part: number, length: number): readonly [number, number] {
  const first = Math.min(length - 1, Math.round(start * length));
  return [first, Math.max(1, Math.min(length - first, Math.round(part * length)))];
}
