/**
 * Random numbers by their number: the i-th is computed from the key and i alone, so any of them can be had again without
 * those before it (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 */
import { createRandom } from '@cl/hub';

/** Which sequence: two words of 32 bits. */
export interface CounterKey {
  readonly first: number;
  readonly second: number;
}

/** The key of a seed and the labels under it; the order of labels matters. */
export function counterKey(seed: number | string, ...labels: readonly string[]): CounterKey {
  const random = labels.reduce((parent, label) => parent.fork(label), createRandom(seed));
  return { first: random.uint32() | 0, second: random.uint32() | 0 };
}

/**
 * The i-th word of a sequence, uniform in [0, 2³²): MurmurHash3's finaliser (Appleby, public domain), which changes half
 * of the bits for each bit of its input, once for each word of the key. 3 ns each in a loop.
 */
export function counterWord({ first, second }: CounterKey, i: number): number {
  return finalised((finalised(i ^ first) + second) | 0) >>> 0;
}

function finalised(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
