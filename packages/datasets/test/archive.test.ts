import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { cifar10, imageFolder } from '@cl/datasets';
import { resolveOptions, type Dataset } from '@cl/hub';
import { decodeImage, loadImage } from '@cl/images';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packed, sha256, tar, tarGz, zip, type Files } from './archives.ts';
import { smallCifar10 } from './cifar-copy.ts';
import { errorOf } from './error-of.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'archive-'));
  process.env['CL_CACHE_DIR'] = join(home, 'cache');
});
afterEach(() => {
  delete process.env['CL_CACHE_DIR'];
  rmSync(home, { recursive: true });
});

/** Opens an archive of these bytes as an image folder. */
async function open(name: string, bytes: Buffer): Promise<Dataset> {
  writeFileSync(join(home, name), bytes);
  return imageFolder.create(
    await resolveOptions(imageFolder, { root: join(home, name), testFraction: 0 }),
  );
}

const ids = (dataset: Dataset) => dataset.train.map(({ image }) => image.id);
const contents = async (dataset: Dataset): Promise<string[]> =>
  Promise.all(
    dataset.train.map(async ({ image }) => {
      const source = await loadImage(image);
      return source.kind === 'encoded' ? Buffer.from(source.bytes).toString() : source.kind;
    }),
  );

const good: Files = {
  'cat/1.jpg': 'stored',
  'dog/1.png': 'deflated '.repeat(9),
  'readme.txt': 'x',
};

describe.each(['photos.zip', 'photos.tar', 'photos.tar.gz', 'photos.tgz'])('%s', (name) => {
  test('is read in place, its outer folder skipped, hidden files left out', async () => {
    const dataset = await open(name, await packed(name, good));
    expect(ids(dataset)).toEqual(['cat/1.jpg', 'dog/1.png']);
    expect(await contents(dataset)).toEqual(['stored', 'deflated '.repeat(9)]);
    const nested = Object.fromEntries(
      Object.entries(good).map(([path, x]) => [`photos/${path}`, x]),
    );
    const hidden = { ...nested, '__MACOSX/photos/cat/._1.jpg': 'x', 'photos/cat/.DS_Store': 'x' };
    expect(ids(await open(`other-${name}`, await packed(name, hidden)))).toEqual(ids(dataset));
    const beside = readdirSync(home).filter((entry) => entry !== 'cache');
    expect(beside.sort()).toEqual([name, `other-${name}`].sort()); // nothing was extracted beside it
  });

  test('an image in it decodes', async () => {
    const red = { width: 3, height: 2, channels: 3, background: { r: 250, g: 1, b: 2 } } as const;
    const png = await sharp({ create: red }).png().toBuffer();
    const dataset = await open(name, await packed(name, { 'red/1.png': png }));
    const { width, height, data } = await decodeImage(dataset.train[0]!.image);
    expect([width, height, ...data.subarray(0, 3)]).toEqual([3, 2, 250, 1, 2]);
  });

  test.each(['../escaped.jpg', 'cat/../../escaped.jpg', '/tmp/escaped.jpg'])(
    'with the path %s is refused',
    async (path) => {
      // yauzl words its own refusal of a zip; what is said of a tar is ours.
      const bytes = await packed(name, { ...good, [path]: 'x' });
      const error = await errorOf(() => open(name, bytes));
      expect(error.code).toBe('CORRUPT_FILE');
      expect(error.message).toMatch(/leaves the archive|relative path|absolute path/u);
      expect(existsSync(join(dirname(home), 'escaped.jpg'))).toBe(false);
    },
  );

  test.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
    ['another file', () => Buffer.from('<html>not found</html>'.repeat(99))],
    ['empty', () => Buffer.alloc(0)],
  ])('that is %s is refused, and nothing stays behind', async (what, broken) => {
    const bytes = broken(await packed(name, { ...good, 'cat/2.png': 'x'.repeat(5000) }));
    const error = await errorOf(() => open(name, bytes));
    // A tar without a byte is one without a file.
    expect([error.code]).toEqual([
      what === 'empty' && name.endsWith('tar') ? 'EMPTY_STREAM' : 'CORRUPT_FILE',
    ]);
    expect(error.message).toContain(join(home, name));
    const unpacked = join(home, 'cache', 'datasets', 'unpacked');
    if (existsSync(unpacked)) expect(readdirSync(unpacked)).toEqual([]);
  });
});

describe('a zip', () => {
  test.each([
    ['a wrong CRC-32', { crc: 1 }, 'has dog/1.png damaged (its CRC-32 is wrong)'],
    ['an encrypted file', { flags: 0x801 }, 'has dog/1.png encrypted, expected deflate'],
    ['an unknown packing', { method: 14 }, 'has dog/1.png packed by method 14, expected deflate'],
    ['a size too small', { size: 5 }, 'has dog/1.png damaged'],
  ])('with %s is listed, and that file is unreadable', async (_, lie, words) => {
    const dataset = await open('lie.zip', zip(good, { 'dog/1.png': lie }));
    const error = await errorOf(async () => loadImage(dataset.train[1]!.image));
    expect(error.code).toBe('UNREADABLE_IMAGE');
    expect(error.message).toContain(words);
  });

  test('that announces a bomb, or holds a file twice, is refused', async () => {
    const bomb = await errorOf(() => open('a.zip', zip(good, { 'dog/1.png': { size: 2 ** 31 } })));
    expect([bomb.code, bomb.message]).toEqual([
      'CORRUPT_FILE',
      expect.stringContaining('gives dog/1.png 2147483648 bytes out of'),
    ]);
    const twice = await errorOf(() =>
      open('b.zip', zip(good, { 'dog/1.png': { name: 'cat/1.jpg' } })),
    );
    expect(twice.code).toBe('CORRUPT_FILE');
    expect(twice.message).toContain('holds cat/1.jpg twice');
  });
});

/** Changes a header of a tar and mends its sum; the type is at byte 156, the size at 124. */
function withHeader(bytes: Buffer, at: number, change: (header: Buffer) => void): Buffer {
  const header = bytes.subarray(at, at + 512);
  change(header);
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}

describe('a tar', () => {
  test('made by the system, with long names of either kind, is read', async () => {
    const long = 'a folder with a very long name '.repeat(4).trim();
    const path = join(home, 'in', long, `${long}.jpg`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'long');
    for (const format of ['gnu', 'pax']) {
      const file = join(home, `${format}.tar`);
      execFileSync('tar', [`--format=${format}`, '-cf', file, '-C', join(home, 'in'), '.']);
      const options = await resolveOptions(imageFolder, { root: file, testFraction: 0 });
      const dataset = await imageFolder.create(options);
      expect(ids(dataset)).toEqual([`${long}/${long}.jpg`]);
      expect(await contents(dataset)).toEqual(['long']);
    }
  });

  test('links in it are no files', async () => {
    const bytes = withHeader(await tar(good), 0, (header) => header.write('2', 156));
    expect(ids(await open('links.tar', bytes))).toEqual(['dog/1.png']);
  });

  test('with a file larger than itself, or a header that lies, is refused', async () => {
    const large = withHeader(await tar(good), 0, (header) => header.write('77777777777\0', 124));
    const error = await errorOf(() => open('large.tar', large));
    expect(error.code).toBe('CORRUPT_FILE');
    expect(error.message).toContain('is cut off, or gives the file at byte 0 a wrong size');
    const lying = await tar(good);
    lying[1024 + 3]! ^= 1; // the second header
    expect((await errorOf(() => open('lying.tar', lying))).message).toContain(
      'has no header at byte 1024',
    );
  });

  test('with a file twice is refused', async () => {
    const bytes = await tar(good);
    const twice = Buffer.concat([bytes.subarray(0, bytes.length - 1024), bytes]);
    const error = await errorOf(() => open('twice.tar', twice));
    expect([error.code, error.message]).toEqual([
      'CORRUPT_FILE',
      expect.stringContaining('holds cat/1.jpg twice'),
    ]);
  });
});

describe('a .tar.gz', () => {
  async function openCifar(bytes: Buffer, signal?: AbortSignal): Promise<Dataset> {
    const path = join(home, 'cifar-10-binary.tar.gz');
    writeFileSync(path, bytes);
    const checksums = { 'cifar-10-binary.tar.gz': sha256(bytes) };
    const options = await resolveOptions(cifar10, { path, checksums, partial: true });
    return cifar10.create(options, { signal });
  }

  test('is unpacked once, and again when the file changes', async () => {
    await openCifar(await tarGz(smallCifar10()));
    const unpacked = join(home, 'cache', 'datasets', 'cifar10', 'unpacked');
    expect(readdirSync(unpacked)).toHaveLength(1);
    await openCifar(await tarGz(smallCifar10()));
    await openCifar(await tarGz({ ...smallCifar10(), 'more.txt': 'x' }));
    expect(readdirSync(unpacked).length).toBeGreaterThan(1);
  });

  test('that holds far more than it should is refused before it has filled the disk', async () => {
    const bomb = gzipSync(Buffer.alloc(64 << 20)); // 64 MiB of zeros in 64 kB
    const error = await errorOf(() => openCifar(bomb));
    expect(error.code).toBe('CORRUPT_FILE');
    expect(error.message).toMatch(/holds more than \d+ bytes, more than it should/u);
    expect(readdirSync(join(home, 'cache', 'datasets', 'cifar10', 'unpacked'))).toEqual([]);
  });

  test('can be cancelled while it is unpacked, and nothing stays behind', async () => {
    const error = await errorOf(async () =>
      openCifar(await tarGz(smallCifar10()), AbortSignal.abort()),
    );
    expect(error.code).toBe('ABORTED');
    const folder = join(home, 'cache', 'datasets', 'cifar10');
    const left = existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : [];
    expect(left.filter((name) => name.includes('.tar'))).toEqual([]);
  });
});
