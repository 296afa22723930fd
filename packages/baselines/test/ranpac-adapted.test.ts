/** RanPAC's first-session adaptation: trained once, on the first experience. */
import { ranpac, ranpacAdapted, type RanpacAdaptedOptions } from '@cl/baselines';
import { createRandom, isClError, resolveOptions, type Learner } from '@cl/hub';
import { describeLearner } from '@cl/testing/vitest';
import { expect, test } from 'vitest';
import { featuresOf, smallVit, tileStream } from './small-vit.ts';

const backbone = smallVit();
const features = featuresOf(backbone);
const stream = tileStream([2, 2, 2]);
const quick = {
  hiddenDim: 24,
  lambda: 'fixed',
  promptLength: 4,
  epochs: 2,
  batchSize: 16,
  threads: 1,
} as const;

describeLearner(ranpacAdapted, quick, {
  backbone,
  features: () => features,
  stream,
  exceptions: {
    'refuses features that are NaN and stays as it was': 'It reads pixels and no features.',
  },
});

async function taught(given: Partial<RanpacAdaptedOptions>, count: number): Promise<Learner> {
  const options = await resolveOptions(ranpacAdapted, { ...quick, ...given });
  const learner = await ranpacAdapted.create(options, {
    features,
    backbone,
    random: createRandom(1),
  });
  for (const experience of stream.experiences.slice(0, count)) await learner.learn(experience);
  return learner;
}

const prefixesOf = async (learner: Learner): Promise<number[][]> => {
  const { tensors } = await learner.save();
  return ['prefix.0', 'prefix.1'].map((name) => [...(tensors[name]!.data as Float32Array)]);
};

test('trains prefixes on the first experience and leaves them alone from then on', async () => {
  const still = await taught({ learningRate: 0 }, 1);
  const learner = await taught({}, 1);
  const [before, first] = [await prefixesOf(still), await prefixesOf(learner)];
  expect(first).not.toEqual(before);
  await learner.learn(stream.experiences[1]!);
  expect(await prefixesOf(learner)).toEqual(first);
  expect(await learner.describe!()).toMatchObject({
    trainableParameters: 2 * 4 * 8 + 4 * 24, // prefixes of two layers, sums of four classes
    keeps: expect.stringContaining('prefixes from the first experience') as string,
  });
  await Promise.all([still.dispose(), learner.dispose()]);
});

test('then is RanPAC: one seed gives both the same hidden layer, and other features', async () => {
  const learner = await taught({}, 2);
  const options = await resolveOptions(ranpac, { hiddenDim: 24, lambda: 'fixed' });
  const plain = await ranpac.create(options, { features, random: createRandom(1) });
  for (const experience of stream.experiences.slice(0, 2)) await plain.learn(experience);
  const images = stream.evaluations.slice(0, 2).flatMap(({ test: own }) => own.map((s) => s.image));
  const [a, b] = [await learner.save(), await plain.save()];
  expect(a.values).toEqual(b.values);
  const [ours, theirs] = [await learner.predict(images), await plain.predict(images)];
  expect(ours.classes).toEqual(theirs.classes);
  expect(ours.values).not.toEqual(theirs.values);
  await learner.dispose();
});

test('refuses a layer that the tower does not have, before anything is learned', async () => {
  const error: unknown = await taught({ layers: [7] }, 0).catch((e: unknown) => e);
  expect(isClError(error) && error.code).toBe('INVALID_OPTION');
  expect(String(error)).toContain(
    'ranpac-adapted: the options name attention layer 7, expected one of the 2 of the model, from 0.',
  );
});
