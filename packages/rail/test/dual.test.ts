/** The properties of the dual form (RAIL theorem 2) against plain arithmetic. */
import { cholesky } from '@cl/linalg';
import { hiddenLayer, KernelRidge, kernelOf, PrimalRidge } from '@cl/rail';
import { expect, test } from 'vitest';
import {
  at,
  dense,
  domain,
  identity,
  inverse,
  joined,
  oneHot,
  plus,
  scaled,
  times,
  transposed,
  worstDifference,
} from './naive.ts';

const [d, gamma, ridge] = [10, 0.1, 0.001];
const blocks = [domain('a', 40, d, 0, 2), domain('b', 24, d, 2, 3), domain('c', 36, d, 5, 1)];
const seen = [2, 5, 6];
const rbf = kernelOf('rbf', gamma, d, 'float64');
/** Float64 with a condition of about 1e5. */
const tolerance = 1e-8;

const kernel = dense(100, 100, (i, j) => {
  const { features } = joined(blocks);
  let squares = 0;
  for (let k = 0; k < d; k += 1) squares += (at(features, i, k) - at(features, j, k)) ** 2;
  return Math.exp(-gamma * squares);
});

test('6: with a linear kernel it predicts what the primal form without a hidden layer predicts', async () => {
  const linear = kernelOf('linear', gamma, d, 'float64');
  const dual = new KernelRidge({ map: linear, ridge: 0.1, precision: 'float64' });
  const map = hiddenLayer(d, 'float64');
  const primal = new PrimalRidge({ map, ridge: 0.1, precision: 'float64', memory: 'statistics' });
  for (const [t, block] of blocks.entries()) {
    await dual.add(block, seen[t]!);
    await primal.add(block, seen[t]!);
  }
  const images = domain('test', 20, d, 0, 3).features;
  const difference = worstDifference(await dual.scores(images), await primal.scores(images));
  expect(difference).toBeLessThan(1e-11);
});

test('over the kernel of a hidden layer it predicts what the primal form with that layer predicts', async () => {
  const projection = domain('projection', d, 30, 0, 1).features;
  const map = hiddenLayer(30, 'float64', projection);
  const options = { map, ridge: 0.1, precision: 'float64' } as const;
  const dual = new KernelRidge(options);
  const primal = new PrimalRidge({ ...options, memory: 'statistics' });
  await dual.add(joined(blocks), 6);
  await primal.add(joined(blocks), 6);
  const images = domain('test', 20, d, 0, 3).features;
  const difference = worstDifference(await dual.scores(images), await primal.scores(images));
  expect(difference).toBeLessThan(1e-11);
});

test('7: the factor grown by blocks is the factor of the whole kernel, and α and scores equal a batch solve', async () => {
  const grown = new KernelRidge({ map: rbf, ridge, precision: 'float64' });
  for (const [t, block] of blocks.entries()) await grown.add(block, seen[t]!);
  const alpha = times(
    inverse(plus(kernel, scaled(identity(100), ridge))),
    oneHot(joined(blocks).labels, 6),
  );
  expect(worstDifference(await grown.coefficients(), alpha)).toBeLessThan(tolerance);
  const batch = new KernelRidge({ map: rbf, ridge, precision: 'float64' });
  await batch.add(joined(blocks), 6);
  const images = domain('test', 20, d, 0, 3).features;
  const difference = worstDifference(await grown.scores(images), await batch.scores(images));
  expect(difference).toBeLessThan(tolerance);
  // The same steps on the factor itself: L of the blocks against L of the whole.
  const part = (r0: number, r1: number, c0: number, c1: number) =>
    dense(r1 - r0, c1 - c0, (i, j) => at(kernel, r0 + i, c0 + j));
  let factor = await cholesky(part(0, 40, 0, 40), { ridge });
  factor = await factor.extend(part(40, 64, 0, 40), part(40, 64, 40, 64));
  factor = await factor.extend(part(64, 100, 0, 64), part(64, 100, 64, 100));
  const whole = await cholesky(kernel, { ridge });
  expect(worstDifference(factor.lower, whole.lower)).toBeLessThan(1e-12);
});

test('5: classes that appear later leave the coefficients of earlier ones as if known from the start', async () => {
  const growing = new KernelRidge({ map: rbf, ridge, precision: 'float64' });
  const fromTheStart = new KernelRidge({ map: rbf, ridge, precision: 'float64' });
  for (const [t, block] of blocks.entries()) {
    await growing.add(block, seen[t]!);
    await growing.coefficients(); // asked in between or not
    await fromTheStart.add(block, 6);
  }
  expect((await growing.coefficients()).data).toEqual((await fromTheStart.coefficients()).data);
});

test('15: the RBF kernel is symmetric with a diagonal of ones, in (0, 1], and exp(−2γ(1 − x·y)) on unit vectors', async () => {
  const { features } = joined(blocks);
  const lifted = await rbf.lift(features);
  const K = await rbf.product(lifted, lifted);
  expect(worstDifference(K, transposed(K))).toBe(0);
  const cosines = times(features, transposed(features));
  const formula = dense(100, 100, (i, j) => Math.exp(-2 * gamma * (1 - at(cosines, i, j))));
  expect(worstDifference(K, formula)).toBeLessThan(1e-14);
  expect(Math.max(...K.data)).toBe(1);
  expect(Math.min(...K.data)).toBeGreaterThan(0);
  for (let i = 0; i < 100; i += 1) expect(at(K, i, i)).toBe(1);
});
