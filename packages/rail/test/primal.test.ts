/** The properties of the primal form (papers: RAIL theorem 1, ACIL theorem 3.1) against plain arithmetic. */
import { createRandom, isClError } from '@cl/hub';
import { randomProjection } from '@cl/linalg';
import { hiddenLayer, PrimalRidge, type LabelledFeatures, type PrimalMemory } from '@cl/rail';
import { expect, test } from 'vitest';
import {
  at,
  dense,
  domain,
  identity,
  inverse,
  joined,
  minus,
  oneHot,
  plus,
  reLU,
  scaled,
  slice,
  times,
  transposed,
  worstDifference,
  type Dense,
} from './naive.ts';

const [d, hiddenDim, ridge, classes] = [10, 60, 0.1, 6];
const projection = randomProjection(d, hiddenDim, createRandom('hidden'), 'float64');
const blocks = [
  domain('a', 30, d, 0, 2),
  domain('b', 24, d, 2, 3),
  domain('c', 36, d, 5, 1),
] as const;
const all = joined(blocks);
const phi = reLU(times(all.features, projection));
const targets = oneHot(all.labels, classes);
const joint = times(
  inverse(plus(times(transposed(phi), phi), scaled(identity(hiddenDim), ridge))),
  times(transposed(phi), targets),
);
/** Float64: sums of some hundred terms of order 1, a condition of about 1e4. */
const tolerance = 1e-10;

const make = (
  memory: PrimalMemory,
  lambda = ridge,
  precision: 'float32' | 'float64' = 'float64',
) => {
  const weights = precision === 'float64' ? projection.data : Float32Array.from(projection.data);
  const map = hiddenLayer(hiddenDim, precision, { ...projection, data: weights });
  return new PrimalRidge({ map, ridge: lambda, precision, memory });
};
async function taught(
  parts: readonly LabelledFeatures[],
  memory: PrimalMemory = 'statistics',
): Promise<PrimalRidge> {
  const primal = make(memory);
  let seen = 0;
  for (const part of parts) {
    seen = Math.max(seen, ...part.labels.map((label) => label + 1));
    await primal.add(part, seen);
  }
  return primal;
}

/** The authors' recursion: R by Woodbury updates, W by corrections, columns of zeros for new classes. */
function recursion(batches: readonly LabelledFeatures[]): { weights: Dense; inverses: Dense[] } {
  let R = scaled(identity(hiddenDim), 1 / ridge);
  let W = dense(hiddenDim, 0, () => 0);
  const inverses = [R];
  for (const { features, labels } of batches) {
    const known = W;
    const width = Math.max(known.cols, ...labels.map((label) => label + 1));
    const F = reLU(times(features, projection));
    const RFt = times(R, transposed(F));
    const S = plus(identity(F.rows), times(F, RFt));
    R = minus(R, times(times(RFt, inverse(S)), transposed(RFt)));
    W = dense(hiddenDim, width, (i, c) => (c < known.cols ? at(known, i, c) : 0));
    const residual = minus(oneHot(labels, width), times(F, W));
    W = plus(W, times(times(R, transposed(F)), residual));
    inverses.push(R);
  }
  return { weights: W, inverses };
}
const batches = blocks.flatMap(({ features, labels }) =>
  [0, 1, 2].map((b) => {
    const size = features.rows / 3;
    return {
      features: slice(features, b * size, (b + 1) * size),
      labels: labels.slice(b * size, (b + 1) * size),
    };
  }),
);

test('1: the recursion over tasks with growing classes gives the joint ridge solution, and ours is both', async () => {
  const { weights } = recursion(batches);
  expect(worstDifference(weights, joint)).toBeLessThan(1e-6);
  const ours = await (await taught(blocks)).weights();
  expect(worstDifference(ours, weights)).toBeLessThan(1e-6);
});

test.each(['auto', 'statistics', 'features'] as const)(
  '2: memory %s, so sums and Cholesky or the dual space, gives the joint ridge solution after every domain',
  async (memory) => {
    const primal = make(memory);
    for (const [t, block] of blocks.entries()) {
      const seen = [2, 5, 6][t]!;
      await primal.add(block, seen);
      const { features, labels } = joined(blocks.slice(0, t + 1));
      const F = reLU(times(features, projection));
      const K = plus(times(F, transposed(F)), scaled(identity(F.rows), ridge));
      const dual = times(transposed(F), times(inverse(K), oneHot(labels, seen)));
      expect(worstDifference(await primal.weights(), dual)).toBeLessThan(tolerance);
    }
    expect(worstDifference(await primal.weights(), joint)).toBeLessThan(tolerance);
    expect(primal.kept === undefined).toBe(memory !== 'features'); // 90 samples, 60 hidden units
  },
);

test('3: the order of domains does not matter', async () => {
  const [a, b, c] = blocks;
  const primal = make('statistics');
  for (const block of [c, a, b]) await primal.add(block, classes);
  expect(worstDifference(await primal.weights(), joint)).toBeLessThan(tolerance);
});

test('4: neither batches nor the order of samples matter, down to single samples', async () => {
  const order = createRandom('order').permutation(all.labels.length);
  const singles = order.map((i) => ({
    features: slice(all.features, i, i + 1),
    labels: all.labels.slice(i, i + 1),
  }));
  for (const memory of ['statistics', 'auto'] as const) {
    const primal = make(memory);
    for (const single of singles) await primal.add(single, classes);
    expect(worstDifference(await primal.weights(), joint)).toBeLessThan(tolerance);
  }
});

test('5: classes that appear later give what classes known from the start give', async () => {
  const fromTheStart = make('statistics');
  for (const block of blocks) await fromTheStart.add(block, classes);
  const growing = await taught(blocks);
  expect((await growing.weights()).data).toEqual((await fromTheStart.weights()).data);
});

test('8: the gradient of the objective is zero: Φᵀ(ΦW − Y) + λW = 0', async () => {
  const W = await (await taught(blocks)).weights();
  const residual = minus(times(phi, W), targets);
  const gradient = plus(times(transposed(phi), residual), scaled(W, ridge));
  expect(worstDifference(gradient, scaled(gradient, 0))).toBeLessThan(tolerance);
});

test('9: weights vanish as λ grows, and training targets are met as it shrinks with few samples', async () => {
  const [few] = blocks; // 30 samples, 60 hidden units
  const strong = make('auto', 1e9);
  await strong.add(few, 2);
  expect(Math.max(...(await strong.weights()).data.map(Math.abs))).toBeLessThan(1e-6);
  const weak = make('auto', 1e-9);
  await weak.add(few, 2);
  const met = await weak.scores(few.features);
  expect(worstDifference(met, oneHot(few.labels, 2))).toBeLessThan(1e-5);
});

test('14: the R that sums imply stays symmetric and positive definite, and its trace never grows', () => {
  const { inverses } = recursion(batches);
  let before = Infinity;
  for (const R of inverses) {
    expect(worstDifference(R, transposed(R))).toBeLessThan(1e-9);
    const trace = Array.from({ length: hiddenDim }, (_, i) => at(R, i, i)).reduce((a, b) => a + b);
    expect(trace).toBeLessThanOrEqual(before);
    before = trace;
  }
  const G = times(transposed(phi), phi);
  const implied = inverse(plus(G, scaled(identity(hiddenDim), ridge)));
  expect(worstDifference(inverses.at(-1)!, implied)).toBeLessThan(1e-9);
});

/** Float32 rounds to 6e-8; sums over 90 samples and a condition of 1e4 leave scores of order 1 within this. */
const float32Tolerance = 5e-3;

test('16: a float32 state predicts what a float64 one predicts, and says when it can no longer', async () => {
  const test = domain('test', 20, d, 0, 2).features;
  const expected = await (await taught(blocks)).scores(test);
  for (const memory of ['statistics', 'auto'] as const) {
    const single = make(memory, ridge, 'float32');
    for (const block of blocks) await single.add(block, classes);
    const scores = await single.scores(test);
    expect(scores.data).toBeInstanceOf(Float32Array);
    expect(worstDifference(scores, expected)).toBeLessThan(float32Tolerance);
  }
  // Sixty equal samples and a λ far below the rounding of the sums: not definite to working precision.
  const same = {
    features: dense(60, d, (_, k) => (k === 0 ? 1 : 0)),
    labels: new Int32Array(60),
  };
  const hopeless = make('features', 1e-30, 'float32');
  const error: unknown = await hopeless.add(same, 1).catch((reason: unknown) => reason);
  expect(isClError(error) && error.code).toBe('NOT_POSITIVE_DEFINITE');
  expect(hopeless.counts).toEqual([]); // it learned nothing
});
