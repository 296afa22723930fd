import fc from 'fast-check';
import { addProduct, multiply } from '@cl/linalg';
import { describe, expect, test } from 'vitest';
import { block, edgeSizes, maxDifference, product, randomMatrix, transpose } from './naive.ts';

// Sums of n products of numbers below ½: rounding grows like √n · ε · ¼ at worst for these sizes.
const tolerance = { float64: 1e-13, float32: 1e-4 };
const size = fc.oneof(fc.constantFrom(...edgeSizes.slice(0, 8)), fc.integer({ min: 1, max: 80 }));
const dtypes = ['float64', 'float32'] as const;

describe.each(dtypes)('multiply in %s', (dtype) => {
  test('agrees with the definition for every transposition', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(size, size, size),
        fc.boolean(),
        fc.boolean(),
        fc.nat(),
        async ([m, k, n], transposeA, transposeB, seed) => {
          const a = randomMatrix(m, k, dtype, seed);
          const b = randomMatrix(k, n, dtype, seed + 1);
          const c = await multiply(transposeA ? transpose(a) : a, transposeB ? transpose(b) : b, {
            transposeA,
            transposeB,
          });
          expect([c.rows, c.cols]).toEqual([m, n]);
          expect(c.data.constructor).toBe(a.data.constructor);
          expect(maxDifference(c.data, product(a, b).data)).toBeLessThan(tolerance[dtype]);
        },
      ),
      { numRuns: 40 },
    );
  });
});

test.each([
  [false, false],
  [true, false],
  [false, true],
  [true, true],
])('a product is added to what is there (transposeA %s, transposeB %s)', async (...transposed) => {
  const [transposeA, transposeB] = transposed;
  const [a, b] = [randomMatrix(20, 30, 'float64', 1), randomMatrix(30, 10, 'float64', 2)];
  const sum = randomMatrix(20, 10, 'float64', 3);
  const expected = product(a, b).data.map((value, i) => value + sum.data[i]!);
  await addProduct(sum, transposeA ? transpose(a) : a, transposeB ? transpose(b) : b, {
    transposeA,
    transposeB,
  });
  expect(maxDifference(sum.data, expected)).toBeLessThan(tolerance.float64);
});

test('a sum of another size or element type is refused', async () => {
  const [a, b] = [randomMatrix(2, 3, 'float64'), randomMatrix(3, 4, 'float64')];
  await expect(addProduct(randomMatrix(4, 2, 'float64'), a, b)).rejects.toMatchObject({
    code: 'SHAPE_MISMATCH',
    message: expect.stringMatching(/the product is 2 × 4, found a sum of 4 × 2/) as string,
  });
  await expect(addProduct(randomMatrix(2, 4, 'float32'), a, b)).rejects.toMatchObject({
    code: 'INVALID_DATA',
    message: expect.stringMatching(/found float64 and float32/) as string,
  });
});

// 1500 × 1500 × 1000 is more than one uninterrupted run: rows of A, or the inner dimension, are cut.
test.each([false, true])(
  'large products are cut without a seam (transposeA %s)',
  async (transposeA) => {
    const a = transposeA
      ? randomMatrix(1000, 1500, 'float32')
      : randomMatrix(1500, 1000, 'float32');
    const b = randomMatrix(1000, 1500, 'float32', 2);
    const c = await multiply(a, b, { transposeA });
    const straight = transposeA ? transpose(a) : a;
    for (const from of [0, 870, 1330, 1490]) {
      const expected = product(block(straight, from, from + 10, 0, 1000), b);
      expect(maxDifference(block(c, from, from + 10, 0, 1500).data, expected.data)).toBeLessThan(
        1e-4,
      );
    }
  },
);

test('empty matrices have empty or zero products', async () => {
  const a = randomMatrix(3, 0, 'float64');
  expect((await multiply(a, randomMatrix(0, 2, 'float64'))).data).toEqual(new Float64Array(6));
  expect(
    (await multiply(randomMatrix(0, 3, 'float64'), randomMatrix(3, 2, 'float64'))).data,
  ).toHaveLength(0);
});

test('factors are views of larger buffers without harm', async () => {
  const buffer = randomMatrix(40, 10, 'float64');
  const a = { rows: 20, cols: 10, data: buffer.data.subarray(100, 300) };
  const c = await multiply(a, a, { transposeB: true });
  expect(maxDifference(c.data, product(a, transpose(a)).data)).toBeLessThan(1e-14);
});

test.each([
  [
    'inner sizes that differ',
    randomMatrix(2, 3, 'float64'),
    randomMatrix(2, 3, 'float64'),
    'SHAPE_MISMATCH',
    /2 × 3 times 2 × 3, expected equal inner sizes/,
  ],
  [
    'mixed element types',
    randomMatrix(2, 2, 'float64'),
    randomMatrix(2, 2, 'float32'),
    'INVALID_DATA',
    /found float64 and float32/,
  ],
  [
    'sizes that contradict the data',
    { rows: 3, cols: 3, data: new Float64Array(8) },
    randomMatrix(3, 3, 'float64'),
    'SHAPE_MISMATCH',
    /3 × 3 holds 8 numbers, expected 9/,
  ],
] as const)('%s are refused', async (_, a, b, code, message) => {
  await expect(multiply(a, b)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

test('a cancelled product throws ABORTED', async () => {
  const a = randomMatrix(4, 4, 'float64');
  await expect(multiply(a, a, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'ABORTED',
    message: expect.stringMatching(/multiply: cancelled by the caller/),
  });
});
