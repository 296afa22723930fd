import {
  linearKernel,
  normalizeRows,
  oneHot,
  putBlock,
  rbfKernel,
  ridge,
  softmaxProduct,
  zeroMatrix,
} from '@cl/linalg';
import { describe, expect, test } from 'vitest';
import { as, maxDifference, plusDiagonal, product, randomMatrix, transpose } from './naive.ts';

const tolerance = { float64: 1e-13, float32: 2e-6 };
const dtypes = ['float64', 'float32'] as const;

describe.each(dtypes)('kernels in %s', (dtype) => {
  test('the RBF kernel is exp(−γ‖x − y‖²) of every pair', async () => {
    const [x, y] = [randomMatrix(70, 12, dtype, 1), randomMatrix(33, 12, dtype, 2)];
    const kernel = await rbfKernel(x, y, 0.7);
    const expected = new Float64Array(70 * 33);
    for (let i = 0; i < 70; i++) {
      for (let j = 0; j < 33; j++) {
        let distance = 0;
        for (let d = 0; d < 12; d++) distance += (x.data[i * 12 + d]! - y.data[j * 12 + d]!) ** 2;
        expected[i * 33 + j] = Math.exp(-0.7 * distance);
      }
    }
    expect(maxDifference(kernel.data, expected)).toBeLessThan(tolerance[dtype]);
  });

  // papers.md §7, property 15.
  test('the RBF kernel of a set has a unit diagonal, lies in (0, 1] and is exp(−2γ(1 − x·y)) on unit rows', async () => {
    const x = normalizeRows(randomMatrix(140, 10, dtype));
    const kernel = await rbfKernel(x, x, 0.1);
    const cosines = product(x, transpose(x)).data;
    expect(Math.min(...kernel.data)).toBeGreaterThan(0);
    expect(Math.max(...kernel.data)).toBe(1);
    expect(Array.from({ length: 140 }, (_, i) => kernel.data[i * 141])).toEqual(Array(140).fill(1));
    expect(maxDifference(kernel.data, transpose(kernel).data)).toBeLessThan(tolerance[dtype]);
    const expected = cosines.map((cosine) => Math.exp(-0.2 * (1 - cosine)));
    expect(maxDifference(kernel.data, expected)).toBeLessThan(tolerance[dtype]);
  });

  test('values too small for a normal number are 0', async () => {
    const x = {
      rows: 1,
      cols: 1,
      data: dtype === 'float32' ? Float32Array.of(0) : Float64Array.of(0),
    };
    const y = {
      rows: 2,
      cols: 1,
      data: dtype === 'float32' ? Float32Array.of(1, 9.5) : Float64Array.of(1, 27),
    };
    const kernel = await rbfKernel(x, y, 1); // e^−90.25 = 6.4e-40 and e^−729 = 2.5e-317 are subnormal
    expect([...kernel.data]).toEqual(
      [Math.fround(Math.exp(-1)), 0].map((v, i) =>
        i === 0 && dtype === 'float64' ? Math.exp(-1) : v,
      ),
    );
  });

  test('the linear kernel is the product with the transpose', async () => {
    const [x, y] = [randomMatrix(20, 7, dtype, 1), randomMatrix(9, 7, dtype, 2)];
    const kernel = await linearKernel(x, y);
    expect(maxDifference(kernel.data, product(x, transpose(y)).data)).toBeLessThan(
      tolerance[dtype],
    );
  });

  test('normalised rows have length 1 and keep their direction', () => {
    const m = randomMatrix(30, 9, dtype);
    const unit = normalizeRows(m);
    for (let i = 0; i < 30; i++) {
      const [row, old] = [unit, m].map(({ data }) => [...data.subarray(i * 9, i * 9 + 9)]);
      expect(Math.hypot(...row!)).toBeCloseTo(1, 6);
      expect(row![4]! / row![0]!).toBeCloseTo(old![4]! / old![0]!, 3);
    }
  });
});

test('a block goes into a matrix at its place, whatever the element types', () => {
  const block = { rows: 2, cols: 2, data: Float32Array.of(1, 2, 3, 4) };
  const into = zeroMatrix(3, 4, 'float64');
  putBlock(into, 1, 2, block);
  expect([...into.data]).toEqual([0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4]);
});

describe('ridge', () => {
  // Optimality (papers.md §7, property 8): Φᵀ(ΦW − Y) + λW = 0, whichever side the system is solved on.
  test.each([
    [90, 40],
    [40, 90],
  ])('of %i samples with %i features has gradient zero', async (n, m) => {
    const [phi, y] = [randomMatrix(n, m, 'float64', 1), randomMatrix(n, 6, 'float64', 2)];
    const w = await ridge(phi, y, 0.3);
    expect([w.rows, w.cols]).toEqual([m, 6]);
    const normal = plusDiagonal(product(transpose(phi), phi), 0.3);
    const gradient = maxDifference(product(normal, w).data, product(transpose(phi), y).data);
    expect(gradient).toBeLessThan(1e-12);
  });

  test('shrinks to zero as λ grows and interpolates as it vanishes with few samples', async () => {
    const [phi, y] = [randomMatrix(10, 30, 'float64', 1), randomMatrix(10, 2, 'float64', 2)];
    const heavy = await ridge(phi, y, 1e9);
    expect(Math.max(...heavy.data.map(Math.abs))).toBeLessThan(1e-8);
    const light = await ridge(phi, y, 1e-9);
    expect(maxDifference(product(phi, light).data, y.data)).toBeLessThan(1e-7);
  });

  test.each(dtypes)('has targets in %s with a one in the column of each label', (dtype) => {
    const { rows, cols, data } = oneHot(Int32Array.of(2, 0, 2), 4, dtype);
    expect([rows, cols, data.constructor.name.toLowerCase()]).toEqual([3, 4, `${dtype}array`]);
    expect([...data]).toEqual([0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0]);
  });

  test('refuses targets for another number of samples', async () => {
    await expect(
      ridge(randomMatrix(3, 2, 'float64'), randomMatrix(4, 2, 'float64'), 1),
    ).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
      message: expect.stringMatching(/3 samples with 4 targets/),
    });
  });
});

describe('bad numbers', () => {
  const broken = { rows: 2, cols: 2, data: Float64Array.of(1, 2, NaN, 4) };
  const fine = randomMatrix(2, 2, 'float64');

  test('are refused by name of function, row and column', async () => {
    const error = (where: string) => ({
      code: 'NON_FINITE',
      message: expect.stringMatching(
        new RegExp(`^${where}: row 1, column 0 is NaN, expected finite`),
      ),
    });
    expect(() => normalizeRows(broken)).toThrow(expect.objectContaining(error('normalizeRows')));
    await expect(softmaxProduct(broken, fine, 1)).rejects.toMatchObject(error('softmaxProduct'));
    await expect(linearKernel(broken, fine)).rejects.toMatchObject(error('linearKernel'));
    await expect(rbfKernel(fine, broken, 1)).rejects.toMatchObject(error('linearKernel'));
  });

  test('a row of zeros has no direction', () => {
    const zeros = as({ rows: 2, cols: 2, data: Float64Array.of(1, 0, 0, 0) }, 'float32');
    expect(() => normalizeRows(zeros)).toThrow(
      expect.objectContaining({
        code: 'NON_FINITE',
        message: expect.stringMatching(/row 1 has length 0, expected a direction/),
      }),
    );
  });

  test.each([0, -1, NaN])('gamma %d is refused', async (gamma) => {
    await expect(rbfKernel(fine, fine, gamma)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/gamma is (0|-1|NaN), expected a positive number/),
    });
  });
});
