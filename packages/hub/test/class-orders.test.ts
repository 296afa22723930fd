import { readFileSync } from 'node:fs';
import { numpyPermutation, pythonShuffle } from '@cl/hub';
import { expect, test } from 'vitest';

// Drawn by NumPy's legacy generator and by CPython's random module: keys are "n=…,seed=…".
type Orders = Record<string, number[]>;
const fixture = JSON.parse(
  readFileSync(new URL('./fixtures/class-orders.json', import.meta.url), 'utf8'),
) as { numpy_permutation: Orders; python_shuffle: Orders };

function cases(orders: Orders): { n: number; seed: number; order: number[] }[] {
  return Object.entries(orders).map(([key, order]) => {
    const [, n, seed] = /^n=(\d+),seed=(\d+)$/.exec(key)!;
    return { n: Number(n), seed: Number(seed), order };
  });
}

test('the fixture is not empty', () => {
  expect(cases(fixture.numpy_permutation)).toHaveLength(9);
  expect(cases(fixture.python_shuffle)).toHaveLength(18);
});

test.each(cases(fixture.numpy_permutation))('NumPy: n = $n, seed = $seed', ({ n, seed, order }) => {
  expect(numpyPermutation(seed, n)).toEqual(order);
});

test.each(cases(fixture.python_shuffle))('CPython: n = $n, seed = $seed', ({ n, seed, order }) => {
  expect(pythonShuffle(seed, n)).toEqual(order);
});

// Python 3.11: random.seed(s); x = list(range(10)); random.shuffle(x)
test('CPython seeds of more than 32 bits and negative ones', () => {
  expect(pythonShuffle(2 ** 40 + 5, 10)).toEqual([1, 2, 3, 6, 7, 0, 5, 4, 9, 8]);
  expect(pythonShuffle(-3, 10)).toEqual(pythonShuffle(3, 10));
  expect(pythonShuffle(0, 10)).toEqual([7, 8, 1, 5, 3, 4, 2, 0, 9, 6]);
});

test.each([
  [
    'numpyPermutation: seed is -1, expected an integer from 0 to 4294967295.',
    () => numpyPermutation(-1, 5),
  ],
  ['numpyPermutation: n is 2.5, expected an integer from 0', () => numpyPermutation(1, 2.5)],
  ['pythonShuffle: seed is 0.5, expected an integer from', () => pythonShuffle(0.5, 5)],
  ['pythonShuffle: n is -1, expected an integer from 0', () => pythonShuffle(1, -1)],
])('refuses: %s', (sentence, run) => {
  expect(run).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(sentence) }),
  );
});
