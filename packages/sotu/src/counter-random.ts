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
 * Word i of a sequence, 32 random bits: MurmurHash3's finaliser (Appleby, public domain), which changes half of the bits for
 * each bit of its input, once for each word of the key.
 */
function counterWord({ first, second }: CounterKey, i: number): number {
  return finalised((finalised(i ^ first) + second) | 0);
}

/**
 * For coordinates 32·group … 32·group + 31, a bit each, the lowest first: whether u < below · 2⁻³², each coordinate having
 * its own u, uniform in [0, 1) with 32 bits. The coordinates are compared side by side, bit by bit from the top, until all
 * are decided: 7 words instead of 32 on average.
 *
 * @param key - which sequence; the same u for any `below`.
 * @param group - from 0.
 * @param below - whole, 0 to 2³².
 */
export function counterBits(key: CounterKey, group: number, below: number): number {
  if (below === 0 || below >= 2 ** 32) return below === 0 ? 0 : -1;
  let undecided = -1;
  let less = 0;
  const base = group << 5;
  const lowest = 31 - Math.clz32(below & -below); // after it u could only be equal or more
  for (let bit = 31; bit >= lowest && undecided !== 0; bit--) {
    const word = counterWord(key, base + 31 - bit);
    if (((below >>> bit) & 1) === 1) {
      less |= undecided & ~word;
      undecided &= word;
    } else {
      undecided &= ~word;
    }
  }
  return less;
}

function finalised(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
