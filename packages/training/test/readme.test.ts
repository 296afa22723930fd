// The examples of the README, run as they stand there.
import { readFile } from 'node:fs/promises';
import { adamW } from '@cl/autodiff';
import { createRandom } from '@cl/hub';
import {
  createFeatureExtractor,
  emptyHead,
  growHead,
  imageSource,
  openImageModel,
  randomResizedCrop,
  trainOnBatches,
  withClassifier,
} from '@cl/training';
import { expect, test } from 'vitest';
import { noise, tinyClip } from './support/backbones.ts';

test('the last block of a backbone is fine-tuned, and its features follow', async () => {
  const backbone = await tinyClip();
  const random = createRandom('readme');
  // Red noise against blue: easy, so that a few steps show.
  const images = noise(12, 48).map((image, i) => {
    const source = image.source as Extract<typeof image.source, { kind: 'pixels' }>;
    const data = source.data.map((x, k) => (k % 3 === (i % 2 === 0 ? 0 : 2) ? x : x >> 2));
    return { ...image, source: { ...source, data } };
  });
  const labels = images.map((_, i) => i % 2);
  const classes = 2;
  try {
    // #region readme
    const model = await openImageModel(backbone); // the backbone that a learner is given
    const last = [...model.places].filter(([, { block }]) => block === model.blocks - 1);
    const names = last.map(([name]) => name);
    const weights = names.map((name) => [name, model.weights.get(name)!] as const);
    const head = growHead(emptyHead(model.featureDim), classes, random.fork('head'));

    const { tensors, steps } = await trainOnBatches(
      {
        graph: (rows) => withClassifier(model.graph(rows, { parameters: names }), classes),
        loss: 'loss',
        parameters: new Map([...weights, ...Object.entries(head)]),
        optimizer: adamW({ learningRate: 1e-3 }),
        classCounts: { labels: classes },
      },
      {
        inputs: { pixels: imageSource(backbone, images, { views: randomResizedCrop() }) },
        labels,
        random,
        epochs: 4,
        batchSize: 6,
      },
    );

    const parameters = new Map(names.map((name) => [name, tensors[name]!]));
    const extractor = createFeatureExtractor(model, { parameters });
    const features = await extractor.features(images); // [N, D] under the new weights
    // #endregion readme
    await extractor.dispose();
    expect(steps).toHaveLength(8);
    expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss / 2);
    const before = await backbone.embedImages(images);
    expect([features.rows, features.cols]).toEqual([12, 192]);
    expect(features.data).not.toEqual(before.data);
  } finally {
    await backbone.dispose();
  }
});

test.each([
  ['readme.test.ts', 'readme', /^ {4}/gm],
  ['closed-learner.test.ts', 'method', /^/gm],
])('what %s runs stands in the README word for word', async (file, region, indent) => {
  const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');
  const found = new RegExp(`// #region ${region}\\n(.*)\\n *// #endregion ${region}`, 's').exec(
    await read(file),
  );
  expect(await read('../README.md')).toContain(found![1]!.replaceAll(indent, ''));
});
