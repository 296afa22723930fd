import { slda, type SldaOptions } from '@cl/baselines';
import { createRandom, isClError, resolveOptions, type Experience } from '@cl/hub';
import { syntheticFeatures, syntheticStream } from '@cl/testing';
import { describeLearner } from '@cl/testing/vitest';
import { expect, test } from 'vitest';
import { accuracy, wholeOf } from './support.ts';

describeLearner(slda);

const featureDim = 5;
const features = syntheticFeatures({ featureDim });
const stream = syntheticStream({ classes: [2, 2, 3], train: 3, test: 4, revisit: true });

async function taught(
  experiences: readonly Experience[],
  given: Partial<SldaOptions> = {},
  source = features,
) {
  const options = await resolveOptions(slda, { features: 'raw', ...given });
  const learner = await slda.create(options, { features: source, random: createRandom(1) });
  for (const experience of experiences) await learner.learn(experience);
  return learner;
}

/** Features and labels of all training samples, from the source itself. */
async function everything() {
  const { classes, train } = wholeOf(stream);
  const { data } = await features.images(train.map(({ image }) => image));
  const rows = train.map((_, i) => [...data.subarray(featureDim * i, featureDim * (i + 1))]);
  const labels = train.map(({ classId }) => classes.findIndex(({ id }) => id === classId));
  const means = classes.map((_, c) => {
    const own = rows.filter((_row, i) => labels[i] === c);
    return own[0]!.map((_x, d) => own.reduce((sum, row) => sum + row[d]! / own.length, 0));
  });
  const scatter = means[0]!.map((_, d) =>
    means[0]!.map((_x, e) =>
      rows.reduce((sum, row, i) => {
        const mean = means[labels[i]!]!;
        return sum + (row[d]! - mean[d]!) * (row[e]! - mean[e]!);
      }, 0),
    ),
  );
  return { rows, means, scatter };
}

/** Sums of float64 over some 40 samples whose entries are of order 10. */
const rounding = 1e-10;

test('one sample at a time, by experience or at once: the covariance is that within classes', async () => {
  const { means, scatter } = await everything();
  const { classes, train } = wholeOf(stream);
  const single = train.map((sample, index) => ({
    index,
    name: sample.image.id,
    classes: [classes.find(({ id }) => id === sample.classId)!],
    train: [sample],
  }));
  const triangle = scatter.flatMap((row, d) => row.slice(0, d + 1));
  const size = Math.max(...triangle.map(Math.abs));
  for (const experiences of [single, stream.experiences, [wholeOf(stream)]]) {
    const { tensors } = await (await taught(experiences)).save();
    for (const [i, x] of triangle.entries()) {
      expect(Math.abs(Number(tensors['scatter']!.data[i]) - x) / size).toBeLessThan(rounding);
    }
    const found = [...(tensors['means']!.data as Float64Array)];
    for (const [i, x] of means.flat().entries()) expect(found[i]).toBeCloseTo(x, 9);
  }
});

// s_c = xᵀΛμ_c − ½ μ_cᵀΛμ_c, with the inverse by Gauss and Jordan.
test.each(['identity', 'mean-variance'] as const)(
  'scores are those of the discriminant, shrunk to %s',
  async (target) => {
    const { rows, means, scatter } = await everything();
    const shrinkage = 0.2;
    const trace = scatter.reduce((sum, row, d) => sum + row[d]! / rows.length, 0);
    const t = target === 'identity' ? 1 : trace / featureDim;
    const shrunk = scatter.map((row, d) =>
      row.map((x, e) => ((1 - shrinkage) * x) / rows.length + (d === e ? shrinkage * t : 0)),
    );
    const precision = inverse(shrunk);
    const learner = await taught(stream.experiences, { shrinkage, target });
    const image = stream.evaluations[1]!.test[0]!.image;
    const x = [...(await features.images([image])).data];
    const { values } = await learner.predict([image]);
    for (const [c, mean] of means.entries()) {
      const towards = precision.map((row) => dot(row, mean));
      const expected = dot(x, towards) - 0.5 * dot(mean, towards);
      expect(Math.abs(values[c]! - expected) / Math.abs(expected)).toBeLessThan(1e-8);
    }
  },
);

test('with one sample a class, where nothing varies, it is the nearest of them', async () => {
  const { classes, train } = wholeOf(stream);
  const one = classes.map(({ id }) => train.find(({ classId }) => classId === id)!);
  const clean = syntheticFeatures({ noise: 0.01 });
  const experience = { index: 0, name: 'one', classes, train: one };
  const learner = await taught([experience], { features: 'unit' }, clean);
  for (const evaluation of stream.evaluations) expect(await accuracy(learner, evaluation)).toBe(1);
});

test('tells what it keeps', async () => {
  const learner = await taught(stream.experiences);
  expect(await learner.describe!()).toMatchObject({
    trainableParameters: 8 * (featureDim + 1),
    keeps: 'mean of each class, one covariance',
  });
});

test('refuses a shrinkage of nothing, and a class without samples in a saved state', async () => {
  const none: unknown = await resolveOptions(slda, { shrinkage: 0 }).catch((e: unknown) => e);
  expect(isClError(none) && none.code).toBe('INVALID_OPTION');
  expect(String(none)).toMatch(/learner "slda": option shrinkage is 0: .*>0/);
  const state = await (await taught(stream.experiences)).save();
  const counts = { ...state.tensors['counts']!, data: new Int32Array(state.classes.length) };
  const tensors = { ...state.tensors, counts } as typeof state.tensors;
  const context = { features, random: createRandom(1) };
  const restored = slda.restore({ ...state, tensors }, await resolveOptions(slda), context);
  const error: unknown = await restored.catch((e: unknown) => e);
  expect(isClError(error) && error.code).toBe('CORRUPT_FILE');
  expect(String(error)).toMatch(/has 0 samples of class ".*", expected at least one/);
});

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0);

function inverse(matrix: readonly (readonly number[])[]): number[][] {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let i = 0; i < n; i += 1) {
    const pivot = rows[i]![i]!;
    rows[i] = rows[i]!.map((x) => x / pivot);
    for (let j = 0; j < n; j += 1) {
      if (j === i) continue;
      const factor = rows[j]![i]!;
      rows[j] = rows[j]!.map((x, k) => x - factor * rows[i]![k]!);
    }
  }
  return rows.map((row) => row.slice(n));
}
