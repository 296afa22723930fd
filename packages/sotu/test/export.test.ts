import { clip } from '@cl/backbone';
import { iconBench } from '@cl/datasets';
import { createRandom, resolveOptions, trainableOf, type TrainableBackbone } from '@cl/hub';
import { exportMergedModel, sotu } from '@cl/sotu';
import { syntheticFeatures } from '@cl/testing';
import { tinyClipPath } from '@cl/tiny-clip';
import { expect, test } from 'vitest';

test('the merged tiny-clip, written as a model file, answers as the learner does', async () => {
  const options = { model: tinyClipPath, device: 'cpu', threads: 1 };
  const loaded = await clip.create(await resolveOptions(clip, options));
  const backbone = trainableOf(loaded)!;
  const letters = await iconBench.create({ domains: ['letters'] });
  const classes = letters.classes.slice(0, 2);
  const of = (samples: typeof letters.train) =>
    samples.filter(({ classId }) => classes.some(({ id }) => id === classId));
  const task = { index: 0, name: 'two letters', classes, train: of(letters.train) };
  const images = of(letters.test).map(({ image }) => image);
  const learnerOn = async (own: TrainableBackbone, epochs: number) =>
    sotu.create(await resolveOptions(sotu, { epochs, threads: 1 }), {
      features: syntheticFeatures(),
      backbone: own,
      random: createRandom(1),
    });

  const learner = await learnerOn(backbone, 1);
  await learner.learn(task);
  const model = await exportMergedModel(learner);
  // A learner on the exported model that fine-tunes nothing measures its class means with the merged weights.
  const merged = { ...(await backbone.graph()), model };
  const reader = await learnerOn(
    {
      fingerprint: 'merged',
      imageSize: backbone.imageSize,
      featureDim: backbone.featureDim,
      graph: async () => merged,
      pixels: async (refs, work) => backbone.pixels(refs, work),
    },
    0,
  );
  await reader.learn(task);

  const [expected, actual] = [await learner.predict(images), await reader.predict(images)];
  expected.values.forEach((score, i) => {
    expect(actual.values[i]).toBeCloseTo(score, 5); // float32 through another graph of the same weights
  });
  await Promise.all([learner.dispose(), reader.dispose(), loaded.dispose()]);
});
