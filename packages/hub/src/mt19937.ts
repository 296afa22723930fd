/**
 * The Mersenne Twister MT19937 (Matsumoto and Nishimura, ACM TOMACS 8:1, 1998; seeding of their 2002 revision): 32-bit
 * words in the order of NumPy's legacy generator and of CPython's `random`.
 */
const N = 624;
const M = 397;

/** A generator of uniform 32-bit words. */
export class Mt19937 {
  readonly #words: Uint32Array;
  #position: number;

  /** Goes on from 624 words of state, of which the first `position` were used. */
  constructor(words: ArrayLike<number>, position: number) {
    this.#words = Uint32Array.from(words);
    this.#position = position;
  }

  /** The next word, in [0, 2³²). */
  next(): number {
    if (this.#position >= N) this.#refill();
    let y = this.#words[this.#position]!;
    this.#position += 1;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** A copy of the state, as the constructor takes it. */
  save(): { readonly words: readonly number[]; readonly position: number } {
    return { words: Array.from(this.#words), position: this.#position };
  }

  #refill(): void {
    const w = this.#words;
    for (let i = 0; i < N; i += 1) {
      const y = (w[i]! & 0x80000000) | (w[i + 1 < N ? i + 1 : 0]! & 0x7fffffff);
      const far = w[i + M < N ? i + M : i + M - N]!;
      w[i] = far ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#position = 0;
  }
}

/** The authors' `init_genrand`: what `numpy.random.seed(seed)` does; `seed` in [0, 2³²). */
export function seedByInteger(seed: number): Mt19937 {
  return new Mt19937(initialWords(seed), N);
}

/** The authors' `init_by_array`: what CPython's `random.seed` does; at least one word. */
export function seedByArray(key: readonly number[]): Mt19937 {
  const w = initialWords(19650218);
  let i = 1;
  let j = 0;
  for (let k = Math.max(N, key.length); k > 0; k -= 1) {
    w[i] = (w[i]! ^ Math.imul(w[i - 1]! ^ (w[i - 1]! >>> 30), 1664525)) + key[j]! + j;
    i += 1;
    j = j + 1 < key.length ? j + 1 : 0;
    if (i === N) {
      w[0] = w[N - 1]!;
      i = 1;
    }
  }
  for (let k = N - 1; k > 0; k -= 1) {
    w[i] = (w[i]! ^ Math.imul(w[i - 1]! ^ (w[i - 1]! >>> 30), 1566083941)) - i;
    i += 1;
    if (i === N) {
      w[0] = w[N - 1]!;
      i = 1;
    }
  }
  w[0] = 0x80000000; // never all zero
  return new Mt19937(w, N);
}

function initialWords(seed: number): Uint32Array {
  const words = new Uint32Array(N);
  words[0] = seed;
  for (let i = 1; i < N; i += 1) {
    words[i] = Math.imul(words[i - 1]! ^ (words[i - 1]! >>> 30), 1812433253) + i;
  }
  return words;
}
