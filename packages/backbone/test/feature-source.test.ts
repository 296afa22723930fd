import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheSizes, clip, createFeatureSource } from '@cl/backbone';
import type { Backbone, ImageRef } from '@cl/hub';
import { tinyClipPath } from '@cl/tiny-clip';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pixelRef } from './support/images.ts';
import * as standIn from './support/cache-writer.mjs';
import { referenceImages, tinyClip } from './support/tiny-clip.ts';

let cacheDir: string;
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), 'cl-features-'));
});
afterEach(() => {
  rmSync(cacheDir, { recursive: true, force: true });
});

const range = (start: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => start + i);
const images = (start: number, count: number): ImageRef[] => range(start, count).map(standIn.image);
const rowsOf = (numbers: readonly number[]): Float32Array =>
  Float32Array.from(numbers.flatMap((n) => [...standIn.expected(n)]));
const segments = (): string[] =>
  readdirSync(join(cacheDir, 'features', standIn.fingerprint)).map((name) =>
    join(cacheDir, 'features', standIn.fingerprint, name),
  );

/** A source over the stand-in that counts what it computes. */
function counting(): { source: ReturnType<typeof createFeatureSource>; computed: () => number } {
  let computed = 0;
  const backbone = standIn.backbone((asked: readonly ImageRef[]) => (computed += asked.length));
  return { source: createFeatureSource(backbone, { cacheDir }), computed: () => computed };
}

/** Runs `cache-writer.mjs`. */
function writer(first: number, count: number, mode = 'once'): ReturnType<typeof spawn> {
  const script = fileURLToPath(new URL('support/cache-writer.mjs', import.meta.url));
  const args = [script, cacheDir, String(first), String(count), mode];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

describe('a feature source over tiny-clip', () => {
  test('never opens the file of a lazy model whose features are all known', async () => {
    const folder = join(cacheDir, 'model');
    cpSync(tinyClipPath, folder, { recursive: true });
    const options = { ...tinyClip, model: folder, lazy: true };
    const [known, unknown] = [pixelRef(48, 48), pixelRef(48, 47)];
    const first = await clip.create(options);
    const source = createFeatureSource(first, { cacheDir });
    const { data } = await source.images([known]);
    await source.dispose();
    await first.dispose();
    const second = await clip.create(options); // hashes the files for its fingerprint
    const file = join(folder, 'onnx', 'vision_model.onnx');
    renameSync(file, `${file}.away`);
    const again = createFeatureSource(second, { cacheDir });
    expect((await again.images([known])).data).toEqual(data);
    await expect(again.images([unknown])).rejects.toMatchObject({ code: 'INVALID_MODEL' });
    await again.dispose();
    await second.dispose();
  });

  test('gives the features of the backbone, images and texts, the second time from disk', async () => {
    const backbone = await clip.create(tinyClip);
    const refs = [...(await referenceImages()), pixelRef(90, 50), pixelRef(90, 50)];
    const direct = await backbone.embedImages(refs.slice(0, 13));
    const first = createFeatureSource(backbone, { cacheDir });
    expect(first).toMatchObject({
      fingerprint: backbone.fingerprint,
      featureDim: 192,
      logitScale: backbone.logitScale,
    });
    const features = await first.images(refs);
    expect(features).toMatchObject({ rows: 14, cols: 192 });
    expect(features.data.slice(0, 13 * 192)).toEqual(direct.data);
    expect(features.data.slice(13 * 192)).toEqual(features.data.slice(12 * 192, 13 * 192));
    expect(first.statistics).toEqual({ computed: 13, cached: 0 }); // the same picture is computed once
    const texts = await first.texts!(['a cat', 'a dog']);
    await first.dispose();
    await backbone.dispose();

    // A disposed backbone computes nothing: what comes now is from disk.
    const second = createFeatureSource(backbone, { cacheDir });
    expect(await second.images(refs)).toEqual(features);
    expect(await second.texts!(['a dog', 'a cat'])).toMatchObject({ rows: 2, cols: 192 });
    expect((await second.texts!(['a cat', 'a dog'])).data).toEqual(texts.data);
    await expect(second.texts!(['a bird'])).rejects.toMatchObject({ code: 'DISPOSED' });
    expect((await cacheSizes(cacheDir)).features).toBeGreaterThan(15 * 192 * 4);
    await second.dispose();
  });

  test('has no texts when the backbone has none', () => {
    expect(counting().source.texts).toBeUndefined();
  });
});

describe('a feature source', () => {
  test('computes in one run what is asked repeatedly once, also without a disk', async () => {
    let computed = 0;
    const backbone = standIn.backbone((asked: readonly ImageRef[]) => (computed += asked.length));
    const source = createFeatureSource(backbone, { cacheDir: false });
    await source.images(images(0, 500));
    const { data } = await source.images(images(250, 500));
    expect(data).toEqual(rowsOf(range(250, 500)));
    expect(computed).toBe(750);
  });

  test('hands out rows that the caller may change', async () => {
    const { source } = counting();
    (await source.images(images(0, 2))).data.fill(7);
    expect((await source.images(images(0, 2))).data).toEqual(rowsOf([0, 1]));
    await source.dispose();
  });

  test('sees what another one has written since', async () => {
    const [a, b] = [counting(), counting()];
    await a.source.images(images(0, 10));
    await b.source.images(images(0, 10));
    await a.source.images(images(10, 10));
    await b.source.images(images(0, 20));
    expect([a.computed(), b.computed()]).toEqual([20, 0]);
    await a.source.dispose();
    await b.source.dispose();
  });

  test('keeps finished parts of work that is aborted, and says how far it came', async () => {
    const { source, computed } = counting();
    const controller = new AbortController();
    const steps: number[] = [];
    const work = source.images(images(0, 2000), {
      signal: controller.signal,
      onProgress: ({ done, total }) => {
        steps.push(done);
        expect(total).toBe(2000);
        if (done >= 512) controller.abort();
      },
    });
    await expect(work).rejects.toMatchObject({ code: 'ABORTED' });
    expect(steps).toEqual([0, 256, 512]);
    expect(computed()).toBe(512);
    await source.dispose();
    const again = counting();
    await again.source.images(images(0, 2000));
    expect(again.computed()).toBe(2000 - 512);
    await again.source.dispose();
  });

  test('refuses NaN and infinities, and caches none', async () => {
    let value = NaN;
    const backbone = standIn.backbone();
    const sick: Backbone = {
      ...backbone,
      embedImages: async (refs) => {
        const features = await backbone.embedImages(refs);
        if (refs.length > 2) features.data[2 * standIn.width + 5] = value;
        return features;
      },
    };
    for (value of [NaN, Infinity]) {
      const source = createFeatureSource(sick, { cacheDir });
      await expect(source.images(images(0, 4))).rejects.toMatchObject({
        code: 'NON_FINITE',
        message: expect.stringMatching(
          /input 2 .* (NaN|Infinity) at 5.*none of the batch is cached/,
        ) as string,
      });
      await source.dispose();
    }
    const { source, computed } = counting();
    await source.images(images(0, 4));
    expect(computed()).toBe(4);
    await source.dispose();
  });

  test('names every image that cannot be read', async () => {
    const { source } = counting();
    const missing = range(0, 3).map((n): ImageRef => {
      return { id: `photo ${n}`, source: { kind: 'file', path: `/nowhere/${n}.jpg` } };
    });
    await expect(source.images([...images(0, 3), ...missing])).rejects.toMatchObject({
      code: 'UNREADABLE_IMAGE',
      message: expect.stringMatching(/3 images.*photo 0.*photo 1.*photo 2/s) as string,
    });
  });

  test('gives features also when the disk refuses them, and says so once', async () => {
    const blocked = join(cacheDir, 'a-file');
    writeFileSync(blocked, '');
    const warned = once(process, 'warning') as Promise<[NodeJS.ErrnoException]>;
    const source = createFeatureSource(standIn.backbone(), { cacheDir: blocked });
    expect((await source.images(images(0, 3))).data).toEqual(rowsOf([0, 1, 2]));
    expect((await source.images(images(0, 9))).data).toEqual(rowsOf(range(0, 9)));
    const [warning] = await warned;
    expect(warning.code).toBe('CL_FEATURE_CACHE');
    expect(warning.message).toMatch(/not cached on disk: ENOTDIR.*another cacheDir/);
    await source.dispose();
  });
});

describe('the cache on disk', () => {
  test('takes several processes that write the same and different features at once', async () => {
    const children = [writer(0, 3000), writer(0, 3000), writer(2000, 3000), writer(8000, 1000)];
    const codes = await Promise.all(children.map((child) => once(child, 'exit')));
    expect(codes.map(([code]) => code as number)).toEqual([0, 0, 0, 0]);
    const wanted = [...range(0, 5000), ...range(8000, 1000)];
    const { source, computed } = counting();
    expect((await source.images(wanted.map(standIn.image))).data).toEqual(rowsOf(wanted));
    expect(computed()).toBe(0);
    await source.dispose();
  });

  test('loses at most what a killed process was just writing', async () => {
    const child = writer(0, 256, 'forever');
    await once(child.stdout!, 'data');
    await new Promise((resolve) => setTimeout(resolve, 300));
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { source, computed } = counting();
    const { data } = await source.images(images(0, 4000));
    expect(data).toEqual(rowsOf(range(0, 4000)));
    expect(computed()).toBeLessThan(4000); // some of it had been written
    await source.dispose();
    const again = counting();
    await again.source.images(images(0, 4000));
    expect(again.computed()).toBe(0);
    await again.source.dispose();
  });

  test('ignores a torn tail at whatever byte it was torn', async () => {
    const { source } = counting();
    await source.images(images(0, 8));
    await source.images(images(8, 2)); // a second block: 16 + 2 · 36 + 2 · 256 bytes
    await source.dispose();
    const [segment] = segments();
    const whole = readFileSync(segment!);
    for (const lost of [1, 255, 256, 511, 512, 513, 583, 584, 590, 599]) {
      writeFileSync(segment!, whole);
      truncateSync(segment!, whole.length - lost);
      const reader = counting();
      expect((await reader.source.images(images(0, 10))).data).toEqual(rowsOf(range(0, 10)));
      expect(reader.computed()).toBe(2);
      await reader.source.dispose();
      for (const path of segments()) if (path !== segment) rmSync(path);
    }
  });

  test('never gives a row whose bytes have changed, nor trusts rubbish', async () => {
    const { source } = counting();
    await source.images(images(0, 8));
    await source.dispose();
    const [segment] = segments();
    const bytes = readFileSync(segment!);
    bytes[bytes.length - 3 * 256 + 17]! ^= 1; // in row 5
    writeFileSync(segment!, bytes);
    appendFileSync(segment!, 'CLF1 rubbish that looks like a header');
    writeFileSync(join(segment!, '..', 'rubbish.features'), Buffer.alloc(5000, 0xff));
    const reader = counting();
    expect((await reader.source.images(images(0, 8))).data).toEqual(rowsOf(range(0, 8)));
    expect(reader.computed()).toBe(1);
    await reader.source.dispose();
  });
});
