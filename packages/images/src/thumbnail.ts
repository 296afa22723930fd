/** Small pictures for reports. */
import type { ImageRef } from '@cl/hub';
import { decodeImage } from './decode.ts';

/**
 * A small picture of an image as a model sees it (alpha dropped, see {@link decodeImage}), for `src` attributes.
 *
 * @param ref - the image.
 * @param size - the longer side in pixels; smaller images are not enlarged.
 * @returns a `data:image/webp;base64,…` URI, about 1 kB at 48 pixels.
 * @throws ClError `UNREADABLE_IMAGE`.
 */
export async function thumbnail(ref: ImageRef, size: number): Promise<string> {
  return webpUri(await smallWebp(ref, size));
}

/** The picture of {@link thumbnail} as a file. */
export async function smallWebp(ref: ImageRef, size: number): Promise<Buffer> {
  const { width, height, data } = await decodeImage(ref);
  const { default: sharp } = await import('sharp');
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ width: size, height: size, fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 80 })
    .toBuffer();
}

/** The `data:` URI of an encoded picture. */
export function webpUri(webp: Buffer): string {
  return `data:image/webp;base64,${webp.toString('base64')}`;
}
