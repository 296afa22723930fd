/** Class orders as the published Python code draws them, so that results can be compared class by class. */
import { ClError } from './errors.ts';
import { seedByArray, seedByInteger, type Mt19937 } from './mt19937.ts';

/**
 * `np.random.seed(seed); np.random.permutation(n)` of NumPy's legacy generator: the order of PILOT, PyCIL and RanPAC
 * (seed 1993 by custom).
 *
 * @param seed - an integer in [0, 2³²).
 * @throws ClError `INVALID_OPTION` for other seeds or counts.
 */
export function numpyPermutation(seed: number, n: number): number[] {
  assertInteger('numpyPermutation', 'seed', seed, 0, 2 ** 32 - 1);
  assertInteger('numpyPermutation', 'n', n, 0, 2 ** 31);
  return shuffledRange(seedByInteger(seed), n, maskedBelow);
}

/**
 * `random.seed(seed); x = list(range(n)); random.shuffle(x)` of CPython 3.2 and later: the order of VQ-Prompt and
 * CODA-Prompt.
 *
 * @param seed - a safe integer; its sign does not matter, as in CPython.
 * @throws ClError `INVALID_OPTION` for other seeds or counts.
 */
export function pythonShuffle(seed: number, n: number): number[] {
  assertInteger('pythonShuffle', 'seed', seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  assertInteger('pythonShuffle', 'n', n, 0, 2 ** 31);
  const size = Math.abs(seed);
  const high = Math.floor(size / 2 ** 32);
  return shuffledRange(seedByArray(high > 0 ? [size >>> 0, high] : [size]), n, topBitsBelow);
}

/** Fisher–Yates from the end, as both do it; `below(words, bound)` draws from [0, bound). */
function shuffledRange(
  words: Mt19937,
  n: number,
  below: (words: Mt19937, bound: number) => number,
): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i -= 1) {
    const j = below(words, i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** NumPy's `random_interval`: the low bits of a word, drawn again while too large. */
export function maskedBelow(words: Mt19937, bound: number): number {
  const mask = bound === 1 ? 0 : 0xffffffff >>> Math.clz32(bound - 1);
  if (mask === 0) return 0;
  for (;;) {
    const value = (words.next() & mask) >>> 0;
    if (value < bound) return value;
  }
}

/** CPython's `_randbelow`: as many of the top bits as the bound itself has, drawn again while too large. */
function topBitsBelow(words: Mt19937, bound: number): number {
  const unused = Math.clz32(bound);
  for (;;) {
    const value = words.next() >>> unused;
    if (value < bound) return value;
  }
}

function assertInteger(
  where: string,
  name: string,
  value: number,
  low: number,
  high: number,
): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new ClError(
    'INVALID_OPTION',
    `${where}: ${name} is ${value}, expected an integer from ${low} to ${high}. Python refuses others too, or draws ` +
      'another order.',
  );
}
