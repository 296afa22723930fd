import {
  createRandom,
  type ClassInfo,
  type ClError,
  type FeatureSource,
  type ImageRef,
} from '@cl/hub';
import { describeLearner } from '@cl/testing/vitest';
import { expect, test } from 'vitest';
import { factorOf, joined, mahalanobis, statisticsOf } from '../src/covariance.ts';
import { fecam } from '../src/index.ts';

describeLearner(fecam);
describeLearner(fecam, { shrinkage: 0.1 });

const rows = [
  [1, 2],
  [3, 4],
  [2, 6],
].map((row) => Float64Array.from(row));

// By hand: mean (2, 4); differences (−1, −2), (1, 0), (0, 2); scatter [[2, 2], [2, 8]].
test('statistics are the mean and the scatter about it', () => {
  const { count, mean, scatter } = statisticsOf(rows, 2);
  expect([count, [...mean], [...scatter]]).toEqual([3, [2, 4], [2, 2, 8]]);
});

test('statistics of two parts join to those of the whole', () => {
  const whole = statisticsOf(rows, 2);
  const parts = joined(statisticsOf(rows.slice(0, 1), 2), statisticsOf(rows.slice(1), 2));
  expect(parts.count).toBe(3);
  [...parts.mean].forEach((x, d) => expect(x).toBeCloseTo(whole.mean[d]!, 12));
  [...parts.scatter].forEach((x, d) => expect(x).toBeCloseTo(whole.scatter[d]!, 12));
});

// Σ = [[1, 1], [1, 4]] (scatter / 2), V₁ = 2.5, V₂ = 1; with γ = 1: [[3.5, 2], [2, 6.5]]. As correlations
// [[1, r], [r, 1]], r = 2 / √(3.5 · 6.5); the inverse is [[1, −r], [−r, 1]] / (1 − r²), so d = (1, 0) gives 1 / (1 − r²).
test('the distance is by the shrunk covariance, normalised to correlations', () => {
  const factor = factorOf(statisticsOf(rows, 2), 1)!;
  const r = 2 / Math.sqrt(3.5 * 6.5);
  expect(mahalanobis(factor, Float64Array.of(1, 0))).toBeCloseTo(1 / (1 - r * r), 12);
  expect(mahalanobis(factor, Float64Array.of(0, 0))).toBe(0);
});

test('one sample has no covariance: the distance is Euclidean', () => {
  const factor = factorOf(statisticsOf(rows.slice(0, 1), 2), 1)!;
  expect(mahalanobis(factor, Float64Array.of(3, 4))).toBe(25);
});

// Two classes whose means are equally far from the image; only one of them spreads in its direction.
const points: Readonly<Record<string, readonly number[]>> = {
  'wide 1': [1, 0.4, 0],
  'wide 2': [1, -0.4, 0],
  'wide 3': [1, 0, 0.01],
  'narrow 1': [0.5, 1, 0.3],
  'narrow 2': [0.5, 1, -0.3],
  'narrow 3': [0.51, 1, 0],
};
const image = (id: string): ImageRef => ({ id, source: { kind: 'file', path: id } });
const features: FeatureSource = {
  fingerprint: 'space',
  featureDim: 3,
  images: async (images) => ({
    rows: images.length,
    cols: 3,
    data: Float32Array.from(images.flatMap(({ id }) => points[id] ?? [Number.NaN, 0, 0])),
  }),
};
const classes: ClassInfo[] = [
  { id: 'wide', name: 'wide' },
  { id: 'narrow', name: 'narrow' },
];
const train = Object.keys(points).map((id) => ({ image: image(id), classId: id.split(' ')[0]! }));
const experience = { index: 0, name: 'both', classes, train };

test('what was learned is recognised', async () => {
  const learner = await fecam.create(fecam.defaults, { features, random: createRandom(0) });
  await learner.learn(experience);
  const { values } = await learner.predict(train.map((sample) => sample.image));
  train.forEach(({ classId }, i) => {
    expect(values[i * 2]! > values[i * 2 + 1]!).toBe(classId === 'wide');
  });
});

test("Tukey's transform is refused for negative features, naming the image", async () => {
  const learner = await fecam.create(
    { shrinkage: 1, tukey: 0.5 },
    { features, random: createRandom(0) },
  );
  const error = await learner.learn(experience).catch((thrown: ClError) => thrown);
  expect(error).toMatchObject({
    code: 'INVALID_OPTION',
    message:
      'fecam: tukey is 0.5, but image "wide 2" has a negative feature. Use 1 with this backbone.',
  });
});
