/** What fusion does to a whole stream, and what the learner keeps, gives away and takes back. */
import {
  candidatesFor,
  classesOf,
  createRandom,
  isClError,
  resolveOptions,
  type Learner,
  type Scores,
} from '@cl/hub';
import { rail, type RailOptions } from '@cl/rail';
import { syntheticFeatures, syntheticStream } from '@cl/testing';
import { createZeroShot, unitFeatures } from '@cl/zero-shot';
import { expect, test } from 'vitest';

const stream = syntheticStream({ classes: [4, 3, 5], train: 6, test: 8 });
const features = syntheticFeatures({ textNoise: 2.5, noise: 0.8 }); // names that often mislead
const everything = classesOf(stream.evaluations);
const imagesOf = (j: number) => stream.evaluations[j]!.test.map(({ image }) => image);

async function created(options: Partial<RailOptions> = {}): Promise<Learner> {
  const all = await resolveOptions(rail, { hiddenDim: 64, precision: 'float64', ...options });
  return rail.create(all, { features, random: createRandom(5) });
}
async function taught(count: number, options: Partial<RailOptions> = {}): Promise<Learner> {
  const learner = await created(options);
  for (const experience of stream.experiences.slice(0, count)) await learner.learn(experience);
  return learner;
}
async function zeroShot(j: number, candidates = everything): Promise<Float32Array> {
  const unit = await unitFeatures(features, imagesOf(j));
  return (await createZeroShot(features).probabilities(unit, candidates)).data;
}
const rowOf = ({ values, classes }: Scores, i: number): number[] => [
  ...values.slice(i * classes.length, (i + 1) * classes.length),
];
function accuracy(scores: Scores, j: number): number {
  const hits = stream.evaluations[j]!.test.filter(({ classId }, i) => {
    const row = rowOf(scores, i);
    return scores.classes[row.indexOf(Math.max(...row))]!.id === classId;
  });
  return hits.length / scores.sources.length;
}

test.each(['primal', 'dual'] as const)(
  '10: %s leaves images of unseen classes to zero-shot, to the bit',
  async (form) => {
    const learner = await taught(1, { form });
    let outside = 0;
    for (const j of [0, 1, 2]) {
      const scores = await learner.predict(imagesOf(j), { candidates: everything });
      const expected = await zeroShot(j);
      scores.sources.forEach((source, i) => {
        const own = [...expected.slice(i * 12, (i + 1) * 12)];
        const learned = own.indexOf(Math.max(...own)) < 4; // the first domain has four classes
        expect(source).toBe(learned ? 'fused' : 'zero-shot');
        if (!learned) expect(rowOf(scores, i)).toEqual(own);
        if (!learned) outside += 1;
      });
    }
    expect(outside).toBeGreaterThan(20);
  },
);

test('11: accuracy on unseen domains differs from zero-shot only through images taken for seen ones', async () => {
  const learner = await taught(1);
  let all = 0;
  for (const j of [1, 2]) {
    const scores = await learner.predict(imagesOf(j), { candidates: everything });
    const plain = await created();
    const before = await plain.predict(imagesOf(j), { candidates: everything });
    const mistaken = scores.sources.filter((source) => source === 'fused').length;
    const difference = Math.abs(accuracy(scores, j) - accuracy(before, j)) * scores.sources.length;
    expect(difference).toBeLessThanOrEqual(mistaken);
    all += mistaken;
  }
  expect(all).toBeGreaterThan(0);
});

test('11: told the domain (MTIL), Transfer is exactly zero-shot', async () => {
  const mtil = syntheticStream({ scenario: 'mtil', classes: [4, 3, 5], train: 6, test: 8 });
  const learner = await taught(1);
  for (const j of [1, 2]) {
    const candidates = candidatesFor(mtil, 0, j)!;
    expect(candidates.map(({ id }) => id)).toEqual(
      stream.evaluations[j]!.classes.map(({ id }) => id),
    );
    const scores = await learner.predict(imagesOf(j), { candidates });
    expect([...scores.values]).toEqual([...(await zeroShot(j, [...candidates]))]);
    expect(new Set(scores.sources)).toEqual(new Set(['zero-shot']));
  }
  const seen = await learner.predict(imagesOf(0), { candidates: candidatesFor(mtil, 0, 0)! });
  expect(new Set(seen.sources)).toEqual(new Set(['fused']));
});

test('12: weight 0 is zero-shot for all, weight 1 the adapter alone on images of seen classes', async () => {
  const options = { candidates: everything };
  const none = await (await taught(2, { adapterWeight: 0 })).predict(imagesOf(0), options);
  expect([...none.values]).toEqual([...(await zeroShot(0))]);
  expect(new Set(none.sources)).toEqual(new Set(['zero-shot']));
  const only = await (await taught(2, { adapterWeight: 1 })).predict(imagesOf(0), options);
  const mixed = await (await taught(2, { adapterWeight: 0.5 })).predict(imagesOf(0), options);
  const z = await zeroShot(0);
  only.sources.forEach((source, i) => {
    expect(mixed.sources[i]).toBe(source === 'adapter' ? 'fused' : 'zero-shot');
    rowOf(only, i).forEach((s, c) => {
      const expected = source === 'adapter' ? (s + z[i * 12 + c]!) / 2 : z[i * 12 + c]!;
      expect(rowOf(mixed, i)[c]).toBeCloseTo(expected, 12);
    });
  });
  expect(only.sources).toContain('adapter');
});

test('13: the hidden layer follows from a seed and is not in the saved state', async () => {
  const learner = await taught(2, { memory: 'statistics' });
  const state = await learner.save();
  expect(Object.keys(state.tensors).sort()).toEqual(['class-sums', 'counts', 'gram']);
  expect(state.tensors['gram']).toMatchObject({ dtype: 'float64', dims: [(64 * 65) / 2] });
  const all = await resolveOptions(rail, {
    hiddenDim: 64,
    precision: 'float64',
    memory: 'statistics',
  });
  const other = await rail.restore(state, all, { features, random: createRandom('another') });
  const ask = async (one: Learner) => (await one.predict(imagesOf(0))).values;
  expect(await ask(other)).toEqual(await ask(learner));
});

test('says truly what it keeps', () => {
  const promises = (options: Partial<RailOptions>) =>
    rail.capabilities({ ...rail.defaults, ...options }).exemplarFree;
  expect(promises({})).toBe(false); // features, while they are fewer than hidden units
  expect(promises({ memory: 'features' })).toBe(false);
  expect(promises({ memory: 'statistics' })).toBe(true);
  expect(promises({ memory: 'statistics', form: 'dual' })).toBe(false);
});

test('kept features hold a fraction of what sums hold', async () => {
  const bytes = async (memory: RailOptions['memory']) => {
    const { tensors } = await (await taught(3, { memory, hiddenDim: 256 })).save();
    return Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0);
  };
  expect(await bytes('auto')).toBeLessThan((await bytes('statistics')) / 10);
});

test('unlearns a class from kept features, and from sums only by its samples, as it says', async () => {
  const { id } = stream.experiences[0]!.classes[1]!;
  const learner = await taught(2, { memory: 'statistics' });
  const request = { kind: 'class', classId: id } as const;
  const error: unknown = await learner.unlearn!(request).catch((reason: unknown) => reason);
  expect(isClError(error) && error.code).toBe('NOT_SUPPORTED');
  expect(String(error)).toMatch(/kind "samples".*memory "features"/);
  const samples = stream.experiences[0]!.train.filter(({ classId }) => classId === id);
  await learner.unlearn!({ kind: 'samples', samples });
  const kept = await taught(2, { memory: 'features' });
  await kept.unlearn!(request);
  const ids = ({ classes }: Learner) => classes.map((info) => info.id);
  expect(ids(learner)).toEqual(ids(kept));
  expect(ids(learner)).not.toContain(id);
  const [a, b] = [await learner.predict(imagesOf(0)), await kept.predict(imagesOf(0))];
  a.values.forEach((value, i) => expect(value).toBeCloseTo(b.values[i]!, 9));
});

test('refuses to unlearn what it did not learn', async () => {
  const [first] = stream.experiences[2]!.train;
  const fresh = { ...first!, classId: stream.experiences[0]!.classes[0]!.id };
  const attempt = async (memory: RailOptions['memory'], samples: readonly (typeof fresh)[]) => {
    const learner = await taught(2, { memory });
    const request = { kind: 'samples', samples } as const;
    const error: unknown = await learner.unlearn!(request).catch((reason: unknown) => reason);
    return isClError(error) ? `${error.code} ${error.message}` : 'nothing was thrown';
  };
  expect(await attempt('features', [fresh])).toMatch(/^INVALID_DATA .* that was learned/);
  expect(await attempt('statistics', [first!])).toMatch(/^UNKNOWN_CLASS .* expected a class/);
  const often = Array.from({ length: 100 }, () => fresh);
  expect(await attempt('statistics', often)).toMatch(/^INVALID_DATA .*100 samples.*at most/);
});

test('refuses to merge learners of different options or hidden layers, naming what differs', async () => {
  const learner = await taught(1);
  const attempt = async (other: Learner) => {
    const error: unknown = await learner.merge!(other).catch((reason: unknown) => reason);
    return isClError(error) ? `${error.code} ${error.message}` : 'nothing was thrown';
  };
  expect(await attempt(await taught(1, { ridge: 7 }))).toMatch(/^INVALID_DATA .*ridge: found 7/);
  const options = await resolveOptions(rail, { hiddenDim: 64, precision: 'float64' });
  const seed = await rail.create(options, { features, random: createRandom(6) });
  expect(await attempt(seed)).toMatch(/^INVALID_DATA .*hiddenLayer/);
});

test('the paper’s presets are the authors’ settings', async () => {
  const paper = await resolveOptions(rail, {}, 'paper');
  expect(paper).toMatchObject({
    form: 'primal',
    hiddenDim: 15_000,
    ridge: 0.1,
    adapterWeight: 0.8,
    memory: 'statistics',
    templates: ['a photo of a {}.'],
  });
  const dual = await resolveOptions(rail, {}, 'paper-dual');
  expect(dual).toMatchObject({ form: 'dual', kernel: 'rbf', gamma: 0.1, dualRidge: 0.001 });
});

// #region example
test('learns a domain and answers about it, and about what it never saw', async () => {
  const options = await resolveOptions(rail, { hiddenDim: 64 });
  const learner = await rail.create(options, { features, random: createRandom(42) });
  await learner.learn(stream.experiences[0]!);
  const { classes, sources } = await learner.predict(imagesOf(1), { candidates: everything });
  expect(classes).toHaveLength(12);
  expect(sources).toContain('zero-shot');
});
// #endregion example
