import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { cifar10 } from '@cl/datasets';
import { resolveOptions, type Dataset } from '@cl/hub';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256, smallCifar10, tarGz } from './cifar-copy.ts';
import { errorOf } from './error-of.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'archive-'));
});
afterEach(() => rmSync(home, { recursive: true }));

/** Opens CIFAR-10 from an archive of these bytes, whose checksum is taken for granted. */
async function open(bytes: Buffer, signal?: AbortSignal): Promise<Dataset> {
  const path = join(home, 'copy.tar.gz');
  writeFileSync(path, bytes);
  const given = { path, sha256: sha256(bytes), partial: true, cacheDir: join(home, 'cache') };
  return cifar10.create(await resolveOptions(cifar10, given), { signal });
}

const halfOf = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length >> 1);

/** What extraction left behind in the cache. */
function left(): string[] {
  const folder = join(home, 'cache', 'datasets', 'cifar10');
  return existsSync(folder) ? readdirSync(folder) : [];
}

const good = smallCifar10();
const folder = 'cifar-10-batches-bin';

test('paths that leave the folder are never written', async () => {
  const dataset = await open(
    await tarGz({
      '../escaped.bin': 'x',
      [`${folder}/../../escaped.bin`]: 'x',
      '/tmp/x': 'x',
      ...good,
    }),
  );
  expect(dataset.train).toHaveLength(20);
  expect(left()).toHaveLength(1);
  const written = readdirSync(home, { recursive: true }).map(String);
  expect(written.filter((name) => name.includes('escaped'))).toEqual([]);
  expect(readdirSync(join(home, 'cache', 'datasets', 'cifar10', left()[0]!)).sort()).toEqual([
    'batches.meta.txt',
    ...[1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`),
    'test_batch.bin',
  ]);
});

test('a file of the right name in another folder does not count', async () => {
  const moved = Object.entries(good).map(([name, content]) => [`other/${name}`, content] as const);
  const error = await errorOf(async () => open(await tarGz(Object.fromEntries(moved))));
  expect(error.code).toBe('CORRUPT_FILE');
  expect(error.message).toContain(`lacks`);
  expect(left()).toEqual([]);
});

test('a link in the place of a file is refused', async () => {
  // The type of a tar entry is byte 156 of its header; "2" is a symbolic link, its sum is at byte 148.
  const tar = gunzipSync(await tarGz(good));
  tar[156] = '2'.charCodeAt(0);
  tar.fill(0x20, 148, 156);
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const error = await errorOf(() => open(gzipSync(tar)));
  expect(error.code).toBe('CORRUPT_FILE');
  expect(left()).toEqual([]);
});

test('a file that is there twice is refused', async () => {
  const tar = gunzipSync(await tarGz(good));
  const twice = Buffer.concat([tar.subarray(0, tar.length - 1024), tar]);
  const error = await errorOf(() => open(gzipSync(twice)));
  expect(error.code).toBe('CORRUPT_FILE');
  expect(error.message).toContain('twice');
});

test('a bomb is refused before it has gone off', async () => {
  // A header that announces 8 GiB of a file that nobody wants.
  const tar = gunzipSync(await tarGz({ [`${folder}/big`]: 'x' }));
  tar.write('77777777777\0', 124);
  tar.fill(0x20, 148, 156);
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const error = await errorOf(() => open(gzipSync(tar)));
  expect(error.code).toBe('CORRUPT_FILE');
  expect(error.message).toContain('holds more than it should');
});

test.each([
  ['cut off', async () => halfOf(await tarGz(good))],
  [
    'a tar cut inside a file',
    async () => gzipSync(gunzipSync(await tarGz(good)).subarray(0, 5000)),
  ],
  ['no gzip', async () => Buffer.from('<html>not found</html>')],
  ['no tar', async () => gzipSync(Buffer.alloc(4096, 1))],
  ['empty', async () => Buffer.alloc(0)],
])('an archive that is %s is refused, and nothing stays behind', async (_, bytes) => {
  const error = await errorOf(async () => open(await bytes()));
  expect(error.code).toBe('CORRUPT_FILE');
  expect(error.message).toContain(join(home, 'copy.tar.gz'));
  expect(left()).toEqual([]);
});

test('extraction can be cancelled, and nothing stays behind', async () => {
  const error = await errorOf(async () => open(await tarGz(good), AbortSignal.abort()));
  expect(error.code).toBe('ABORTED');
  expect(left()).toEqual([]);
});
