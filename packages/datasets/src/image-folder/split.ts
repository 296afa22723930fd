import { createRandom } from '@cl/hub';

/** An image with its class, and its split where that is known. */
interface Labelled {
  readonly label: string;
  readonly split?: 'train' | 'test';
}

/**
 * Gives each image without a split one: of every class the given fraction goes to the test set, chosen by the seed and
 * the label. A class of two or more images keeps at least one in each set while the fraction is above 0; a single
 * image is for training.
 */
export function splitByFraction<T extends Labelled>(
  images: readonly T[],
  fraction: number,
  seed: number,
): readonly (T & { readonly split: 'train' | 'test' })[] {
  const byLabel = new Map<string, number[]>();
  for (const [place, { label, split }] of images.entries()) {
    if (split !== undefined) continue;
    const known = byLabel.get(label);
    if (known === undefined) byLabel.set(label, [place]);
    else known.push(place);
  }
  const held = new Set<number>();
  const random = createRandom(seed);
  for (const [label, places] of byLabel) {
    const order = random.fork(`test images of ${label}`).permutation(places.length);
    const count = testCount(places.length, fraction);
    for (let i = 0; i < count; i += 1) held.add(places[order[i]!]!);
  }
  return images.map((image, place) => ({
    ...image,
    split: image.split ?? (held.has(place) ? 'test' : 'train'),
  }));
}

function testCount(images: number, fraction: number): number {
  if (fraction === 0 || images === 1) return 0;
  return Math.min(images - 1, Math.max(1, Math.round(images * fraction)));
}
