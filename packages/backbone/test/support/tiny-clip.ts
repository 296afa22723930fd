/** The embedded model, and what PyTorch says of twelve images and six texts (`fixtures/check-reference.py`). */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { clip, type ClipOptions } from '@cl/backbone';
import type { ImageRef } from '@cl/hub';
import { tinyClipPath } from '@cl/tiny-clip';
import sharp from 'sharp';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

/** Options that need no probing of devices. */
export const tinyClip: ClipOptions = {
  ...clip.defaults,
  model: tinyClipPath,
  device: 'cpu',
  batchSize: 16,
};

interface Reference {
  readonly texts: readonly { readonly text: string; readonly embeds: readonly number[] }[];
  readonly images: readonly { readonly sample: string; readonly embeds: readonly number[] }[];
}

/** Rounded to five decimals in the file. */
export const reference: Reference = JSON.parse(
  readFileSync(fixture('tiny-clip.json'), 'utf8'),
) as Reference;

/** The twelve tiles, 48 × 48, in the order of `reference.images`. */
export async function referenceImages(): Promise<readonly ImageRef[]> {
  return Promise.all(
    reference.images.map(async ({ sample }, i) => {
      const tile = { left: 48 * i, top: 0, width: 48, height: 48 };
      const data = await sharp(fixture('icons.webp')).extract(tile).removeAlpha().raw().toBuffer();
      return { id: sample, source: { kind: 'pixels', width: 48, height: 48, data } } as const;
    }),
  );
}

/** The largest difference between two lists of numbers of the same length. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length || a.length === 0) return NaN;
  let largest = 0;
  for (let i = 0; i < a.length; i += 1) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}
