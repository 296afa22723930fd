/** The model's input, seen through a model that gives it back, against transformers.js's own processor. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vit } from '@cl/backbone';
import type { Backbone } from '@cl/hub';
import { AutoImageProcessor, RawImage } from '@huggingface/transformers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodedImage } from './support/images.ts';
import { clipPreprocessor, writeEchoModel } from './support/model-folder.ts';

const size = 56;
const configs: Record<string, Record<string, unknown>> = {
  'CLIP (bicubic, centre crop)': clipPreprocessor(size),
  'ViT (bilinear, squeezed to a square)': {
    do_normalize: true,
    do_rescale: true,
    do_resize: true,
    image_mean: [0.5, 0.5, 0.5],
    image_processor_type: 'ViTImageProcessor',
    image_std: [0.5, 0.5, 0.5],
    resample: 2,
    rescale_factor: 0.00392156862745098,
    size: { height: size, width: size },
  },
  'DeiT (crop from a larger size, older key names)': {
    ...clipPreprocessor(size),
    feature_extractor_type: 'DeiTFeatureExtractor',
    image_processor_type: undefined,
    crop_size: size,
    size: { shortest_edge: 64 },
  },
  'a Lanczos one without rescaling': {
    ...clipPreprocessor(size),
    resample: 1,
    do_rescale: false,
    do_normalize: false,
  },
  'one that swaps red and blue, left to transformers.js itself': {
    ...clipPreprocessor(size),
    do_flip_channel_order: true,
  },
};

/** [width, height, channels, format]: larger and smaller than the crop, odd, wide, tall, exact, alpha and grey. */
const pictures = [
  [200, 150, 3, 'jpeg'],
  [57, 301, 3, 'png'],
  [640, 97, 3, 'webp'],
  [31, 47, 3, 'png'],
  [56, 56, 3, 'png'],
  [64, 64, 3, 'png'],
  [1, 1, 3, 'png'],
  [123, 77, 4, 'png'],
  [90, 120, 4, 'webp'],
  [100, 75, 1, 'jpeg'],
  [75, 100, 1, 'png'],
] as const;

describe.each(Object.entries(configs))('preprocessing of %s', (_, config) => {
  let folder: string;
  let backbone: Backbone;
  let processor: Awaited<ReturnType<typeof AutoImageProcessor.from_pretrained>>;
  beforeAll(async () => {
    folder = writeEchoModel(mkdtempSync(join(tmpdir(), 'cl-echo-')), size, config);
    const options = { ...vit.defaults, model: folder, device: 'cpu', pooling: 'pooled' } as const;
    backbone = await vit.create(options);
    processor = await AutoImageProcessor.from_pretrained(folder, { local_files_only: true });
  });
  afterAll(async () => {
    await backbone.dispose();
    rmSync(folder, { recursive: true });
  });

  test.each(pictures)(
    'equals transformers.js bit for bit on %i × %i, %i channels, %s',
    async (...shape) => {
      const bytes = await encodedImage(...shape);
      const image = await RawImage.fromBlob(new Blob([Uint8Array.from(bytes)]));
      const { pixel_values: expected } = (await processor(image)) as {
        pixel_values: { dims: number[]; data: Float32Array };
      };
      expect(expected.dims).toEqual([1, 3, size, size]);
      const { data } = await backbone.embedImages([
        { id: 'a', source: { kind: 'encoded', bytes } },
      ]);
      expect(data).toEqual(expected.data);
    },
  );
});

test('the class token is the first row of the last hidden state', async () => {
  const folder = writeEchoModel(
    mkdtempSync(join(tmpdir(), 'cl-echo-')),
    size,
    clipPreprocessor(size),
  );
  const pooled = await vit.create({
    ...vit.defaults,
    model: folder,
    device: 'cpu',
    pooling: 'pooled',
  });
  const cls = await vit.create({ ...vit.defaults, model: folder, device: 'cpu', pooling: 'cls' });
  const bytes = await encodedImage(80, 60, 3, 'png');
  const refs = Array.from({ length: 3 }, (_, i) => {
    return { id: String(i), source: { kind: 'encoded', bytes } } as const;
  });
  expect(await cls.embedImages(refs)).toEqual(await pooled.embedImages(refs));
  expect(cls.fingerprint).not.toBe(pooled.fingerprint);
  expect([(await cls.graph!()).take, (await pooled.graph!()).take]).toEqual(['first-token', 'all']);
  await cls.dispose();
  await pooled.dispose();
  rmSync(folder, { recursive: true });
});
