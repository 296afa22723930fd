import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cifar10, cifar100 } from '@cl/datasets';
import { resolveOptions, type Dataset } from '@cl/hub';
import { decodeImage } from '@cl/images';
import { describeDataset } from '@cl/testing/vitest';
import { afterAll, describe, expect, test } from 'vitest';
import { sha256, tarGz, type Files } from './archives.ts';
import { record, smallCifar10, smallCifar100 } from './cifar-copy.ts';
import { errorOf } from './error-of.ts';
import { honest, serve } from './file-server.ts';

const home = mkdtempSync(join(tmpdir(), 'cifar-'));
afterAll(() => rmSync(home, { recursive: true }));

let folders = 0;
const freshFolder = (): string => {
  const folder = join(home, String(folders++));
  mkdirSync(folder);
  return folder;
};

type LocalArchive = {
  readonly path: string;
  readonly checksums: Readonly<Record<string, string>>;
  readonly partial: true;
};

const names = ['cifar-10-binary.tar.gz', 'cifar-100-binary.tar.gz'] as const;
const trusted = (bytes: Buffer) => Object.fromEntries(names.map((name) => [name, sha256(bytes)]));

/** An archive of these files on disk, with the options that accept it. */
async function archive(files: Files): Promise<LocalArchive> {
  const bytes = await tarGz(files);
  const path = join(freshFolder(), 'copy.tar.gz');
  writeFileSync(path, bytes);
  return { path, checksums: trusted(bytes), partial: true };
}

/** The files extracted, as people do by hand. */
function extracted(files: Files): string {
  const folder = freshFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

async function open10(given: Record<string, unknown>): Promise<Dataset> {
  return cifar10.create(await resolveOptions(cifar10, { cacheDir: freshFolder(), ...given }));
}

async function open100(given: Record<string, unknown>): Promise<Dataset> {
  return cifar100.create(await resolveOptions(cifar100, { cacheDir: freshFolder(), ...given }));
}

describe('CIFAR-10', () => {
  test('lists images with their labels, batch by batch', async () => {
    const dataset = await open10(await archive(smallCifar10()));
    expect(dataset.classes.map(({ id }) => id).slice(0, 3)).toEqual([
      'cifar10/airplane',
      'cifar10/automobile',
      'cifar10/bird',
    ]);
    // Image i of the copy has label i mod 10; five batches of four, then ten test images.
    const labels = Array.from({ length: 20 }, (_, i) => dataset.classes[i % 10]!.id);
    expect(dataset.train.map(({ classId }) => classId)).toEqual(labels);
    expect(dataset.test.map(({ classId }) => classId)).toEqual(labels.slice(0, 10));
    expect(dataset.train[5]!.image.id).toBe('data_batch_2.bin/1');
  });

  test('interleaves the planes of red, green and blue', async () => {
    const dataset = await open10(await archive(smallCifar10()));
    const image = await decodeImage(dataset.train[5]!.image);
    expect([image.width, image.height]).toEqual([32, 32]);
    const planes = record([], 5);
    for (let i = 0; i < 1024; i += 1) {
      expect([...image.data.subarray(3 * i, 3 * i + 3)]).toEqual([
        planes[i],
        planes[1024 + i],
        planes[2048 + i],
      ]);
    }
  });

  test('an extracted folder gives the same images and hashes, named itself or from outside', async () => {
    const fromArchive = await open10(await archive(smallCifar10()));
    const folder = extracted(smallCifar10());
    for (const path of [folder, join(folder, 'cifar-10-batches-bin')]) {
      const dataset = await open10({ path, partial: true });
      expect(dataset.train.map(({ image }) => image.hash)).toEqual(
        fromArchive.train.map(({ image }) => image.hash),
      );
    }
    expect(new Set(fromArchive.train.map(({ image }) => image.hash)).size).toBe(20);
  });

  test('is downloaded once, with progress, and leaves only its files in the cache', async () => {
    const bytes = await tarGz(smallCifar10());
    const server = await serve(bytes, honest);
    const cacheDir = freshFolder();
    const given = { cacheDir, mirrors: [server.url], checksums: trusted(bytes), partial: true };
    const phases = new Set<string>();
    const options = await resolveOptions(cifar10, given);
    const dataset = await cifar10.create(options, { onProgress: ({ phase }) => phases.add(phase) });
    expect(dataset.train).toHaveLength(20);
    expect([...phases]).toEqual([
      'download cifar-10-binary.tar.gz',
      'unpack cifar-10-binary.tar.gz',
      'list archive',
      'read labels of cifar10',
    ]);
    await cifar10.create(options);
    await server.close();
    expect(server.ranges).toHaveLength(1);
    const kept = readdirSync(join(cacheDir, 'datasets', 'cifar10')).sort();
    expect(kept).toEqual(['cifar-10-binary.tar', 'files.json']);
  });
});

describe('CIFAR-100', () => {
  test('has fine and coarse labels, and spaces in its phrases', async () => {
    const copy = await archive(smallCifar100());
    const fine = await open100(copy);
    expect(fine.classes).toHaveLength(100);
    expect(fine.classes[7]).toEqual({
      id: 'cifar100/aquarium_fish_7',
      name: 'aquarium_fish_7',
      phrase: 'aquarium fish 7',
    });
    expect(fine.train.map(({ classId }) => classId)).toEqual(fine.classes.map(({ id }) => id));
    const coarse = await open100({ ...copy, labels: 'coarse' });
    expect(coarse.classes).toHaveLength(20);
    expect(coarse.train[99]!.classId).toBe('cifar100-coarse/large_carnivores_19');
    expect(coarse.train.map(({ image }) => image.hash)).toEqual(
      fine.train.map(({ image }) => image.hash),
    );
    // A record is two labels and 3,072 bytes of pixels.
    const { data } = await decodeImage(coarse.test[42]!.image);
    expect([...data.subarray(0, 3)]).toEqual([...[0, 80, 160].map((c) => (43 * 40 + c) % 256)]);
  });
});

describe('bad input', () => {
  const files = smallCifar10();
  const meta = 'cifar-10-batches-bin/batches.meta.txt';
  const testBatch = 'cifar-10-batches-bin/test_batch.bin';
  const withoutTest = Object.fromEntries(
    Object.entries(files).filter(([name]) => name !== testBatch),
  );

  test.each([
    [
      'a file cut inside a record',
      { ...files, [testBatch]: record([1], 1).subarray(0, 3000) },
      '3000 bytes, expected a multiple of 3073',
    ],
    ['an empty file', { ...files, [testBatch]: '' }, 'has 0 bytes'],
    [
      'a label out of range',
      { ...files, [testBatch]: record([10], 1) },
      'gives image 0 label 10, expected 0 to 9',
    ],
    ['a name too few', { ...files, [meta]: 'cat\ndog\n' }, 'names 2 classes, expected 10'],
    ['a missing file', withoutTest, 'lacks test_batch.bin'],
  ])('refuses an archive with %s', async (_, content, words) => {
    const copy = await archive(content);
    const error = await errorOf(() => open10(copy));
    expect(error.code).toBe('CORRUPT_FILE');
    expect(error.message).toContain(words);
  });

  test('refuses fewer images than published unless told that the copy is cut down', async () => {
    const error = await errorOf(() => open10({ path: extracted(files) }));
    expect(error.code).toBe('CORRUPT_FILE');
    expect(error.message).toContain('has 4 images, expected 10000');
    expect(error.message).toContain('option partial');
  });

  test('refuses a local archive of another checksum, and says which it has', async () => {
    const copy = await archive(files);
    const error = await errorOf(() => open10({ path: copy.path }));
    expect(error.code).toBe('CHECKSUM_MISMATCH');
    expect(error.message).toContain(`has SHA-256 ${copy.checksums[names[0]]!}, expected c4a38c50`);
  });

  test('refuses a path where nothing is, and a folder without its files', async () => {
    const nothing = await errorOf(() => open10({ path: join(home, 'nowhere') }));
    expect(nothing.code).toBe('NOT_FOUND');
    const other = await errorOf(() => open10({ path: freshFolder() }));
    expect(other.code).toBe('NOT_FOUND');
    expect(other.message).toContain('holds nothing of CIFAR-10: none of data_batch_1.bin, and no');
  });

  test('an image whose file was cut afterwards is unreadable, not grey', async () => {
    const folder = extracted(files);
    const dataset = await open10({ path: folder, partial: true });
    truncateSync(join(folder, testBatch), 3073 * 2);
    const error = await errorOf(() => decodeImage(dataset.test[5]!.image));
    expect(error.code).toBe('UNREADABLE_IMAGE');
    expect(error.message).toContain('test_batch.bin/5');
    expect((await decodeImage(dataset.test[1]!.image)).data).toHaveLength(3072);
  });

  test.each([
    [{ checksums: { 'a.zip': 'abc' } }, 'expected 64 lower-case hex digits'],
    [{ mirrors: ['file:///etc/passwd'] }, 'option mirrors.0'],
    [{ retries: -1 }, 'option retries'],
  ])('refuses the options %j', async (given, words) => {
    const error = await errorOf(() => resolveOptions(cifar10, given));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toContain(words);
  });
});

describeDataset(cifar10, { ...(await archive(smallCifar10())), cacheDir: freshFolder() });
describeDataset(cifar100, { ...(await archive(smallCifar100())), cacheDir: freshFolder() });
