import { cholesky, createGram, Gram } from '@cl/linalg';
import { describe, expect, test } from 'vitest';
import { as, block, edgeSizes, maxDifference, product, randomMatrix, transpose } from './naive.ts';

// Sums of at most 1,400 products below ¼.
const tolerance = { float64: 1e-12, float32: 2e-4 };
const dtypes = ['float64', 'float32'] as const;

describe.each(dtypes)('a Gram matrix in %s', (dtype) => {
  test.each(edgeSizes)('of %i dimensions is Σ φᵀφ over its blocks', async (dim) => {
    const phi = randomMatrix(40, dim, dtype);
    const gram = createGram(dim, dtype);
    await gram.add(block(phi, 0, 13, 0, dim));
    await gram.add(block(phi, 13, 40, 0, dim));
    const expected = product(transpose(phi), phi);
    expect(maxDifference(gram.matrix.data, expected.data)).toBeLessThan(tolerance[dtype]);
  });

  test('takes more samples than fit in one block of its scratch memory', async () => {
    const phi = randomMatrix(1400, 30, dtype);
    const gram = createGram(30, dtype);
    await gram.add(phi);
    const expected = product(transpose(phi), phi);
    expect(maxDifference(gram.matrix.data, expected.data)).toBeLessThan(tolerance[dtype]);
  });

  // Rows of 4096 bytes, which get a column of zeros more.
  test('takes 512 and 1024 samples at once', async () => {
    for (const samples of [512, 1024]) {
      const phi = randomMatrix(samples, 30, dtype);
      const gram = createGram(30, dtype);
      await gram.add(randomMatrix(samples, 30, dtype, 2)); // scratch memory is not zeros
      await gram.subtract(randomMatrix(samples, 30, dtype, 2));
      await gram.add(phi);
      const expected = product(transpose(phi), phi);
      expect(maxDifference(gram.matrix.data, expected.data)).toBeLessThan(tolerance[dtype]);
    }
  });

  test('gives samples back: what was added and subtracted leaves rounding only', async () => {
    const [kept, removed] = [randomMatrix(50, 140, dtype, 1), randomMatrix(20, 140, dtype, 2)];
    const [once, both] = [createGram(140, dtype), createGram(140, dtype)];
    await once.add(kept);
    await both.add(kept);
    await both.add(removed);
    await both.subtract(removed);
    expect(maxDifference(both.matrix.data, once.matrix.data)).toBeLessThan(tolerance[dtype]);
  });

  test('merges with another as if it had seen its samples', async () => {
    const phi = randomMatrix(60, 200, dtype);
    const [left, right, whole] = [1, 2, 3].map(() => createGram(200, dtype)) as [Gram, Gram, Gram];
    await left.add(block(phi, 0, 25, 0, 200));
    await right.add(block(phi, 25, 60, 0, 200));
    await whole.add(phi);
    left.merge(right);
    expect(maxDifference(left.matrix.data, whole.matrix.data)).toBeLessThan(tolerance[dtype]);
  });

  test('comes back from its packed lower triangle to the same bits', async () => {
    const gram = createGram(150, dtype);
    await gram.add(randomMatrix(30, 150, dtype));
    const packed = gram.toPacked();
    expect(packed).toHaveLength((150 * 151) / 2);
    const { data } = gram.matrix;
    expect([packed[1], packed[2], packed[4]]).toEqual([data[150], data[151], data[2 * 150 + 1]]);
    const again = Gram.fromPacked(150, packed);
    expect(again.dtype).toBe(dtype);
    expect(again.matrix).toEqual(gram.matrix);
  });
});

test('float64 sums of float32 samples keep every product exact', async () => {
  const phi = randomMatrix(500, 20, 'float32');
  const gram = createGram(20, 'float64');
  await gram.add(phi);
  const exact = product(transpose(as(phi, 'float64')), as(phi, 'float64'));
  expect(maxDifference(gram.matrix.data, exact.data)).toBeLessThan(1e-12);
});

test('no samples add nothing', async () => {
  const gram = createGram(3);
  await gram.add({ rows: 0, cols: 3, data: new Float64Array(0) });
  expect(gram.matrix.data).toEqual(new Float64Array(9));
});

test('NaN samples are refused by row and column, and leave the sums as they were', async () => {
  const gram = createGram(4);
  await gram.add(randomMatrix(6, 4, 'float64'));
  const before = gram.toPacked();
  const broken = randomMatrix(5, 4, 'float64');
  broken.data[2 * 4 + 3] = NaN;
  await expect(gram.add(broken)).rejects.toMatchObject({
    code: 'NON_FINITE',
    message: expect.stringMatching(/Gram\.add: row 2, column 3 is NaN, expected finite numbers/),
  });
  expect(gram.toPacked()).toEqual(before);
});

// 90 and 128 leave a narrow last panel, 300 does not fit behind the first panels.
test.each(['float32', 'float64'] as const)('rows and columns are appended, in %s', (dtype) => {
  const sizes = [90, 38, 1, 300, 2, 25];
  const total = sizes.reduce((sum, n) => sum + n, 0);
  const a = randomMatrix(total, total, dtype);
  const gram = createGram(0, dtype);
  let from = 0;
  for (const n of sizes) {
    gram.extend(block(a, from, from + n, 0, from), block(a, from, from + n, from, from + n));
    from += n;
  }
  const packed: number[] = [];
  for (let i = 0; i < total; i++) packed.push(...a.data.subarray(i * total, i * total + i + 1));
  expect([...gram.toPacked()]).toEqual(packed);
});

test('rows that do not fit are not appended', () => {
  const gram = createGram(2);
  const before = gram.toPacked();
  expect(() => {
    gram.extend(randomMatrix(3, 1, 'float64'), randomMatrix(3, 3, 'float64'));
  }).toThrow(/Gram\.extend: found 3 × 1 and 3 × 3, expected m × 2 and m × m/);
  expect(gram.toPacked()).toEqual(before);
});

test('a cancelled addition changes nothing', async () => {
  const gram = createGram(4);
  await expect(gram.add(randomMatrix(6, 4, 'float64'), AbortSignal.abort())).rejects.toMatchObject({
    code: 'ABORTED',
  });
  expect(gram.toPacked()).toEqual(new Float64Array(10));
});

test('features of another width, packed sums of another size and a width of −1 are refused', async () => {
  const gram = createGram(4);
  await expect(gram.add(randomMatrix(2, 5, 'float64'))).rejects.toMatchObject({
    code: 'SHAPE_MISMATCH',
    message: expect.stringMatching(/Gram\.add: found 5 columns, expected 4/),
  });
  expect(() => gram.merge(createGram(3))).toThrow(/Gram\.merge: found 3 columns, expected 4/);
  expect(() => Gram.fromPacked(4, new Float64Array(9))).toThrow(
    /found 9 numbers, expected 10 for 4/,
  );
  expect(() => createGram(-1)).toThrow(
    expect.objectContaining({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/dim is -1, expected a whole number/),
    }),
  );
});

test('a Gram whose memory became a factor says so when it is used', async () => {
  const gram = createGram(3);
  await cholesky(gram, { ridge: 1, overwrite: true });
  await expect(gram.add(randomMatrix(1, 3, 'float64'))).rejects.toMatchObject({
    code: 'DISPOSED',
    message: expect.stringMatching(/memory became a Cholesky factor.*Leave out `overwrite`/),
  });
});
