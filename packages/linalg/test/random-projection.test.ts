import { createRandom, isClError } from '@cl/hub';
import { randomFeatures, randomProjection } from '@cl/linalg';
import { expect, test } from 'vitest';

test('draws W uniformly in ±1/√inputDim', () => {
  const { rows, cols, data } = randomProjection(16, 5000, createRandom(1));
  expect([rows, cols, data.length]).toEqual([16, 5000, 80_000]);
  const squares = Float64Array.from(data).reduce((sum, w) => sum + w * w, 0) / data.length;
  expect(Math.max(...data.slice(0, 10_000).map(Math.abs))).toBeLessThanOrEqual(0.25);
  // The variance of U(−b, b) is b²/3; 80,000 draws leave it within 2 % (4.5 standard errors are 1.4 %).
  expect(squares / (0.25 ** 2 / 3)).toBeGreaterThan(0.98);
  expect(squares / (0.25 ** 2 / 3)).toBeLessThan(1.02);
});

test('is the same layer for the same seed, another for another, and rounded in float32', () => {
  const w = randomProjection(3, 7, createRandom('layer')).data;
  expect(randomProjection(3, 7, createRandom('layer')).data).toEqual(w);
  expect(randomProjection(3, 7, createRandom('other')).data).not.toEqual(w);
  expect(randomProjection(3, 7, createRandom('layer'), 'float32').data).toEqual(
    Float32Array.from(w),
  );
});

test('lifts features to ReLU(x·W)', async () => {
  const projection = { rows: 2, cols: 3, data: Float64Array.of(1, -1, 0.5, 2, 1, -3) };
  const x = { rows: 2, cols: 2, data: Float64Array.of(1, 1, -1, 2) };
  // By hand: [1,1]·W = [3, 0, −2.5], [−1,2]·W = [3, 3, −6.5].
  const phi = await randomFeatures(x, projection);
  expect([...phi.data]).toEqual([3, 0, 0, 3, 3, 0]);
});

test('refuses a width that is no positive integer', () => {
  try {
    randomProjection(4, 0, createRandom(1));
    expect.fail('nothing was thrown');
  } catch (error) {
    expect(isClError(error) && error.code).toBe('INVALID_OPTION');
    expect(String(error)).toMatch(/from 4 to 0 dimensions.*hiddenDim/);
  }
});
