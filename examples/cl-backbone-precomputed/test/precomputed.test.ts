import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveOptions, type ClError } from '@cl/hub';
import { writeSafetensors } from '@cl/hub/node';
import { syntheticImages } from '@cl/testing';
import { describeBackbone } from '@cl/testing/vitest';
import { expect, test } from 'vitest';
import { precomputed } from '../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'precomputed-'));
const file = join(folder, 'features.safetensors');
const images = syntheticImages(6);
const texts = ['a cat', 'a dog', 'a house'];

/** As Python would write it: features that tell their row and column. */
const matrix = (rows: number) =>
  ({
    dtype: 'float32',
    dims: [rows, 3],
    data: Float32Array.from({ length: rows * 3 }, (_, i) => i + 0.5),
  }) as const;
await writeSafetensors(
  file,
  { features: matrix(6), text_features: matrix(3) },
  {
    ids: JSON.stringify(images.map(({ id }) => id)),
    texts: JSON.stringify(texts),
    logit_scale: '30',
  },
);

describeBackbone(precomputed, { file }, { images, texts });

test('an image gets the row of its id, whatever the order', async () => {
  const backbone = await precomputed.create({ file });
  const { data } = await backbone.embedImages([images[4]!, images[0]!]);
  expect([...data]).toEqual([12.5, 13.5, 14.5, 0.5, 1.5, 2.5]);
  expect(backbone.logitScale).toBe(30);
});

test('without texts it offers images alone', async () => {
  const plain = join(folder, 'plain.safetensors');
  await writeSafetensors(plain, { features: matrix(1) }, { ids: '["a"]' });
  const backbone = await precomputed.create({ file: plain });
  expect(backbone.capabilities).toEqual(['image-features']);
  expect(backbone.embedTexts).toBeUndefined();
});

test.each([
  [{ other: matrix(1) }, {}, 'has no tensor "features", expected float32 [N, D].'],
  [{ features: matrix(2) }, { ids: '["a"]' }, 'has float32 [2, 3] and 1 ids, expected float32'],
  [{ features: matrix(1) }, {}, 'has float32 [1, 3] and no ids, expected'],
])('a file that is not as agreed is refused: %#', async (tensors, metadata, said) => {
  const wrong = join(folder, 'wrong.safetensors');
  await writeSafetensors(wrong, tensors, metadata);
  const options = await resolveOptions(precomputed, { file: wrong });
  const error = await precomputed.create(options).catch((thrown: ClError) => thrown);
  expect(error).toMatchObject({ code: 'INVALID_MODEL' });
  expect((error as ClError).message).toContain(said);
});

test('a file that does not exist is NOT_FOUND', async () => {
  const options = { file: join(folder, 'none') };
  await expect(precomputed.create(options)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
