/**
 * Options on held-out data: the icon benchmark in tasks of 32 classes in random order, a fourth of each class's training images
 * for validation. Final average accuracy of VQ-Prompt beside nearest class mean on the same features, in percent.
 *
 *     CL_HELD_OUT='{"promptRateFactor": 5}' npm run bench -- bench/held-out.bench.ts
 *
 * `CL_HELD_OUT` holds the options over the defaults as JSON, `CL_SEED` the seed of order and learner (0).
 */
import { clip, createFeatureSource } from '@cl/backbone';
import { classIncremental, iconBench } from '@cl/datasets';
import {
  createRandom,
  resolveOptions,
  trainableOf,
  type Dataset,
  type FeatureSource,
  type Sample,
  type Stream,
} from '@cl/hub';
import { tinyClipPath } from '@cl/tiny-clip';
import { vqPrompt } from '@cl/vq-prompt';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bench } from 'vitest';

const given = process.env['CL_HELD_OUT'];
const seed = Number(process.env['CL_SEED'] ?? 0);

bench.skipIf(given === undefined)(
  'held out',
  async () => {
    const backbone = await clip.create(await resolveOptions(clip, { model: tinyClipPath }));
    const cacheDir = join(tmpdir(), 'cl-held-out');
    const features = createFeatureSource(backbone, { cacheDir });
    const stream = await heldOut();
    const options = await resolveOptions(vqPrompt, JSON.parse(given!) as Record<string, unknown>);
    const random = createRandom(seed);
    const learner = await vqPrompt.create(options, {
      features,
      backbone: trainableOf(backbone),
      random,
    });
    const start = performance.now();
    for (const experience of stream.experiences) await learner.learn(experience);
    const seconds = (performance.now() - start) / 1e3;
    const accuracies: number[] = [];
    for (const { test } of stream.evaluations) {
      const { classes, values } = await learner.predict(test.map(({ image }) => image));
      accuracies.push(
        accuracy(
          test,
          values,
          classes.map(({ id }) => id),
        ),
      );
    }
    console.log(
      `${given!}, seed ${seed}: VQ-Prompt ${mean(accuracies).toFixed(2)}, nearest class mean ` +
        `${mean(await nearestMeans(stream, features)).toFixed(2)}; ${stream.experiences.length} tasks learned in ` +
        `${seconds.toFixed(0)} s`,
    );
    await learner.dispose();
    await backbone.dispose();
  },
  { iterations: 1, time: 0, warmupIterations: 0, warmupTime: 0 },
);

/** The stream with every fourth training image of a class in the place of its test images. */
async function heldOut(): Promise<Stream> {
  const made = await iconBench.create(await resolveOptions(iconBench));
  const datasets = [made].flat().map((dataset: Dataset): Dataset => {
    const count = new Map<string, number>();
    const isHeldOut = dataset.train.map(({ classId }) => {
      count.set(classId, (count.get(classId) ?? 0) + 1);
      return count.get(classId)! % 4 === 0;
    });
    const part = (which: boolean) => dataset.train.filter((_, i) => isHeldOut[i] === which);
    return { ...dataset, train: part(false), test: part(true) };
  });
  const options = await resolveOptions(classIncremental, { classesPerTask: 32, order: 'random' });
  return classIncremental.create(options, { datasets, random: createRandom(seed).fork('stream') });
}

/** Accuracy on each task of the class whose mean unit feature has the largest cosine. */
async function nearestMeans(stream: Stream, features: FeatureSource): Promise<number[]> {
  const unitRows = async (samples: readonly Sample[]): Promise<Float32Array[]> => {
    const { rows, cols, data } = await features.images(samples.map(({ image }) => image));
    return Array.from({ length: rows }, (_, i) => {
      const row = data.slice(i * cols, (i + 1) * cols);
      const length = Math.hypot(...row);
      return row.map((x) => x / length);
    });
  };
  const sums = new Map<string, Float32Array>();
  for (const { train } of stream.experiences) {
    const rows = await unitRows(train);
    train.forEach(({ classId }, i) => {
      const sum = sums.get(classId) ?? new Float32Array(rows[i]!.length);
      sums.set(
        classId,
        sum.map((x, k) => x + rows[i]![k]!),
      );
    });
  }
  const ids = [...sums.keys()];
  const accuracies: number[] = [];
  for (const { test } of stream.evaluations) {
    const rows = await unitRows(test);
    const scores = rows.flatMap((row) =>
      ids.map((id) => {
        const sum = sums.get(id)!;
        return row.reduce((dot, x, k) => dot + x * sum[k]!, 0) / Math.hypot(...sum);
      }),
    );
    accuracies.push(accuracy(test, Float64Array.from(scores), ids));
  }
  return accuracies;
}

function accuracy(
  test: readonly Sample[],
  values: Float32Array | Float64Array,
  ids: readonly string[],
): number {
  const right = test.filter(({ classId }, i) => {
    const row = values.subarray(i * ids.length, (i + 1) * ids.length);
    return ids[row.indexOf(Math.max(...row))] === classId;
  });
  return (100 * right.length) / test.length;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
}
