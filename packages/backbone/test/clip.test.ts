import { cpSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clip } from '@cl/backbone';
import { resolveOptions, type Backbone, type ImageRef, type Progress } from '@cl/hub';
import { tinyClipInfo, tinyClipPath } from '@cl/tiny-clip';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { encodedImage, pixelRef } from './support/images.ts';
import { largestDifference, reference, referenceImages, tinyClip } from './support/tiny-clip.ts';

/** float32 sums in another order than PyTorch's, and five decimals in the file. */
const referenceTolerance = 5e-5;

/** onnxruntime's GEMM sums in another order in batches of another size. */
const batchTolerance = 1e-5;

let backbone: Backbone;
beforeAll(async () => {
  backbone = await clip.create(tinyClip);
});
afterAll(async () => {
  await backbone.dispose();
});

const pictures = [pixelRef(60, 40, 1), pixelRef(50, 70, 2), pixelRef(48, 48, 3)];

describe('clip with tiny-clip', () => {
  test('says what it is', () => {
    expect(backbone).toMatchObject({
      id: tinyClipPath,
      device: 'cpu',
      dtype: 'fp32',
      imageSize: tinyClipInfo.imageSize,
      featureDim: tinyClipInfo.featureDim,
      capabilities: ['image-features', 'text-features', 'graph'],
    });
    expect(backbone.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(backbone.logitScale).toBeCloseTo(26.817711, 5); // PyTorch's model.logit_scale.exp()
  });

  test('embeds images as PyTorch does', async () => {
    const { rows, cols, data } = await backbone.embedImages(await referenceImages());
    expect([rows, cols]).toEqual([12, 192]);
    const expected = reference.images.flatMap(({ embeds }) => embeds);
    expect(largestDifference(data, expected)).toBeLessThan(referenceTolerance);
  });

  test('embeds texts as PyTorch does, also together with longer ones', async () => {
    const texts = reference.texts.map(({ text }) => text);
    const long = `${'a very long sentence about many small things and '.repeat(3)}the end`;
    const { rows, data } = await backbone.embedTexts!([...texts, long]);
    expect(rows).toBe(7);
    const expected = reference.texts.flatMap(({ embeds }) => embeds);
    expect(largestDifference(data.subarray(0, 6 * 192), expected)).toBeLessThan(referenceTolerance);
  });

  test('gives each image the same features whatever the batch, in the order asked for', async () => {
    const images = Array.from({ length: 37 }, (_, i) => pixelRef(30 + i, 60 - i, i + 1));
    const whole = await backbone.embedImages(images);
    const small = await clip.create({ ...tinyClip, batchSize: 5, threads: 1 });
    const parts = await small.embedImages(images);
    await small.dispose();
    expect(largestDifference(whole.data, parts.data)).toBeLessThan(batchTolerance);
    const single = await backbone.embedImages([images[30]!]);
    expect(largestDifference(single.data, whole.data.subarray(30 * 192, 31 * 192))).toBeLessThan(
      batchTolerance,
    );
    expect(small.fingerprint).toBe(backbone.fingerprint); // neither option changes what is computed
  });

  test('leaves the pixels it is given as they were', async () => {
    const image = pixelRef(50, 50);
    const before = structuredClone(image);
    await backbone.embedImages([image, image]);
    expect(image).toEqual(before);
  });

  test('gives no rows for no images and no texts', async () => {
    expect(await backbone.embedImages([])).toMatchObject({ rows: 0, cols: 192 });
    expect(await backbone.embedTexts!([])).toMatchObject({ rows: 0, cols: 192 });
  });

  test('reports progress to the end and answers calls that overlap', async () => {
    const steps: Progress[] = [];
    const images = Array.from({ length: 40 }, (_, i) => pixelRef(48, 48, i + 1));
    const onProgress = (step: Progress): void => void steps.push(step);
    const [a, b] = await Promise.all([
      backbone.embedImages(images, { onProgress }),
      backbone.embedImages(images),
    ]);
    expect(a.data).toEqual(b.data);
    expect(steps.map(({ done }) => done)).toEqual([4, 20, 36, 40]); // the first batch is small
    expect(steps.every(({ total, phase }) => total === 40 && phase === 'features')).toBe(true);
  });

  test('stops between batches when told to', async () => {
    const controller = new AbortController();
    const steps: number[] = [];
    const work = backbone.embedImages(
      Array.from({ length: 160 }, (_, i) => pixelRef(48, 48, i + 1)),
      {
        signal: controller.signal,
        onProgress: ({ done }) => {
          steps.push(done);
          controller.abort();
        },
      },
    );
    await expect(work).rejects.toMatchObject({ code: 'ABORTED' });
    expect(steps).toEqual([4]);
    expect((await backbone.embedImages([pixelRef(48, 48)])).rows).toBe(1); // and goes on working
  });

  test('loads images at most two batches ahead of the model', async () => {
    let loaded = 0;
    let ahead = 0;
    const data = pixelRef(48, 48).source;
    const images: ImageRef[] = Array.from({ length: 200 }, (_, i) => ({
      id: String(i),
      source: {
        kind: 'lazy',
        load: async () => {
          loaded += 1;
          return data as Exclude<typeof data, { kind: 'lazy' }>;
        },
      },
    }));
    await backbone.embedImages(images, {
      onProgress: ({ done }) => (ahead = Math.max(ahead, loaded - done)),
    });
    expect(loaded).toBe(200);
    expect(ahead).toBeGreaterThan(0);
    expect(ahead).toBeLessThanOrEqual(2 * tinyClip.batchSize);
  });

  test('names every image of a call that cannot be read, whatever its batch', async () => {
    const bytes = await encodedImage(64, 64, 3, 'jpeg');
    const images: ImageRef[] = Array.from({ length: 40 }, (_, i) => ({
      id: `photo ${i}`,
      source: { kind: 'encoded', bytes: i % 19 === 3 ? bytes.subarray(0, 700) : bytes },
    }));
    images[39] = {
      id: 'photo 39',
      source: { kind: 'lazy', load: () => Promise.reject(new Error('archive closed')) },
    };
    await expect(backbone.embedImages(images)).rejects.toMatchObject({
      code: 'UNREADABLE_IMAGE',
      message: expect.stringMatching(
        /3 images.*"photo 3".*"photo 22".*"photo 39".*archive/s,
      ) as string,
    });
    expect((await backbone.embedImages(images.slice(0, 3))).rows).toBe(3);
  });

  test('opens its image tower for those who train: the graph on the pixels gives the features', async () => {
    const { model, input, output, take } = await backbone.graph!();
    const { dims, data } = await backbone.pixels!(pictures.slice(0, 3));
    expect([dims, take]).toEqual([[3, 3, 48, 48], 'all']);
    const session = await InferenceSession.create(model);
    const result = await session.run({ [input]: new Tensor('float32', data, dims) });
    const features = await backbone.embedImages(pictures.slice(0, 3));
    const ofGraph = result[output]!.data as Float32Array; // of all tokens, which sums in another order
    expect(largestDifference(ofGraph, features.data)).toBeLessThan(batchTolerance);
    await session.release();
  });

  test('cuts views: the whole view, mirrored, is the mirrored image', async () => {
    const whole = { left: 0, top: 0, width: 1, height: 1 };
    const views = [
      { ...whole, flip: false },
      { ...whole, flip: true },
    ];
    const { data } = await backbone.pixels!([pictures[0]!, pictures[0]!], { views });
    const row = (start: number) => [...data.subarray(start, start + 48)];
    for (const y of [0, 17, 47]) expect(row(3 * 48 * 48 + y * 48)).toEqual(row(y * 48).reverse());
  });

  test('cuts views: a quarter of an image is the image of that quarter', async () => {
    const pixels = new Uint8Array(96 * 96 * 3).map((_, i) =>
      Math.floor(i / 3) % 96 < 48 ? 255 : 0,
    );
    const image = {
      id: 'half',
      source: { kind: 'pixels', width: 96, height: 96, data: pixels },
    } as const;
    const part = { top: 0, width: 0.5, height: 0.5, flip: false };
    const views = [
      { ...part, left: 0 },
      { ...part, left: 0.5 },
    ];
    const { data } = await backbone.pixels!([image, image], { views });
    const perImage = 3 * 48 * 48;
    const red = (k: number) => new Set(data.subarray(k * perImage, k * perImage + 48 * 48));
    expect([red(0).size, red(1).size]).toEqual([1, 1]);
    expect(Math.max(...red(0))).toBeGreaterThan(Math.max(...red(1)));
  });

  test.each([
    ['one view for two images', [undefined], 'SHAPE_MISMATCH', /1 views for 2 images/],
    [
      'a view that leaves its image',
      [undefined, { left: 0.5, top: 0, width: 0.6, height: 1, flip: false }],
      'INVALID_DATA',
      /view 1 is 0.6 × 1 at \(0.5, 0\).*fractions/,
    ],
  ])('refuses %s', async (_, views, code, message) => {
    await expect(backbone.pixels!(pictures.slice(0, 2), { views })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('the fingerprint', () => {
  test('belongs to the content, not to the place, and changes with it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cl-clip-'));
    cpSync(tinyClipPath, folder, { recursive: true });
    const copy = await clip.create({ ...tinyClip, model: folder });
    expect(copy.fingerprint).toBe(backbone.fingerprint);
    await copy.dispose();
    const processor = join(folder, 'preprocessor_config.json');
    const config = JSON.stringify({
      image_processor_type: 'CLIPImageProcessor',
      size: { height: 48, width: 48 },
    });
    writeFileSync(processor, config);
    const other = await clip.create({ ...tinyClip, model: folder });
    expect(other.fingerprint).not.toBe(backbone.fingerprint);
    await other.dispose();
    rmSync(folder, { recursive: true });
  });
});

describe('clip refuses', () => {
  test('to work once disposed of, and is disposed of twice without harm', async () => {
    const shortLived = await clip.create(tinyClip);
    const running = shortLived.embedImages([pixelRef(48, 48)]);
    await running;
    await shortLived.dispose();
    await shortLived.dispose();
    for (const call of [
      () => shortLived.embedImages([pixelRef(48, 48)]),
      () => shortLived.embedTexts!(['a cat']),
      () => shortLived.graph!(),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: 'DISPOSED',
        message: expect.stringMatching(/disposed of\. Load it again/) as string,
      });
    }
  });

  test('a folder that does not exist, and one that lacks a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cl-clip-'));
    await expect(clip.create({ ...tinyClip, model: join(folder, 'no') })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/folder ".*no" does not exist/) as string,
    });
    await expect(clip.create({ ...tinyClip, model: folder })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/config\.json" does not exist.*vision_model\.onnx/) as string,
    });
    await expect(clip.create({ ...tinyClip, dtype: 'q8' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/vision_model_quantized\.onnx.*option dtype/) as string,
    });
    rmSync(folder, { recursive: true });
  });

  test('a damaged weights file, across the thread that loads it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cl-clip-'));
    cpSync(tinyClipPath, folder, { recursive: true });
    truncateSync(join(folder, 'onnx', 'vision_model.onnx'), 1_000_000);
    await expect(clip.create({ ...tinyClip, model: folder })).rejects.toMatchObject({
      name: 'ClError',
      code: 'INVALID_MODEL',
      message: expect.stringMatching(/vision_model\.onnx" does not load on cpu.*damaged/) as string,
    });
    rmSync(folder, { recursive: true });
  });

  test('a damaged weights file with the first image, where loading is put off', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cl-clip-'));
    cpSync(tinyClipPath, folder, { recursive: true });
    truncateSync(join(folder, 'onnx', 'vision_model.onnx'), 1_000_000);
    const damaged = await clip.create({ ...tinyClip, model: folder, lazy: true });
    const expected = {
      code: 'INVALID_MODEL',
      message: expect.stringMatching(/vision_model\.onnx" does not load on cpu.*damaged/) as string,
    };
    await expect(damaged.embedImages([pixelRef(48, 48)])).rejects.toMatchObject(expected);
    await expect(damaged.embedTexts!(['a cat'])).rejects.toMatchObject(expected);
    await damaged.dispose();
    rmSync(folder, { recursive: true });
  });

  test('a model that is no CLIP, and one whose files contradict each other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cl-clip-'));
    cpSync(tinyClipPath, folder, { recursive: true });
    writeFileSync(join(folder, 'config.json'), '{"model_type":"vit","hidden_size":192}');
    await expect(clip.create({ ...tinyClip, model: folder })).rejects.toMatchObject({
      code: 'INVALID_MODEL',
      message: expect.stringMatching(/of a vit.*expected a CLIP.*backbone vit/) as string,
    });
    writeFileSync(join(folder, 'config.json'), '{"model_type":"clip","projection_dim":512}');
    const wrong = await clip.create({ ...tinyClip, model: folder });
    await expect(wrong.embedImages([pixelRef(48, 48)])).rejects.toMatchObject({
      code: 'INVALID_MODEL',
      message: expect.stringMatching(/192 features.*expected the 512/) as string,
    });
    await wrong.dispose();
    writeFileSync(join(folder, 'config.json'), '{"model_type":');
    await expect(clip.create({ ...tinyClip, model: folder })).rejects.toMatchObject({
      code: 'INVALID_MODEL',
      message: expect.stringMatching(/config\.json" is not readable JSON/) as string,
    });
    rmSync(folder, { recursive: true });
  });

  test.each([
    ['batchSize', -1],
    ['device', 'gpu'],
    ['dtype', 'fp64'],
    ['mirror', 'not an address'],
    ['threads', 1.5],
  ])('the option %s = %j', async (key, value) => {
    await expect(resolveOptions(clip, { [key]: value })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(`option ${key} is ${JSON.stringify(value)}`) as string,
    });
  });
});
