/** Random numbers from a seed: the only source of chance in the packages. */
import { maskedBelow } from './class-orders.ts';
import { ClError } from './errors.ts';
import { Mt19937, seedByArray } from './mt19937.ts';
import { normalQuantile } from './normal-quantile.ts';

/** A generator's state: JSON, restored to the same sequence. */
export interface RandomState {
  readonly algorithm: 'mt19937';
  /** 624 words of state. */
  readonly words: readonly number[];
  /** How many words of the block were used. */
  readonly position: number;
  /** The seed that `fork` derives from. */
  readonly seed: string;
}

/** A seeded generator. */
export interface Random {
  /** Uniform integer in [0, 2³²). */
  uint32(): number;
  /** Uniform double in [0, 1) with 53 random bits. */
  uniform(): number;
  /** Uniform integer in [0, bound), without modulo bias; 1 ≤ bound ≤ 2³². */
  integer(bound: number): number;
  /** Standard normal. */
  normal(): number;
  /** A random order of 0 … n − 1 (Fisher–Yates). */
  permutation(n: number): number[];
  /**
   * An independent generator derived from this one's seed and a label, not from how many numbers
   * were drawn: adding a consumer does not change what the others get.
   */
  fork(label: string): Random;
  /** The state, to be given to `restoreRandom`. */
  save(): RandomState;
}

/**
 * Makes a generator: MT19937, the same sequence on every machine and in every browser.
 *
 * The seed's hash is MT19937's own `init_by_array` over the number of UTF-16 code units of the seed and the units
 * themselves. A fork's seed is `<seed>/<label>`, with `~` and `/` in the label written `~0` and `~1` (as in a JSON
 * pointer), so `fork('a').fork('b')` and `fork('a/b')` differ and a saved state says where it came from.
 *
 * @param seed - a number stands for its decimal digits: 7 and '7' are the same seed.
 * @throws ClError `INVALID_OPTION` when a number is not a safe integer.
 */
export function createRandom(seed: number | string): Random {
  if (typeof seed === 'number' && !Number.isSafeInteger(seed)) {
    throw new ClError(
      'INVALID_OPTION',
      `createRandom: seed is ${seed}, expected an integer or a string. Round it, or pass it as text.`,
    );
  }
  return fromSeed(typeof seed === 'string' ? escape(seed) : String(seed));
}

/**
 * The generator that `save` described: continues its sequence and gives the same forks.
 *
 * @throws ClError `CORRUPT_FILE` when the state is not one of MT19937.
 */
export function restoreRandom(state: RandomState): Random {
  const { algorithm, words, position, seed } = state as Partial<RandomState>;
  const sound =
    algorithm === 'mt19937' &&
    typeof seed === 'string' &&
    isWord(position, 624) &&
    Array.isArray(words) &&
    words.length === 624 &&
    words.every((word: unknown) => isWord(word, 0xffffffff)) &&
    words.some((word) => word !== 0);
  if (!sound) {
    throw new ClError(
      'CORRUPT_FILE',
      'restoreRandom: found something else than the state of a generator, expected algorithm "mt19937", 624 words ' +
        'of 32 bits, not all 0, a position up to 624 and a seed. Give it what save() returned.',
    );
  }
  return new SeededRandom(new Mt19937(words, position), seed);
}

function fromSeed(seed: string): Random {
  const units = Array.from({ length: seed.length }, (_, i) => seed.charCodeAt(i));
  return new SeededRandom(seedByArray([units.length, ...units]), seed);
}

class SeededRandom implements Random {
  readonly #words: Mt19937;
  readonly #seed: string;

  constructor(words: Mt19937, seed: string) {
    this.#words = words;
    this.#seed = seed;
  }

  uint32(): number {
    return this.#words.next();
  }

  // The authors' genrand_res53: also what NumPy's random_sample and CPython's random() do.
  uniform(): number {
    const high = this.#words.next() >>> 5;
    const low = this.#words.next() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  integer(bound: number): number {
    if (Number.isInteger(bound) && bound >= 1 && bound <= 2 ** 32) {
      return maskedBelow(this.#words, bound);
    }
    throw new ClError(
      'INVALID_OPTION',
      `random.integer: bound is ${bound}, expected an integer from 1 to 2^32. Check that what you choose from is not empty.`,
    );
  }

  // By inversion: one uniform a draw and nothing kept in between, so the state is the words alone.
  normal(): number {
    return normalQuantile(Math.max(this.uniform(), 2 ** -54));
  }

  permutation(n: number): number[] {
    if (!Number.isInteger(n) || n < 0 || n > 2 ** 32) {
      throw new ClError(
        'INVALID_OPTION',
        `random.permutation: n is ${n}, expected an integer from 0 to 2^32. Pass how many items there are.`,
      );
    }
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i -= 1) {
      const j = this.integer(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }

  fork(label: string): Random {
    return fromSeed(`${this.#seed}/${escape(label)}`);
  }

  save(): RandomState {
    return { algorithm: 'mt19937', ...this.#words.save(), seed: this.#seed };
  }
}

function escape(label: string): string {
  return label.replaceAll('~', '~0').replaceAll('/', '~1');
}

function isWord(value: unknown, largest: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= largest;
}
