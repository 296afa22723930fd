/** EWC and LwF on a linear head: the losses are what the papers say, and they hold what they are to hold. */
import { ewc, linearProbe, lwf } from '@cl/baselines';
import { createRandom, isClError, resolveOptions, type Learner, type LearnerPlugin } from '@cl/hub';
import { syntheticFeatures, syntheticStream } from '@cl/testing';
import { describeLearner } from '@cl/testing/vitest';
import { expect, test } from 'vitest';
import { accuracy } from './support.ts';

describeLearner(ewc, { epochs: 4, learningRate: 0.1 });
describeLearner(lwf, { epochs: 4, learningRate: 0.1 });

const stream = syntheticStream({ classes: [3, 3], train: 6, test: 8 });
const [first, second] = stream.experiences as [
  (typeof stream.experiences)[number],
  (typeof stream.experiences)[number],
];
const features = syntheticFeatures();
const training = { epochs: 10, learningRate: 0.1 } as const;

async function created<O extends object>(
  plugin: LearnerPlugin<O>,
  given: Partial<O>,
): Promise<Learner> {
  const options = await resolveOptions(plugin, given as Record<string, unknown>);
  return plugin.create(options, { features, random: createRandom(1) });
}

async function taught<O extends object>(plugin: LearnerPlugin<O>, given: Partial<O>) {
  const learner = await created(plugin, { ...training, ...given });
  for (const experience of stream.experiences) await learner.learn(experience);
  return learner;
}

const weightOf = async (learner: Learner) =>
  (await learner.save()).tensors['head.weight']!.data as Float32Array;

test('without their penalties both are the sequential linear probe, to the bit', async () => {
  const plain = await weightOf(await taught(linearProbe, {}));
  expect([...(await weightOf(await taught(ewc, { strength: 0 })))]).toEqual([...plain]);
  const distilled = await taught(lwf, { strength: 0, logits: 'all' });
  expect([...(await weightOf(distilled))]).toEqual([...plain]);
});

test('both forget less than the sequential linear probe', async () => {
  const old = stream.evaluations[0]!;
  const sequential = await accuracy(await taught(linearProbe, {}), old);
  expect(await accuracy(await taught(ewc, {}), old)).toBeGreaterThan(sequential);
  expect(await accuracy(await taught(lwf, {}), old)).toBeGreaterThan(sequential);
});

// The definition, by brute force over all labels: F = 1/N Σₙ Σ_y p(y|xₙ) (∂ ln p(y|xₙ)/∂θ)².
test('the importance of a weight is the Fisher information', async () => {
  const learner = await created(ewc, { ...training, features: 'raw' });
  await learner.learn(first);
  const { tensors } = await learner.save();
  const [weight, bias] = [tensors['head.weight']!.data, tensors['head.bias']!.data] as [
    Float32Array,
    Float32Array,
  ];
  const [D, C] = tensors['head.weight']!.dims as [number, number];
  const { rows, data } = await features.images(first.train.map(({ image }) => image));
  const fisher = new Float64Array(D * C);
  for (let n = 0; n < rows; n += 1) {
    const x = data.subarray(n * D, (n + 1) * D);
    const logits = Array.from(bias, (b, c) =>
      x.reduce((z, xd, d) => z + xd * weight[d * C + c]!, b),
    );
    const sum = logits.reduce((total, z) => total + Math.exp(z), 0);
    const p = logits.map((z) => Math.exp(z) / sum);
    for (const [y, likelihood] of p.entries()) {
      for (let i = 0; i < D * C; i += 1) {
        const [d, c] = [Math.floor(i / C), i % C];
        const gradient = x[d]! * ((c === y ? 1 : 0) - p[c]!);
        fisher[i]! += (likelihood * gradient ** 2) / rows;
      }
    }
  }
  const found = tensors['fisher.weight']!.data as Float32Array;
  const largest = Math.max(...fisher);
  expect(largest).toBeGreaterThan(0);
  for (const [i, f] of fisher.entries()) {
    expect(Math.abs(found[i]! - f) / largest).toBeLessThan(1e-5); // float32
  }
});

test('a decay of 0 keeps the importance of the last experience only', async () => {
  const learner = await created(ewc, { ...training, decay: 0 });
  for (const experience of stream.experiences) await learner.learn(experience);
  const kept = (await learner.save()).tensors['fisher.bias']!.data as Float32Array;
  const longer = await created(ewc, { ...training, decay: 1 });
  await longer.learn(first);
  const before = (await longer.save()).tensors['fisher.bias']!.data as Float32Array;
  await longer.learn(second);
  const summed = (await longer.save()).tensors['fisher.bias']!.data as Float32Array;
  // The first step of the second training is the same with both; afterwards the pull is, too: F of the first.
  for (const [c, f] of before.entries()) expect(summed[c]! - kept[c]!).toBeCloseTo(f, 6);
});

test('a strong distillation keeps the old answers on the new images', async () => {
  const images = second.train.map(({ image }) => image);
  const drift = async (strength: number): Promise<number> => {
    const learner = await created(lwf, { ...training, strength, epochs: 40 });
    await learner.learn(first);
    const candidates = first.classes;
    const before = softmax((await learner.predict(images, { candidates })).values, 3);
    await learner.learn(second);
    const after = softmax((await learner.predict(images, { candidates })).values, 3);
    return Math.max(...after.map((p, i) => Math.abs(p - before[i]!)));
  };
  // The cross-entropy is over the new classes only, so nothing but the distillation reaches old columns.
  expect(await drift(0)).toBe(0);
  expect(await drift(10)).toBeLessThan(0.05);
});

test('names an option that is out of range', async () => {
  const error: unknown = await resolveOptions(ewc, { decay: 2 }).catch((e: unknown) => e);
  expect(isClError(error) && error.code).toBe('INVALID_OPTION');
  expect(String(error)).toMatch(/learner "ewc": option decay is 2: .*<=1/);
  const cold: unknown = await resolveOptions(lwf, { temperature: 0 }).catch((e: unknown) => e);
  expect(String(cold)).toMatch(/learner "lwf": option temperature is 0: .*>0/);
});

function softmax(values: ArrayLike<number>, cols: number): number[] {
  const e = Array.from(values, Math.exp);
  return e.map((x, i) => {
    const row = Math.floor(i / cols) * cols;
    return x / e.slice(row, row + cols).reduce((a, b) => a + b);
  });
}
