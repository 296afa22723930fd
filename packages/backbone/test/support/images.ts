/** Pictures made from a seed: gradients with noise, so that any shift by a pixel shows. */
import type { ImageRef } from '@cl/hub';
import sharp from 'sharp';

/** Raw pixels of `channels` bytes each; the same for the same arguments. */
export function picture(width: number, height: number, channels: number, seed = 1): Uint8Array {
  const data = new Uint8Array(width * height * channels);
  let state = seed;
  for (let i = 0; i < data.length; i += 1) {
    state = (state * 48271) % 0x7fffffff;
    const pixel = Math.floor(i / channels);
    const ramp = (160 * (pixel % width)) / width + (60 * Math.floor(pixel / width)) / height;
    data[i] = ramp + (state % 36);
  }
  return data;
}

/** A decoded image. */
export function pixelRef(width: number, height: number, seed = 1): ImageRef {
  const data = picture(width, height, 3, seed);
  return { id: `picture ${seed}`, source: { kind: 'pixels', width, height, data } };
}

/** An encoded image. */
export async function encodedImage(
  width: number,
  height: number,
  channels: 1 | 3 | 4,
  format: 'png' | 'jpeg' | 'webp',
): Promise<Uint8Array> {
  const raw = { width, height, channels };
  return sharp(picture(width, height, channels), { raw })
    .toFormat(format)
    .toBuffer();
}
