import { fineTuning, type FineTuningOptions } from '@cl/baselines';
import { createRandom, isClError, resolveOptions, type Learner } from '@cl/hub';
import { describeLearner } from '@cl/testing/vitest';
import { openImageModel } from '@cl/training';
import { expect, test } from 'vitest';
import { featuresOf, smallVit, tileStream } from './small-vit.ts';
import { accuracy } from './support.ts';

const backbone = smallVit();
const features = featuresOf(backbone);
const longer = { epochs: 20, learningRate: 0.01, headLearningRate: 0.05 } as const;
const stream = tileStream([2, 2, 2]);
const quick = {
  epochs: 2,
  batchSize: 16,
  learningRate: 0.02,
  headLearningRate: 0.2,
  threads: 1,
} as const;

describeLearner(
  fineTuning,
  { ...quick, epochs: 1, headLearningRate: 0.5, logits: 'current' },
  {
    backbone,
    features: () => features,
    stream,
    exceptions: {
      'refuses features that are NaN and stays as it was': 'It reads pixels and no features.',
    },
  },
);

async function taught(given: Partial<FineTuningOptions>, count = 2): Promise<Learner> {
  const options = await resolveOptions(fineTuning, { ...quick, ...given });
  const random = createRandom(1);
  const learner = await fineTuning.create(options, { features, backbone, random });
  for (const experience of stream.experiences.slice(0, count)) await learner.learn(experience);
  return learner;
}

test('trains every weight of the backbone, which itself stays as it was', async () => {
  const { weights } = await openImageModel(backbone);
  const before = new Map(
    [...weights].map(([name, { data }]) => [name, [...(data as Float32Array)]]),
  );
  const learner = await taught({}, 1);
  const { tensors } = await learner.save();
  for (const [name, values] of before) {
    expect([...(weights.get(name)!.data as Float32Array)]).toEqual(values);
    expect([...(tensors[name]!.data as Float32Array)]).not.toEqual(values);
  }
  const head = 2 * 8 + 2; // two classes, features of width 8
  const own = [...before.values()].reduce((sum, { length }) => sum + length, 0);
  expect(await learner.describe!()).toMatchObject({
    trainableParameters: own + head,
    keeps: 'all weights of the backbone',
  });
  await learner.dispose();
});

test('learns what it is shown, and forgets it when it is shown something else', async () => {
  const first = stream.evaluations[0]!;
  const once = await taught({ ...longer }, 1);
  expect(await accuracy(once, first)).toBe(1);
  const twice = await taught({ ...longer }, 2);
  expect(await accuracy(twice, first)).toBeLessThanOrEqual(0.5);
  await Promise.all([once.dispose(), twice.dispose()]);
});

test('with the softmax over the current classes, old columns of the head stay to the bit', async () => {
  const learner = await taught({ logits: 'current' }, 1);
  const before = (await learner.save()).tensors['head.bias']!.data;
  await learner.learn(stream.experiences[1]!);
  const after = (await learner.save()).tensors['head.bias']!.data;
  expect([...after.slice(0, 2)]).toEqual([...before]);
  await learner.dispose();
});

test('says that it needs a backbone that can be opened', async () => {
  const options = await resolveOptions(fineTuning, quick as Record<string, unknown>);
  const made = fineTuning.create(options, { features, random: createRandom(1) });
  const error: unknown = await made.catch((e: unknown) => e);
  expect(isClError(error) && error.code).toBe('INCOMPATIBLE_PLUGINS');
  expect(String(error)).toMatch(/fine-tuning: found a context without a backbone/);
});
