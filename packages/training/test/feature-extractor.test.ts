import { createEvaluator } from '@cl/autodiff/node';
import type { OnnxTensor } from '@cl/onnx';
import {
  assertFiniteFeatures,
  createFeatureExtractor,
  evaluateInBatches,
  imageSource,
  openImageModel,
  tensorSource,
  type FeatureExtractor,
  type ImageModel,
} from '@cl/training';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exported, noise, tinyClip } from './support/backbones.ts';
import { apart } from './support/run-graph.ts';

/** float32, computed in batches of another size. */
const tolerance = 1e-5;

/** A function that is called when the test is over. */
async function using<T>(
  extractor: FeatureExtractor,
  act: (e: FeatureExtractor) => Promise<T>,
): Promise<T> {
  try {
    return await act(extractor);
  } finally {
    await extractor.dispose();
  }
}

describe('features of a real backbone', () => {
  let backbone: Awaited<ReturnType<typeof tinyClip>>;
  let model: ImageModel;
  beforeAll(async () => {
    backbone = await tinyClip();
    model = await openImageModel(backbone);
  });
  afterAll(async () => backbone.dispose());

  test('are the backbone’s, however the images are cut into batches', async () => {
    const images = noise(7, 48);
    const expected = await backbone.embedImages(images);
    for (const batchSize of [3, 64]) {
      const done: number[] = [];
      const features = await using(createFeatureExtractor(model, { batchSize, threads: 1 }), (e) =>
        e.features(images, { onProgress: (progress) => done.push(progress.done) }),
      );
      expect([features.rows, features.cols]).toEqual([7, model.featureDim]);
      expect(apart(features.data, expected.data), `batches of ${batchSize}`).toBeLessThan(
        tolerance,
      );
      expect(done).toEqual(
        Array.from({ length: Math.ceil(7 / batchSize) }, (_, i) =>
          Math.min(7, batchSize * (i + 1)),
        ),
      );
    }
  });

  test('unreadable images are named', async () => {
    const broken = { id: 'torn', source: { kind: 'encoded', bytes: new Uint8Array(4) } } as const;
    await using(createFeatureExtractor(model, { threads: 1 }), async (extractor) => {
      await expect(extractor.features([...noise(2, 48), broken])).rejects.toMatchObject({
        code: 'UNREADABLE_IMAGE',
        message: expect.stringContaining('torn'),
      });
      expect((await extractor.features(noise(2, 48))).rows).toBe(2); // and it goes on
    });
  });
});

describe('features of changed weights', () => {
  const images = noise(5);
  const name = 'model.layernorm.bias';
  let model: ImageModel;
  beforeAll(async () => {
    model = await openImageModel(exported('vit-opset17'));
  });

  const shifted = (by: number): ReadonlyMap<string, OnnxTensor> => {
    const { dims, data } = model.weights.get(name)!;
    return new Map([
      [name, { dtype: 'float32', dims, data: (data as Float32Array).map((x) => x + by) }],
    ]);
  };

  test('follow the weights, which can be set again', async () => {
    const plain = await using(createFeatureExtractor(model, { threads: 1 }), (e) =>
      e.features(images),
    );
    await using(
      createFeatureExtractor(model, { parameters: shifted(1), threads: 1 }),
      async (extractor) => {
        // The last bias is added to every feature.
        const one = await extractor.features(images);
        expect(
          apart(
            one.data,
            plain.data.map((x) => x + 1),
          ),
        ).toBeLessThan(tolerance);
        extractor.set(shifted(-2));
        const two = await extractor.features(images);
        expect(
          apart(
            two.data,
            plain.data.map((x) => x - 2),
          ),
        ).toBeLessThan(tolerance);
      },
    );
  });

  test('come from a graph of one’s own, and from pixels that were remembered', async () => {
    const decoded: number[] = [];
    const backbone = exported('vit-opset17');
    const counted = {
      ...backbone,
      pixels: async (refs: typeof images) => (decoded.push(refs.length), backbone.pixels(refs)),
    };
    const pixels = imageSource(counted, images);
    const graph = (rows: number) => model.graph(rows, { parameters: [name] });
    const options = { graph, parameters: shifted(0), batchSize: 4, threads: 1 };
    await using(createFeatureExtractor(model, options), async (extractor) => {
      const first = await extractor.features(pixels);
      expect(decoded).toEqual([4, 1]);
      expect(await extractor.features(pixels)).toEqual(first);
      expect(decoded).toEqual([4, 1]);
    });
  });

  test('an abort between two batches ends it, and the next call works', async () => {
    const controller = new AbortController();
    const onProgress = (): void => controller.abort();
    await using(createFeatureExtractor(model, { batchSize: 2, threads: 1 }), async (extractor) => {
      const { signal } = controller;
      await expect(extractor.features(images, { signal, onProgress })).rejects.toMatchObject({
        code: 'ABORTED',
      });
      expect((await extractor.features(images)).rows).toBe(5);
      expect(await extractor.features([])).toEqual({ rows: 0, cols: 0, data: new Float32Array(0) });
    });
  });

  test('a name that is no weight is refused', async () => {
    const parameters = new Map([...shifted(0)].map(([, tensor]) => ['nothing', tensor]));
    await using(createFeatureExtractor(model, { parameters, threads: 1 }), async (extractor) => {
      await expect(extractor.features(images)).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: expect.stringContaining('"nothing" is no weight that can be trained'),
      });
    });
  });
});

test('whatever is asked, runs have few sizes', async () => {
  const model = await openImageModel(exported('vit-opset17'));
  const asked = new Set<number>();
  const graph = (rows: number) => (asked.add(rows), model.graph(rows));
  const extractor = createFeatureExtractor(model, { graph, batchSize: 8, threads: 1 });
  await using(extractor, async (e) => {
    for (let count = 1; count <= 11; count += 1)
      expect((await e.features(noise(count))).rows).toBe(count);
  });
  expect([...asked].toSorted((a, b) => a - b)).toEqual([1, 2, 4, 8]);
});

test('inputs of different lengths are refused', async () => {
  const rows = (count: number) =>
    tensorSource({ dtype: 'float32', dims: [count, 1], data: new Float32Array(count) });
  const evaluator = createEvaluator({
    graph: () => {
      throw new Error('never asked');
    },
    outputs: ['y'],
  });
  try {
    const inputs = { a: rows(2), b: rows(3) };
    await expect(
      evaluateInBatches(evaluator, { inputs, output: 'y', batchSize: 2 }),
    ).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
      message: expect.stringContaining('have 2, 3 rows, expected one number'),
    });
  } finally {
    await evaluator.dispose();
  }
});

test('features that are no numbers are refused with their image', () => {
  const images = noise(2);
  const features = { rows: 2, cols: 2, data: Float32Array.of(1, 2, 3, 4) };
  expect(() => assertFiniteFeatures('test', features, images)).not.toThrow();
  features.data[2] = NaN;
  expect(() => assertFiniteFeatures('test', features, images)).toThrow(
    expect.objectContaining({
      code: 'NON_FINITE',
      message: expect.stringContaining(
        'test: the features of image "noise-1" hold NaN, expected finite numbers',
      ),
    }),
  );
});
