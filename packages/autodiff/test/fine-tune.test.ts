// The longer example of the README, run on a folder of images.
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { fineTune } from './support/fine-tune.ts';

const path = fileURLToPath(new URL('fixtures/vit.onnx', import.meta.url));

test('the last block of a local ViT learns an image folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cl-fine-tune-'));
  const colours = { blue: [20, 40, 200], green: [30, 180, 60], red: [210, 30, 20] };
  for (const [name, [r, g, b]] of Object.entries(colours)) {
    await mkdir(join(folder, name));
    for (let i = 0; i < 6; i++) {
      const background = { r: r! + 5 * i, g: g! - 3 * i, b: b! + 4 * i };
      const create = { width: 20, height: 30, channels: 3 as const, background };
      await sharp({ create })
        .png()
        .toFile(join(folder, name, `${i}.png`));
    }
  }
  const { classes, weights, losses } = await fineTune(path, folder, 16, 30);
  expect(classes).toEqual(['blue', 'green', 'red']);
  expect(losses).toHaveLength(30 * 3); // 8, 8 and 2 images an epoch
  expect(losses[0]).toBeCloseTo(Math.log(3), 5); // a head of zeros
  expect(losses.at(-1)).toBeLessThan(0.5 * Math.log(3));
  // 6 matrices and 10 vectors of the block, factors and shifts of the last norm, and the head.
  expect(Object.keys(weights)).toHaveLength(16 + 2 + 1);
  expect(Object.keys(weights).join()).not.toContain('layers.0');
  await rm(folder, { recursive: true });
});

test('the README has it word for word, in fifty lines', async () => {
  const read = (file: string) => readFile(new URL(file, import.meta.url), 'utf8');
  const example = await read('support/fine-tune.ts');
  expect(await read('../README.md')).toContain(example);
  expect(example.trimEnd().split('\n').length).toBeLessThanOrEqual(50);
});
