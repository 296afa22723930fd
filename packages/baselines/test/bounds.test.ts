/** What the baselines are for: RAIL's adapter is the joint solution, and nearest means are plain arithmetic. */
import { jointRidge, nearestMean, zeroShot } from '@cl/baselines';
import {
  classesOf,
  createRandom,
  isClError,
  resolveOptions,
  type LearnerPlugin,
  type Scores,
} from '@cl/hub';
import { rail } from '@cl/rail';
import { syntheticFeatures, syntheticStream } from '@cl/testing';
import { expect, test } from 'vitest';

const stream = syntheticStream({ classes: [4, 3, 5], train: 6, test: 8, revisit: true });
const features = syntheticFeatures();
const images = stream.evaluations.flatMap(({ test }) => test.map(({ image }) => image));
const everything = classesOf(stream.evaluations);

async function created<O extends object>(plugin: LearnerPlugin<O>, given: Partial<O>) {
  const options = await resolveOptions(plugin, given as Record<string, unknown>);
  return plugin.create(options, { features, random: createRandom(3) });
}

/** Float64; W is of order 1 and the condition of the system about 1e4. */
const tolerance = 1e-9;
const worst = (a: Scores, b: Scores): number => {
  expect(a.classes).toEqual(b.classes);
  return Math.max(...Array.from(a.values, (value, i) => Math.abs(value - b.values[i]!)));
};

// Some 130 samples: 256 hidden units solve over samples, 48 over units; RAIL grows a factor, sums, or turns from one
// to the other on the way.
test.each([
  [256, 'auto'],
  [256, 'statistics'],
  [48, 'auto'],
  [48, 'statistics'],
] as const)(
  'RAIL’s adapter with %i hidden units and memory %s is joint ridge after every experience',
  async (hiddenDim, memory) => {
    const options = { hiddenDim, ridge: 0.03, precision: 'float64' } as const;
    const adapter = await created(rail, { ...options, memory, adapterWeight: 1 });
    const joint = await created(jointRidge, options);
    const fused = await created(rail, { ...options, memory });
    const jointFused = await created(jointRidge, { ...options, adapterWeight: 0.8 });
    for (const experience of stream.experiences) {
      for (const learner of [adapter, joint, fused, jointFused]) await learner.learn(experience);
      // Among seen classes every image is in distribution, so RAIL answers with its adapter alone.
      const difference = worst(await adapter.predict(images), await joint.predict(images));
      expect(difference).toBeLessThan(tolerance);
      const candidates = { candidates: everything };
      const [a, b] = [
        await fused.predict(images, candidates),
        await jointFused.predict(images, candidates),
      ];
      expect(a.sources).toEqual(b.sources);
      expect(worst(a, b)).toBeLessThan(tolerance);
    }
  },
);

test.each([256, 48])(
  'joint ridge on %i hidden units gives the same bits whether or not it was asked in between',
  async (hiddenDim) => {
    const [asked, silent] = [
      await created(jointRidge, { hiddenDim }),
      await created(jointRidge, { hiddenDim }),
    ];
    for (const experience of stream.experiences) {
      for (const learner of [asked, silent]) await learner.learn(experience);
      await asked.predict(images);
    }
    const [a, b] = [await asked.predict(images), await silent.predict(images)];
    expect([...a.values]).toEqual([...b.values]);
  },
);

test('RAIL answers for classes that nobody learned exactly as zero-shot does', async () => {
  const learner = await created(rail, { hiddenDim: 32 });
  await learner.learn(stream.experiences[0]!);
  const unseen = { candidates: stream.experiences[1]!.classes };
  const baseline = await created(zeroShot, {});
  const [a, b] = [await learner.predict(images, unseen), await baseline.predict(images, unseen)];
  expect([...a.values]).toEqual([...b.values]);
  expect(a.sources).toEqual(b.sources);
});

test('nearest mean scores by the cosine to the mean of a class’s unit features', async () => {
  const learner = await created(nearestMean, {});
  await learner.learn(stream.experiences[0]!);
  const { values, classes } = await learner.predict(images.slice(0, 1));
  const unit = async (refs: typeof images) => {
    const { rows, cols, data } = await features.images(refs);
    return Array.from({ length: rows }, (_, i) => {
      const row = [...data.subarray(i * cols, (i + 1) * cols)];
      const length = Math.hypot(...row);
      return row.map((x) => x / length);
    });
  };
  const [image] = await unit(images.slice(0, 1));
  for (const [c, { id }] of classes.entries()) {
    const members = await unit(
      stream.experiences[0]!.train.filter((s) => s.classId === id).map((s) => s.image),
    );
    const mean = image!.map((_, k) =>
      members.reduce((sum, row) => sum + row[k]! / members.length, 0),
    );
    const dot = mean.reduce((sum, x, k) => sum + x * image![k]!, 0);
    expect(values[c]).toBeCloseTo(dot / Math.hypot(...mean), 6);
  }
});

test('what trains nothing says so', async () => {
  for (const learner of [await created(nearestMean, {}), await created(zeroShot, {})]) {
    const { trainableParameters, keeps } = await learner.describe!();
    expect(trainableParameters).toBe(0);
    expect(keeps).toMatch(/class/);
  }
});

test('learners of a closed vocabulary refuse a class they never saw', async () => {
  for (const learner of [
    await created(nearestMean, {}),
    await created(jointRidge, { hiddenDim: 8 }),
  ]) {
    await learner.learn(stream.experiences[0]!);
    const attempt = learner.predict(images, { candidates: everything });
    const error: unknown = await attempt.catch((reason: unknown) => reason);
    expect(isClError(error) && error.code).toBe('UNKNOWN_CLASS');
    expect(String(error)).toMatch(/was never learned, expected classes among the 4 seen/);
  }
});

test('joint ridge without fusion needs no texts, and says so when fusion does', async () => {
  const blind = syntheticFeatures({ texts: false });
  const context = { features: blind, random: createRandom(1) };
  const alone = await resolveOptions(jointRidge, { hiddenDim: 8 });
  await expect(jointRidge.create(alone, context)).resolves.toBeDefined();
  const options = { ...alone, adapterWeight: 0.8 };
  const error: unknown = await jointRidge.create(options, context).catch((e: unknown) => e);
  expect(isClError(error) && error.code).toBe('INCOMPATIBLE_PLUGINS');
  expect(String(error)).toMatch(/no text features/);
});
