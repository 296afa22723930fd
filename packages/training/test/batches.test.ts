import { createRandom, type ImageView, type TrainableBackbone } from '@cl/hub';
import {
  imageSource,
  randomResizedCrop,
  rememberedSource,
  stepsOf,
  stepsPerEpoch,
  tensorSource,
  trainingBatches,
  type BatchSource,
  type TrainingBatch,
  type TrainingBatchesOptions,
} from '@cl/training';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exported, noise, tinyClip } from './support/backbones.ts';

/** Ten rows: row i holds i and −i. */
const rows: BatchSource = tensorSource({
  dtype: 'float32',
  dims: [10, 2],
  data: Float32Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? i / 2 : -(i - 1) / 2)),
});

const labels = Int32Array.from({ length: 10 }, (_, i) => 100 + i);

const plan = { inputs: { x: rows }, labels, batchSize: 4, epochs: 3 };

async function all(options: Partial<TrainingBatchesOptions> = {}): Promise<TrainingBatch[]> {
  const batches: TrainingBatch[] = [];
  const random = createRandom('batches');
  for await (const batch of trainingBatches({ ...plan, random, ...options })) batches.push(batch);
  return batches;
}

describe('training batches', () => {
  test('show every row once an epoch, with its label, each epoch in another order', async () => {
    const batches = await all();
    expect(batches.map(({ rows: n }) => n)).toEqual([4, 4, 2, 4, 4, 2, 4, 4, 2]);
    expect(batches.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const orders = [0, 1, 2].map((epoch) =>
      batches.filter((batch) => batch.epoch === epoch).flatMap(({ indices }) => indices),
    );
    for (const order of orders) expect(order.toSorted((a, b) => a - b)).toEqual([...labels.keys()]);
    expect(new Set(orders.map(String)).size).toBe(3);
    for (const { indices, feeds } of batches) {
      expect([...feeds['x']!.data]).toEqual(indices.flatMap((i) => [i, -i]));
      expect(feeds['x']!.dims).toEqual([indices.length, 2]);
      expect(feeds['labels']).toEqual({
        dtype: 'int32',
        dims: [indices.length],
        data: Int32Array.from(indices, (i) => 100 + i),
      });
    }
  });

  test('depend on the seed alone, not on what was drawn from the generator', async () => {
    const used = createRandom('batches');
    used.permutation(100);
    const orders = (batches: readonly TrainingBatch[]): unknown =>
      batches.map(({ indices }) => indices);
    expect(orders(await all({ random: used }))).toEqual(orders(await all()));
    expect(orders(await all({ random: createRandom('other') }))).not.toEqual(orders(await all()));
  });

  test('resume at any step with the same batches, views included', async () => {
    const backbone = exported('vit-opset17');
    const seen: (readonly (ImageView | undefined)[] | undefined)[] = [];
    const spied: TrainableBackbone = {
      ...backbone,
      pixels: async (images, options) => (seen.push(options?.views), backbone.pixels(images)),
    };
    const pixels = imageSource(spied, noise(10), { views: randomResizedCrop() });
    const whole = await all({ inputs: { pixels } });
    const views = seen.splice(0);
    const rest = await all({ inputs: { pixels }, from: 5 });
    expect(rest).toEqual(whole.slice(5));
    expect(seen).toEqual(views.slice(5));
    expect(new Set(views.flat().map((view) => JSON.stringify(view))).size).toBe(30); // one each time
  });

  test('drop the last smaller batch when asked, but not the only one', async () => {
    expect((await all({ dropLast: true })).map(({ rows: n }) => n)).toEqual([4, 4, 4, 4, 4, 4]);
    expect(
      (await all({ dropLast: true, batchSize: 16, epochs: 1 })).map(({ rows: n }) => n),
    ).toEqual([10]);
  });

  test('are as many as stepsOf says', async () => {
    for (const batchSize of [1, 3, 5, 10, 16]) {
      for (const dropLast of [false, true]) {
        const sizes = { batchSize, dropLast, epochs: 2 };
        expect(stepsOf(10, sizes)).toBe((await all(sizes)).length);
        expect(stepsPerEpoch(10, sizes)).toBe(stepsOf(10, sizes) / 2);
      }
    }
  });

  test('are fetched one ahead, and no further', async () => {
    const asked: number[] = [];
    const slow: BatchSource = {
      count: 10,
      async take(chosen) {
        asked.push(chosen.length);
        return rows.take(chosen);
      },
    };
    const batches = trainingBatches({ ...plan, inputs: { x: slow }, random: createRandom(1) });
    const iterator = batches[Symbol.asyncIterator]();
    await iterator.next();
    expect(asked).toHaveLength(2); // the first, and the second while the first is worked on
    await iterator.next();
    expect(asked).toHaveLength(3);
    await iterator.return!();
  });

  test('tell the source when nobody wants the next batch any more', async () => {
    let signal: AbortSignal | undefined;
    const source: BatchSource = {
      count: 10,
      take: async (chosen, random, work) => ((signal = work?.signal), rows.take(chosen, random)),
    };
    for await (const batch of trainingBatches({
      ...plan,
      inputs: { x: source },
      random: createRandom(1),
    })) {
      expect(batch.step).toBe(0);
      expect(signal?.aborted).toBe(false);
      break;
    }
    expect(signal?.aborted).toBe(true);
  });
});

describe('images', () => {
  const counted = (): { backbone: TrainableBackbone; decoded: string[] } => {
    const decoded: string[] = [];
    const backbone = exported('vit-opset17');
    const pixels: TrainableBackbone['pixels'] = async (images, options) => {
      decoded.push(...images.map(({ id }) => id));
      return backbone.pixels(images, options);
    };
    return { backbone: { ...backbone, pixels }, decoded };
  };
  const bytes = 4 * 3 * 32 * 32; // of one image

  test('are decoded once within the budget, again beyond it, and come out the same', async () => {
    const images = noise(6);
    const { backbone, decoded } = counted();
    const source = imageSource(backbone, images, { memoryBytes: 4 * bytes });
    const order = [5, 0, 3, 3, 1, 2, 4];
    const first = await source.take(order);
    expect(decoded.toSorted()).toEqual(images.map(({ id }) => id)); // each once, though one was asked for twice
    const second = await source.take(order);
    expect(decoded).toHaveLength(6 + 2); // four were remembered
    expect(second).toEqual(first);
    expect(first).toEqual(await exported('').pixels(order.map((i) => images[i]!)));
  });

  test('handed out are the caller’s: changing them changes nothing that is remembered', async () => {
    const source = imageSource(counted().backbone, noise(2));
    const first = await source.take([0, 1]);
    const copy = first.data.slice();
    (first.data as Float32Array).fill(0);
    expect((await source.take([0, 1])).data).toEqual(copy);
  });

  test('are whole without a Random, and remembered, also where views are drawn', async () => {
    const { backbone, decoded } = counted();
    const source = imageSource(backbone, noise(2), { views: randomResizedCrop() });
    await source.take([0, 1], createRandom(1));
    await source.take([0, 1], createRandom(1));
    expect(decoded).toHaveLength(4);
    await source.take([0, 1]);
    await source.take([0, 1]);
    expect(decoded).toHaveLength(6);
  });
});

test('remembered rows are computed once, in the shape they were first computed in', async () => {
  const asked: (readonly number[])[] = [];
  const source = rememberedSource({
    count: 3,
    memoryBytes: 2 * 4 * 4, // two rows of 2 × 2
    compute: async (chosen) => {
      asked.push(chosen);
      const data = Float32Array.from(
        { length: 4 * chosen.length },
        (_, i) => chosen[i >> 2]! + (i % 4) / 10,
      );
      return { dtype: 'float32', dims: [chosen.length, 2, 2], data };
    },
  });
  const rows = [2, 0, 2, 1];
  const first = await source.take(rows);
  expect(first.dims).toEqual([4, 2, 2]);
  expect([...first.data].filter((_, i) => i % 4 === 0)).toEqual(rows);
  expect(await source.take(rows)).toEqual(first);
  expect((await source.take([0])).dims).toEqual([1, 2, 2]);
  expect(asked).toEqual([[2, 0, 1], [1]]); // the first two fit
});

describe('a real backbone', () => {
  let backbone: Awaited<ReturnType<typeof tinyClip>>;
  beforeAll(async () => {
    backbone = await tinyClip();
  });
  afterAll(async () => backbone.dispose());

  test('gives pixels of random parts of images', async () => {
    const images = noise(4, 60);
    const inputs = { pixels: imageSource(backbone, images, { views: randomResizedCrop() }) };
    const options = { inputs, batchSize: 4, epochs: 2, random: createRandom(3) };
    const found: Float32Array[] = [];
    for await (const { feeds } of trainingBatches(options)) {
      expect(feeds['pixels']!.dims).toEqual([4, 3, 48, 48]);
      found.push(feeds['pixels']!.data as Float32Array);
    }
    expect(found).toHaveLength(2);
    expect(found[0]).not.toEqual(found[1]);
    expect(found.every((data) => data.every(Number.isFinite))).toBe(true);
  });

  test('names every image of the batch that cannot be decoded', async () => {
    const bytes = new TextEncoder().encode('not an image');
    const broken = ['a', 'b'].map((id) => ({ id, source: { kind: 'encoded', bytes } as const }));
    const inputs = { pixels: imageSource(backbone, [...noise(2, 48), ...broken]) };
    const batches = trainingBatches({ inputs, batchSize: 4, epochs: 1, random: createRandom(3) });
    await expect(batches[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'UNREADABLE_IMAGE',
      message: expect.stringMatching(/(?=.*"a")(?=.*"b")/su),
    });
  });

  test('stops decoding when the signal fires', async () => {
    const controller = new AbortController();
    const inputs = { pixels: imageSource(backbone, noise(8, 48)) };
    const options = { inputs, batchSize: 2, epochs: 1, random: createRandom(3) };
    const seen: number[] = [];
    const train = async (): Promise<void> => {
      for await (const { step } of trainingBatches({ ...options, signal: controller.signal })) {
        seen.push(step);
        if (step === 1) controller.abort();
      }
    };
    await expect(train()).rejects.toMatchObject({ code: 'ABORTED' });
    expect(seen).toEqual([0, 1]);
  });
});

describe('bad input', () => {
  const refused = (
    options: Partial<TrainingBatchesOptions>,
    code: string,
    message: string,
  ): void => {
    expect(() => trainingBatches({ ...plan, random: createRandom(1), ...options })).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  };

  test('no rows, sizes that are none and inputs that do not match are refused before anything is fetched', () => {
    const none = tensorSource({ dtype: 'float32', dims: [0, 2], data: new Float32Array(0) });
    refused({ inputs: { x: none } }, 'EMPTY_STREAM', 'found no rows, expected at least one');
    refused(
      { batchSize: 0 },
      'INVALID_OPTION',
      'batchSize is 0, expected a whole number of at least 1',
    );
    refused({ epochs: 1.5 }, 'INVALID_OPTION', 'epochs is 1.5');
    refused({ from: -1 }, 'INVALID_OPTION', 'from is -1, expected a whole number of at least 0');
    refused({ labels: [1, 2] }, 'SHAPE_MISMATCH', 'different numbers of rows (x 10, labels 2)');
  });

  test('a tensor without rows is no source', () => {
    const scalar = { dtype: 'float32', dims: [], data: Float32Array.of(1) } as const;
    expect(() => tensorSource(scalar)).toThrow(
      expect.objectContaining({
        code: 'SHAPE_MISMATCH',
        message: expect.stringContaining('a single number'),
      }),
    );
  });
});
