import { expect, test } from 'vitest';
import { createRandom, type Matrix } from '@cl/hub';
import {
  hiddenLayerProduct,
  multiply,
  randomFeatures,
  rbfKernel,
  rbfKernelProduct,
  softmaxProduct,
} from '@cl/linalg';

const random = createRandom('layered products');

function drawn(rows: number, cols: number, dtype: 'float32' | 'float64' = 'float64'): Matrix {
  const length = rows * cols;
  const data = dtype === 'float64' ? new Float64Array(length) : new Float32Array(length);
  for (let i = 0; i < length; i++) data[i] = random.normal() / Math.sqrt(cols);
  return { rows, cols, data };
}

function largestDifference(a: Matrix, b: Matrix): number {
  expect([a.rows, a.cols]).toEqual([b.rows, b.cols]);
  let most = 0;
  for (let i = 0; i < a.data.length; i++) {
    most = Math.max(most, Math.abs(a.data[i]! - b.data[i]!));
  }
  return most;
}

// Rounding of sums over at most 300 terms of size 1.
const tolerance = { float64: 1e-13, float32: 2e-5 };

for (const dtype of ['float64', 'float32'] as const) {
  // 9,000 hidden units put 932 rows into a run: the last case takes two.
  for (const [n, d, m, c] of [
    [1, 1, 1, 1],
    [33, 7, 129, 5],
    [1000, 3, 9000, 2],
  ] as const) {
    test(`a hidden layer of ${m} units over ${n} rows equals its steps in ${dtype}`, async () => {
      const [x, p, w] = [drawn(n, d, dtype), drawn(d, m, dtype), drawn(m, c, dtype)];
      for (let i = 0; i < w.data.length; i++) w.data[i]! /= Math.sqrt(m);
      const steps = await multiply(await randomFeatures(x, p), w);
      expect(largestDifference(await hiddenLayerProduct(x, p, w), steps)).toBeLessThan(
        tolerance[dtype],
      );
    });

    test(`kernel scores of ${n} against ${m} rows equal their steps in ${dtype}`, async () => {
      const [x, y, w] = [drawn(n, d, dtype), drawn(m, d, dtype), drawn(m, c, dtype)];
      for (let i = 0; i < w.data.length; i++) w.data[i]! /= m;
      const steps = await multiply(await rbfKernel(x, y, 0.3), w);
      expect(largestDifference(await rbfKernelProduct(x, y, 0.3, w), steps)).toBeLessThan(
        tolerance[dtype],
      );
    });
  }
}

for (const dtype of ['float64', 'float32'] as const) {
  // e⁰ : e¹ : e² by hand; the shift by 1,000 must not matter.
  test(`the softmax of products follows the definition in ${dtype}, also where exponentials would overflow`, async () => {
    const matrix = (rows: number, cols: number, ...values: readonly number[]): Matrix => {
      const data = dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values);
      return { rows, cols, data };
    };
    const x = matrix(2, 2, 1, 0, 0, 1); // picks the columns of y
    const y = matrix(3, 2, 1000, 0, 1001, 0, 1002, 1);
    const sum = 1 + Math.E + Math.E ** 2;
    const { rows, cols, data } = await softmaxProduct(x, y, 1);
    expect([rows, cols]).toEqual([2, 3]);
    const byHand = [1 / sum, Math.E / sum, Math.E ** 2 / sum];
    const second = [1, 1, Math.E].map((e) => e / (2 + Math.E));
    [...byHand, ...second].forEach((p, i) => expect(data[i]).toBeCloseTo(p, 6));
    expect((await softmaxProduct(x, y, 100)).data[2]).toBeCloseTo(1, 6);
  });
}

test('sizes, element types and gamma are checked, and a cancelled product stops', async () => {
  const x = drawn(4, 3);
  await expect(hiddenLayerProduct(x, drawn(2, 5), drawn(5, 1))).rejects.toMatchObject({
    code: 'SHAPE_MISMATCH',
    message: expect.stringContaining('hiddenLayerProduct: 3 columns meet 2'),
  });
  await expect(rbfKernelProduct(x, drawn(5, 3), 1, drawn(6, 1))).rejects.toMatchObject({
    message: expect.stringContaining('rbfKernelProduct: 5 columns meet 6'),
  });
  await expect(rbfKernelProduct(x, drawn(5, 3), 0, drawn(5, 1))).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringContaining('gamma is 0'),
  });
  await expect(hiddenLayerProduct(x, drawn(3, 5, 'float32'), drawn(5, 1))).rejects.toMatchObject({
    code: 'INVALID_DATA',
    message: expect.stringContaining('float64 and float32'),
  });
  await expect(
    hiddenLayerProduct(x, drawn(3, 5), drawn(5, 1), AbortSignal.abort()),
  ).rejects.toMatchObject({ code: 'ABORTED' });
});
