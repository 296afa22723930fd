import { linearProbe, type LinearProbeOptions } from '@cl/baselines';
import { createRandom, isClError, resolveOptions, stateTensor, type Learner } from '@cl/hub';
import { faultyFeatures, syntheticFeatures, syntheticStream } from '@cl/testing';
import { describeLearner } from '@cl/testing/vitest';
import { expect, test } from 'vitest';
import { accuracy, wholeOf } from './support.ts';

describeLearner(linearProbe, { mode: 'replay', replayPerClass: 2, epochs: 4, learningRate: 0.1 });

const stream = syntheticStream({ classes: [3, 3, 3], train: 6, test: 8 });
const features = syntheticFeatures();

async function probe(given: Partial<LinearProbeOptions>): Promise<Learner> {
  const options = await resolveOptions(linearProbe, { learningRate: 0.1, ...given });
  return linearProbe.create(options, { features, random: createRandom(1) });
}

async function taught(given: Partial<LinearProbeOptions>, experiences = stream.experiences) {
  const learner = await probe(given);
  for (const experience of experiences) await learner.learn(experience);
  return learner;
}

test('sequential forgets, replay forgets less, joint does not', async () => {
  const old = stream.evaluations[0]!;
  const sequential = await accuracy(await taught({ mode: 'sequential' }), old);
  const replay = await accuracy(await taught({ mode: 'replay', replayPerClass: 2 }), old);
  const joint = await accuracy(await taught({ mode: 'joint' }), old);
  expect(sequential).toBeLessThan(0.5);
  expect(replay).toBeGreaterThan(sequential + 0.3);
  expect(joint).toBeGreaterThan(0.9);
});

// A batch holds all samples, so the order in which they are drawn does not matter.
test('joint after three experiences is what one experience with everything gives', async () => {
  const settings = { epochs: 30, batchSize: 1000, optimizer: 'sgd', learningRate: 1 } as const;
  const joint = await (await taught({ mode: 'joint', ...settings })).save();
  const whole = await (await taught({ mode: 'joint', ...settings }, [wholeOf(stream)])).save();
  const [a, b] = [joint, whole].map((state) => state.tensors['head.weight']!.data as Float32Array);
  expect(joint.classes).toEqual(whole.classes);
  // Weights of order 1 in float32, after 30 steps.
  expect(Math.max(...a!.map((x, i) => Math.abs(x - b![i]!)))).toBeLessThan(1e-5);
});

test('with the softmax over the current classes, old columns stay to the bit', async () => {
  const learner = await probe({ logits: 'current' });
  await learner.learn(stream.experiences[0]!);
  const before = (await learner.save()).tensors['head.weight']!.data.slice(); // [16, 3]
  await learner.learn(stream.experiences[1]!);
  const after = (await learner.save()).tensors['head.weight']!.data; // [16, 6]
  expect([...after].filter((_, i) => i % 6 < 3)).toEqual([...before]);
});

test('replay keeps so many features of each class, and they are those of its samples', async () => {
  const state = await (await taught({ mode: 'replay', replayPerClass: 2, epochs: 1 })).save();
  const labels = stateTensor('test', state, 'kept-labels', ['int32'], [undefined]).data;
  const rows = stateTensor('test', state, 'kept-features', ['float32'], [labels.length, 16]).data;
  expect([...labels].sort((a, b) => a - b)).toEqual(state.classes.flatMap((_, c) => [c, c]));
  const { train } = wholeOf(stream);
  const images = await features.images(train.map(({ image }) => image));
  for (const [i, label] of labels.entries()) {
    const kept = rows.subarray(16 * i, 16 * i + 16);
    const own = train.map(({ classId }, n) => {
      const row = images.data.subarray(16 * n, 16 * n + 16);
      const cosine =
        row.reduce((sum, x, k) => sum + x * kept[k]!, 0) /
        (Math.hypot(...row) * Math.hypot(...kept));
      return classId === state.classes[label]!.id && cosine > 1 - 1e-6;
    });
    expect(own).toContain(true);
  }
});

test('tells how many parameters it trains and what it keeps', async () => {
  const [sequential, replay] = [await taught({}), await taught({ mode: 'replay', epochs: 1 })];
  // 9 classes, 16 features and a bias.
  expect(await sequential.describe!()).toMatchObject({
    trainableParameters: 9 * 17,
    keeps: 'nothing',
  });
  expect((await replay.describe!()).keeps).toBe('features of up to 5 samples of each class');
});

test('refuses current classes together with old samples', async () => {
  const given = { mode: 'joint', logits: 'current' };
  const error: unknown = await resolveOptions(linearProbe, given).catch((e: unknown) => e);
  expect(isClError(error) && error.code).toBe('INVALID_OPTION');
  expect(String(error)).toContain(
    'option logits is "current": old samples have no column among the current classes',
  );
});

test('names the image whose raw features are not finite', async () => {
  const faulty = faultyFeatures(features);
  const experience = stream.experiences[0]!;
  faulty.poisoned.add(experience.train[3]!.image.id);
  const options = await resolveOptions(linearProbe, { features: 'raw' });
  const learner = await linearProbe.create(options, { features: faulty, random: createRandom(1) });
  const error: unknown = await learner.learn(experience).catch((e: unknown) => e);
  expect(isClError(error) && error.code).toBe('NON_FINITE');
  expect(String(error)).toContain(`"${experience.train[3]!.image.id}" hold NaN`);
});

test('refuses a saved memory that lacks a class', async () => {
  const options = await resolveOptions(linearProbe, { mode: 'joint', epochs: 1 });
  const state = await (await taught({ mode: 'joint', epochs: 1 })).save();
  const labels = state.tensors['kept-labels']!;
  const wrong = { ...labels, data: (labels.data as Int32Array).map((c) => Math.max(c, 1)) };
  const tensors = { ...state.tensors, 'kept-labels': wrong } as typeof state.tensors;
  const restored = linearProbe.restore({ ...state, tensors }, options, {
    features,
    random: createRandom(1),
  });
  const error: unknown = await restored.catch((e: unknown) => e);
  expect(isClError(error) && error.code).toBe('CORRUPT_FILE');
  expect(String(error)).toMatch(/keeps samples of 8 classes, expected each of 9/);
});
