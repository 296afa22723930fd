import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cachedThumbnails, imageKey, thumbnail } from '@cl/images';
import type { ImageRef, PixelImage } from '@cl/hub';
import { afterEach, beforeEach, expect, test } from 'vitest';

let cacheDir: string;

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'cl-thumbnails-'));
});

afterEach(async () => {
  await rm(cacheDir, { recursive: true });
});

const red: PixelImage = {
  kind: 'pixels',
  width: 60,
  height: 40,
  data: new Uint8Array(60 * 40 * 3).map((_, i) => (i % 3 === 0 ? 200 : 30)),
};

/** A picture that counts how often somebody looks at it. */
function counted(hash: string): { readonly ref: ImageRef; looks(): number } {
  let looks = 0;
  const load = async (): Promise<PixelImage> => {
    looks += 1;
    return red;
  };
  return { ref: { id: 'red', hash, source: { kind: 'lazy', load } }, looks: () => looks };
}

async function files(): Promise<readonly string[]> {
  const entries = await readdir(cacheDir, { recursive: true });
  return entries.filter((name) => name.includes('.')).map((name) => join(cacheDir, name));
}

test('a picture that was made before is read, not decoded, also by another process', async () => {
  const { ref, looks } = counted('a'.repeat(64));
  const made = await cachedThumbnails(48, { cacheDir })(ref);
  expect(made).toBe(await thumbnail({ id: 'red', source: red }, 48));
  expect(await cachedThumbnails(48, { cacheDir })(ref)).toBe(made);
  expect(looks()).toBe(1);
  expect(await files()).toEqual([
    join(cacheDir, 'thumbnails', '48', 'aa', `${'a'.repeat(64)}.webp`),
  ]);
});

test('sizes are kept apart', async () => {
  const { ref, looks } = counted('b'.repeat(64));
  const large = await cachedThumbnails(48, { cacheDir })(ref);
  expect(await cachedThumbnails(12, { cacheDir })(ref)).not.toBe(large);
  expect(looks()).toBe(2);
});

test('a picture that ends early or is something else is made anew', async () => {
  const { ref, looks } = counted('c'.repeat(64));
  const made = await cachedThumbnails(48, { cacheDir })(ref);
  const [file] = await files();
  await truncate(file!, 40);
  expect(await cachedThumbnails(48, { cacheDir })(ref)).toBe(made);
  await writeFile(file!, new Uint8Array((await readFile(file!)).length)); // zeros, as after a loss of power
  expect(await cachedThumbnails(48, { cacheDir })(ref)).toBe(made);
  expect(looks()).toBe(3);
});

test('a folder that cannot be written costs time only', async () => {
  await mkdir(join(cacheDir, 'thumbnails'), { recursive: true });
  await writeFile(join(cacheDir, 'thumbnails', '48'), 'a file where a folder is wanted');
  const { ref, looks } = counted('d'.repeat(64));
  const thumbnails = cachedThumbnails(48, { cacheDir });
  expect(await thumbnails(ref)).toBe(await thumbnails(ref));
  expect(looks()).toBe(2);
});

test('an image that cannot be read is told of', async () => {
  const ref: ImageRef = { id: 'gone', source: { kind: 'file', path: join(cacheDir, 'gone.jpg') } };
  await expect(cachedThumbnails(48, { cacheDir })(ref)).rejects.toMatchObject({
    code: 'UNREADABLE_IMAGE',
    message: expect.stringContaining('gone') as string,
  });
});

test('keys are file names whatever a hash is called', async () => {
  const named = (hash: string): ImageRef => ({ id: 'x', hash, source: red });
  expect(await imageKey(named('e'.repeat(64)))).toBe('e'.repeat(64));
  expect(await imageKey(named('../../x'))).toMatch(/^[0-9a-f]{64}$/);
  expect(await imageKey(named('../../x'))).not.toBe(await imageKey(named('../../y')));
});
