import fc from 'fast-check';
import type { Gram } from '@cl/linalg';
import { cholesky, CholeskyFactor, createGram, multiply, rbfKernel, setThreads } from '@cl/linalg';
import type { Matrix } from '@cl/hub';
import { afterAll, describe, expect, test } from 'vitest';
import {
  as,
  block,
  definiteMatrix,
  dominantMatrix,
  edgeSizes,
  maxDifference,
  plainCholesky,
  plusDiagonal,
  product,
  randomMatrix,
  sameBits,
  transpose,
} from './naive.ts';

// Condition number about 10, entries below 1: errors are a small multiple of ε.
const tolerance = { float64: 1e-13, float32: 2e-5 };
const dtypes = ['float64', 'float32'] as const;

describe.each(dtypes)('cholesky in %s', (dtype) => {
  test.each(edgeSizes)(
    'of size %i is the factor that the plain triple loop finds',
    async (size) => {
      const a = definiteMatrix(size, dtype);
      const factor = await cholesky(a, { ridge: 0.25 });
      const expected = plainCholesky(plusDiagonal(as(a, 'float64'), 0.25));
      expect(factor.dtype).toBe(dtype);
      expect(maxDifference(factor.lower.data, expected.data)).toBeLessThan(tolerance[dtype]);
    },
  );

  test.each(edgeSizes)('of size %i solves for one and for many right-hand sides', async (size) => {
    const a = definiteMatrix(size, dtype);
    const factor = await cholesky(a);
    for (const columns of [1, 40]) {
      const b = randomMatrix(size, columns, dtype, 3);
      const x = await factor.solve(b);
      const back = product(a, x);
      expect(maxDifference(back.data, as(b, 'float64').data)).toBeLessThan(10 * tolerance[dtype]);
    }
  });

  test('half-solves are L⁻¹B and L⁻ᵀB', async () => {
    const factor = await cholesky(definiteMatrix(300, dtype));
    const b = randomMatrix(300, 9, dtype, 3);
    const [forward, backward] = [await factor.forward(b), await factor.backward(b)];
    const { lower } = factor;
    expect(maxDifference(product(lower, forward).data, as(b, 'float64').data)).toBeLessThan(
      tolerance[dtype],
    );
    expect(
      maxDifference(product(transpose(lower), backward).data, as(b, 'float64').data),
    ).toBeLessThan(tolerance[dtype]);
  });

  test.each([0, 100, 512, 599])('goes on from %i rows of L⁻¹B that are known', async (rows) => {
    const factor = await cholesky(dominantMatrix(600, dtype));
    const b = randomMatrix(600, 9, dtype, 3);
    const whole = await factor.forward(b);
    const known = { rows, cols: 9, data: whole.data.slice(0, rows * 9) };
    const unread = { ...b, data: b.data.slice().fill(0, 0, Math.floor(rows / 512) * 512 * 9) };
    expect((await factor.forward(unread, { known })).data).toEqual(whole.data);
  });

  // Beyond two groups of panels; strips of 1024 columns, and in float64 of 512 also, are cut in two.
  test.each([1100, 1536])('of size %i solves, and grows', async (size) => {
    const a = dominantMatrix(size, dtype);
    const b = randomMatrix(size, 7, dtype, 3);
    const old = size - 70;
    const first = await cholesky(block(a, 0, old, 0, old));
    const grown = await first.extend(block(a, old, size, 0, old), block(a, old, size, old, size));
    for (const factor of [await cholesky(a), grown]) {
      const back = product(a, await factor.solve(b));
      expect(maxDifference(back.data, as(b, 'float64').data)).toBeLessThan(10 * tolerance[dtype]);
    }
  });

  // papers.md §7, property 7.
  test('a factor grown block by block is the factor of the whole', async () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 399 }), { minLength: 1, maxLength: 4 });
    const a = definiteMatrix(400, dtype);
    const whole = await cholesky(a, { ridge: 0.001 });
    const b = randomMatrix(400, 3, dtype, 5);
    const solution = await whole.solve(b);
    await fc.assert(
      fc.asyncProperty(cuts, async (inner) => {
        const ends = [...inner.sort((x, y) => x - y), 400];
        let from = ends[0]!;
        let grown = await cholesky(block(a, 0, from, 0, from), { ridge: 0.001 });
        for (const to of ends.slice(1)) {
          grown = await grown.extend(block(a, from, to, 0, from), block(a, from, to, from, to));
          from = to;
        }
        expect(maxDifference(grown.lower.data, whole.lower.data)).toBeLessThan(tolerance[dtype]);
        const x = await grown.solve(b);
        expect(maxDifference(x.data, solution.data)).toBeLessThan(10 * tolerance[dtype]);
      }),
      { numRuns: 12, examples: [[[128, 256]], [[1]], [[127, 129]], [[399]]] },
    );
  });

  test('a factor comes back from its packed form and goes on to the same bits', async () => {
    const a = definiteMatrix(300, dtype);
    const factor = await cholesky(block(a, 0, 200, 0, 200), { ridge: 0.5 });
    const again = CholeskyFactor.fromPacked(200, factor.toPacked(), factor.ridge);
    const b = randomMatrix(200, 4, dtype);
    expect(sameBits((await again.solve(b)).data, (await factor.solve(b)).data)).toBe(true);
    const rows = [block(a, 200, 300, 0, 200), block(a, 200, 300, 200, 300)] as const;
    const grown = [await again.extend(...rows), await factor.extend(...rows)];
    expect(sameBits(grown[0]!.toPacked(), grown[1]!.toPacked())).toBe(true);
  });

  test('a factor and what grew from it share memory without harm, also where two grew from one', async () => {
    const a = definiteMatrix(420, dtype);
    const at = (from: number, to: number) =>
      [block(a, from, to, 0, from), block(a, from, to, from, to)] as const;
    const first = await cholesky(block(a, 0, 260, 0, 260), { ridge: 0.5 });
    const second = await first.extend(...at(260, 300));
    const third = await second.extend(...at(300, 420)); // into the room behind the second
    const packed = [first, second, third].map((factor) => factor.toPacked());
    const other = definiteMatrix(420, dtype, 9);
    const rows = [block(other, 0, 100, 0, 300), block(other, 0, 100, 0, 100)] as const;
    const sibling = await second.extend(
      { ...rows[0], data: rows[0].data.map((x) => x / 1000) as Matrix['data'] },
      rows[1],
    );
    expect(sibling.size).toBe(400);
    [first, second, third].forEach((factor, i) => {
      expect(sameBits(factor.toPacked(), packed[i]!)).toBe(true);
    });
  });

  test('a Gram is factored like its matrix, in place only when asked', async () => {
    const gram = createGram(150, dtype);
    await gram.add(randomMatrix(200, 150, dtype));
    const before = gram.toPacked();
    const packed = async (a: Matrix | Gram, overwrite = false) =>
      (await cholesky(a, { ridge: 1, overwrite })).toPacked();
    const expected = await packed(gram.matrix);
    expect(sameBits(await packed(gram), expected)).toBe(true);
    expect(sameBits(gram.toPacked(), before)).toBe(true);
    expect(sameBits(await packed(gram, true), expected)).toBe(true);
  });

  test('inputs are read, never written', async () => {
    const a = definiteMatrix(140, dtype);
    const b = randomMatrix(140, 3, dtype);
    const copies = [a.data.slice(), b.data.slice()];
    await (await cholesky(a, { ridge: 1 })).solve(b);
    expect(sameBits(a.data, copies[0]!) && sameBits(b.data, copies[1]!)).toBe(true);
  });
});

test('float32 follows float64 to its precision on a kernel matrix with a small ridge', async () => {
  const x = randomMatrix(300, 8, 'float64');
  const k = await rbfKernel(x, x, 0.5);
  const y = randomMatrix(300, 5, 'float64', 9);
  const exact = await (await cholesky(k, { ridge: 1e-2 })).solve(y);
  const single = await (await cholesky(as(k, 'float32'), { ridge: 1e-2 })).solve(y);
  const [fit, fitSingle] = [await multiply(k, exact), product(k, single)];
  // Condition number about 300/1e-2: float32 keeps three digits of the fit.
  expect(maxDifference(fitSingle.data, fit.data)).toBeLessThan(3e-3);
});

describe('the same bits', () => {
  afterAll(() => setThreads(0));

  const bits = async (threads: number) => {
    await setThreads(threads);
    const gram = createGram(700, 'float32');
    await gram.add(randomMatrix(300, 700, 'float32'));
    const factor = await cholesky(gram, { ridge: 0.1 });
    const solution = await factor.solve(randomMatrix(700, 40, 'float32', 2));
    return [gram.toPacked(), factor.toPacked(), solution.data] as const;
  };

  test('come out of every run', async () => {
    const [first, second] = [await bits(2), await bits(2)];
    expect(first.map((array, i) => sameBits(array, second[i]!))).toEqual([true, true, true]);
  });

  test('come out of Gram and factor for one and for two threads', async () => {
    const [one, two] = [await bits(1), await bits(2)];
    expect(sameBits(one[0], two[0]) && sameBits(one[1], two[1])).toBe(true);
  });
});

describe('cholesky refuses', () => {
  test.each([0, 130, 299])('an indefinite matrix, naming pivot %i and its value', async (pivot) => {
    const a = plusDiagonal({ rows: 300, cols: 300, data: new Float64Array(90_000) }, 1);
    a.data[pivot * 301] = -2;
    await expect(cholesky(a, { ridge: 0.5 })).rejects.toMatchObject({
      code: 'NOT_POSITIVE_DEFINITE',
      message: `cholesky: pivot ${pivot} of 300 is -1.50 (float64, ridge 0.5), expected a positive number above rounding: the matrix is not positive definite to working precision. Use a larger ridge.`,
    });
  });

  test.each(dtypes)(
    'a Gram matrix of fewer samples than dimensions without ridge in %s',
    async (dtype) => {
      const gram = createGram(200, dtype);
      await gram.add(randomMatrix(50, 200, dtype));
      await expect(cholesky(gram)).rejects.toMatchObject({
        code: 'NOT_POSITIVE_DEFINITE',
        message: expect.stringMatching(
          dtype === 'float32' ? /Use a larger ridge or use float64\.$/ : /Use a larger ridge\.$/,
        ),
      });
      const factor = await cholesky(gram, { ridge: 0.1 }); // the Gram is still there, and the advice works
      expect(factor.size).toBe(200);
    },
  );

  test.each([NaN, Infinity])('a matrix with %d in it', async (value) => {
    const a = definiteMatrix(200, 'float64');
    a.data[150 * 200 + 20] = value;
    await expect(cholesky(a)).rejects.toMatchObject({
      code: 'NON_FINITE',
      message: expect.stringMatching(/pivot 150 of 200 is (NaN|-?Infinity).*in row 150 or before/),
    });
  });

  test.each([-1, NaN, Infinity])('ridge %d', async (ridge) => {
    await expect(cholesky(definiteMatrix(3, 'float64'), { ridge })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(
        /cholesky: ridge is (-1|NaN|Infinity), expected a finite number ≥ 0/,
      ),
    });
  });

  test('a matrix that is not square', async () => {
    await expect(cholesky(randomMatrix(3, 4, 'float64'))).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
      message: expect.stringMatching(/found 3 × 4, expected a square matrix/),
    });
  });
});

describe('a factor refuses', () => {
  test('right-hand sides of another height, or with NaN', async () => {
    const factor = await cholesky(definiteMatrix(5, 'float64'));
    await expect(factor.solve(randomMatrix(4, 2, 'float64'))).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
      message: expect.stringMatching(/solve: found 4 rows on the right-hand side, expected 5/),
    });
    const broken = { rows: 5, cols: 1, data: Float64Array.of(1, 2, NaN, 4, 5) };
    await expect(factor.forward(broken)).rejects.toMatchObject({
      code: 'NON_FINITE',
      message: expect.stringMatching(/forward: row 2, column 0 is NaN/),
    });
    const known = randomMatrix(2, 3, 'float64');
    await expect(factor.forward(randomMatrix(5, 2, 'float64'), { known })).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
      message: expect.stringMatching(/forward: 2 × 3 are known of a right-hand side of 5 × 2/),
    });
  });

  test('to grow by blocks that do not fit, or into an indefinite matrix, and stays usable', async () => {
    const a = definiteMatrix(5, 'float64');
    const factor = await cholesky(a);
    await expect(
      factor.extend(randomMatrix(2, 4, 'float64'), randomMatrix(2, 2, 'float64')),
    ).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
      message: expect.stringMatching(/found 2 × 4 and 2 × 2, expected 2 × 5 and 2 × 2/),
    });
    await expect(
      factor.extend(block(a, 0, 2, 0, 5), block(a, 0, 2, 0, 2)), // rows that are there already
    ).rejects.toMatchObject({ code: 'NOT_POSITIVE_DEFINITE' });
    const broken = randomMatrix(2, 5, 'float64');
    broken.data[8] = NaN;
    await expect(factor.extend(broken, randomMatrix(2, 2, 'float64'))).rejects.toMatchObject({
      code: 'NON_FINITE',
      message: expect.stringMatching(/extend: row 1, column 3 is NaN/),
    });
    const x = await factor.solve({ rows: 5, cols: 1, data: new Float64Array(5).fill(1) });
    expect(maxDifference(product(a, x).data, new Float64Array(5).fill(1))).toBeLessThan(1e-13);
  });

  test('packed numbers that are no factor', () => {
    expect(() => CholeskyFactor.fromPacked(3, new Float64Array(5), 0)).toThrow(
      /found 5 numbers, expected 6/,
    );
    expect(() => CholeskyFactor.fromPacked(2, Float64Array.of(1, 1, 0), 0)).toThrow(
      expect.objectContaining({
        code: 'NOT_POSITIVE_DEFINITE',
        message: expect.stringMatching(/diagonal element 1 is 0/),
      }),
    );
  });
});

describe('long work', () => {
  const a = definiteMatrix(1200, 'float64');

  test('reports its progress and lets timers run', async () => {
    const seen: number[] = [];
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await cholesky(a, {
      onProgress: ({ phase, done, total }) => {
        expect([phase, total]).toEqual(['cholesky', 10]);
        seen.push(done);
      },
    });
    clearInterval(timer);
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(ticks).toBeGreaterThan(5);
  });

  test('stops between panels when it is cancelled', async () => {
    const controller = new AbortController();
    let last = 0;
    const work = cholesky(a, {
      signal: controller.signal,
      onProgress: ({ done }) => {
        last = done;
        if (done === 3) controller.abort();
      },
    });
    await expect(work).rejects.toMatchObject({ code: 'ABORTED' });
    expect(last).toBe(3);
  });
});
