/** L2P, DualPrompt and CODA-Prompt: what they train in a lesson and what they leave as it is. */
import { codaPrompt, dualPrompt, l2p } from '@cl/baselines';
import { createRandom, isClError, resolveOptions, type Learner, type LearnerPlugin } from '@cl/hub';
import { describeLearner } from '@cl/testing/vitest';
import { expect, test } from 'vitest';
import { featuresOf, smallVit, tileStream } from './small-vit.ts';

const backbone = smallVit();
const features = featuresOf(backbone);
const stream = tileStream([2, 2, 2]);
const quick = {
  epochs: 2,
  batchSize: 16,
  learningRate: 0.02,
  headLearningRate: 0.2,
  threads: 1,
} as const;
const pools = { layers: [0, 1], promptLength: 4 } as const;
const experts = {
  generalLayers: [0],
  expertLayers: [1],
  generalLength: 2,
  expertLength: 4,
} as const;

const once = { ...quick, epochs: 1, headLearningRate: 0.5 } as const;
const settings = { backbone: smallVit({ layers: 5 }), features: () => features, stream };
describeLearner(l2p, { ...once, ...pools, poolSize: 4, topK: 2 }, settings);
describeLearner(dualPrompt, { ...once, ...experts }, settings);
describeLearner(codaPrompt, { ...once, ...pools, components: 2, orthogonality: 0.1 }, settings);

async function taught<O extends object>(
  plugin: LearnerPlugin<O>,
  given: object,
  count: number,
): Promise<Learner> {
  const options = await resolveOptions(plugin, { ...quick, ...given });
  const random = createRandom(1);
  const learner = await plugin.create(options, { features, backbone, random });
  for (const experience of stream.experiences.slice(0, count)) await learner.learn(experience);
  return learner;
}

const rowsOf = async (learner: Learner, name: string): Promise<number[][]> => {
  const { dims, data } = (await learner.save()).tensors[name]!;
  const size = data.length / dims[0]!;
  return Array.from({ length: dims[0]! }, (_, i) => [
    ...(data as Float32Array).slice(i * size, (i + 1) * size),
  ]);
};

test('L2P moves the prompts that images take and no others', async () => {
  const given = { ...pools, poolSize: 12, topK: 1 };
  const learner = await taught(l2p, given, 1);
  const before = await rowsOf(learner, 'prompts.0');
  const keysBefore = await rowsOf(learner, 'keys.0');
  await learner.learn(stream.experiences[1]!);
  const moved = (await rowsOf(learner, 'prompts.0')).map((row, i) => !same(row, before[i]!));
  const keysMoved = (await rowsOf(learner, 'keys.0')).map((row, i) => !same(row, keysBefore[i]!));
  expect(moved).toContain(true);
  expect(moved).toContain(false);
  expect(keysMoved).toEqual(moved);
  await learner.dispose();
});

test('DualPrompt trains the expert of the experience and the general prompt, and no earlier expert', async () => {
  const learner = await taught(dualPrompt, experts, 1);
  const [expert, key, general] = await Promise.all(
    ['prompts.1', 'keys.1', 'general.0'].map((name) => rowsOf(learner, name)),
  );
  await learner.learn(stream.experiences[1]!);
  const after = await rowsOf(learner, 'prompts.1');
  expect(after.length).toBe(2);
  expect(after[0]).toEqual(expert![0]);
  expect((await rowsOf(learner, 'keys.1'))[0]).toEqual(key![0]);
  expect(await rowsOf(learner, 'general.0')).not.toEqual(general);
  await learner.dispose();
});

test('CODA-Prompt adds components at right angles to old ones, which stay to the bit', async () => {
  const learner = await taught(codaPrompt, { ...pools, components: 2, learningRate: 0 }, 2);
  for (const name of ['keys.0', 'attention.1', 'prompts.0']) {
    const rows = await rowsOf(learner, name);
    expect(rows.length).toBe(4);
    for (const [i, a] of rows.entries()) {
      for (const [j, b] of rows.entries()) expect(dot(a, b)).toBeCloseTo(i === j ? 1 : 0, 5);
    }
  }
  const trained = await taught(codaPrompt, { ...pools, components: 2 }, 1);
  const before = await rowsOf(trained, 'prompts.1');
  await trained.learn(stream.experiences[1]!);
  expect((await rowsOf(trained, 'prompts.1')).slice(0, 2)).toEqual(before);
  await Promise.all([learner.dispose(), trained.dispose()]);
});

test('tells what it trains: a pool with keys, and the head', async () => {
  const learner = await taught(l2p, { ...pools, layers: [0], poolSize: 3, topK: 1 }, 1);
  // 3 prompts of 4 tokens of width 8, 3 keys of 8, and a head of 8 features and a bias for two classes.
  const { trainableParameters } = await learner.describe!();
  expect(trainableParameters).toBe(3 * 4 * 8 + 3 * 8 + 2 * 9);
  await learner.dispose();
});

test('names a layer that the model does not have, and one that is given two prompts', async () => {
  const error: unknown = await taught(l2p, { layers: [7] }, 0).catch((e: unknown) => e);
  expect(isClError(error) && error.code).toBe('INVALID_OPTION');
  expect(String(error)).toMatch(/l2p: the options name attention layer 7, expected one of the 2/);
  const given = { generalLayers: [0, 1], expertLayers: [1] };
  const twice: unknown = await resolveOptions(dualPrompt, given).catch((e: unknown) => e);
  expect(isClError(twice) && twice.code).toBe('INVALID_OPTION');
  expect(String(twice)).toMatch(/option expertLayers is \[1\]: a layer is general and expert/);
  const odd: unknown = await resolveOptions(codaPrompt, { promptLength: 3 }).catch(
    (e: unknown) => e,
  );
  expect(String(odd)).toMatch(/option promptLength is 3: .*multiple of 2/);
});

const same = (a: readonly number[], b: readonly number[]): boolean => a.every((x, i) => x === b[i]);
const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0);
