import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  caltech101,
  datasetState,
  fetchDataset,
  importDataset,
  pets,
  publishedDataset,
  verifyDataset,
} from '@cl/datasets';
import { resolveOptions } from '@cl/hub';
import { afterAll, describe, expect, test } from 'vitest';
import { sha256, tarGz, zip } from './archives.ts';
import { extract, pack, trusted } from './copy-on-disk.ts';
import { errorOf } from './error-of.ts';
import { honest, serve } from './file-server.ts';
import { copies } from './published-copies.ts';

const home = mkdtempSync(join(tmpdir(), 'manage-'));
afterAll(() => rmSync(home, { recursive: true }));
let folders = 0;
const freshFolder = (): string => {
  const folder = join(home, String(folders++));
  mkdirSync(folder);
  return folder;
};

const copy = copies['pets']!;
const descriptor = publishedDataset('pets');
const archives = await pack(copy);
const checksums = trusted(archives);

/** The archives in a folder. */
function archiveFolder(names = Object.keys(archives)): string {
  const folder = freshFolder();
  for (const name of names) writeFileSync(join(folder, name), archives[name]!);
  return folder;
}

describe('get', () => {
  test('fetches what is missing, and says how far a dataset is', async () => {
    const server = await serve(archives, honest);
    const given = { cacheDir: freshFolder(), checksums, mirrors: [server.url] };
    expect(await datasetState(descriptor, given)).toMatchObject({ state: 'absent', bytes: 0 });
    await importDataset(descriptor, archiveFolder(['images.tar.gz']), given);
    expect(await datasetState(descriptor, given)).toMatchObject({
      state: 'partial',
      missing: ['annotations.tar.gz', 'split_zhou_OxfordPets.json'],
    });
    await fetchDataset(descriptor, given);
    await server.close();
    expect(server.paths.sort()).toEqual(['/annotations.tar.gz', '/split_zhou_OxfordPets.json']);
    const { state, missing, bytes } = await datasetState(descriptor, given);
    expect([state, missing]).toEqual(['cached', []]);
    expect(bytes).toBeGreaterThan(1000);
  });

  test('an unknown dataset is refused with the nearest name', async () => {
    const error = await errorOf(() => publishedDataset('pest'));
    expect(error.code).toBe('NOT_FOUND');
    expect(error.message).toContain('did you mean "pets"?');
  });
});

describe('verify', () => {
  test('finds files that are missing, damaged, or not those that are published', async () => {
    const cacheDir = freshFolder();
    const given = { cacheDir, checksums };
    await importDataset(descriptor, archiveFolder(), given);
    const states = async (options = given) =>
      (await verifyDataset(descriptor, options)).map(({ state }) => state);
    expect(await states()).toEqual(['good', 'good', 'good']);
    // Without the option these are no published files.
    expect(await states({ cacheDir, checksums: {} })).toEqual(Array(3).fill('unpublished'));
    appendFileSync(join(cacheDir, 'datasets', 'pets', 'images.tar'), 'x');
    rmSync(join(cacheDir, 'datasets', 'pets', 'annotations.tar'));
    expect(await states()).toEqual(['damaged', 'missing', 'good']);
    const [damaged] = await verifyDataset(descriptor, given);
    expect(damaged!.detail).toMatch(
      /images\.tar has SHA-256 [0-9a-f]{64}, and had [0-9a-f]{64} when it came/u,
    );
  });
});

describe('import', () => {
  test('takes published files in, which then serve without any path', async () => {
    const given = { cacheDir: freshFolder(), checksums };
    const folder = archiveFolder();
    expect(await importDataset(descriptor, folder, given)).toEqual(
      descriptor.files.map(({ name }) => `${name} is in the cache`),
    );
    rmSync(folder, { recursive: true });
    const dataset = await pets.create(await resolveOptions(pets, given));
    expect(dataset.train).toHaveLength(2);
    const again = await importDataset(descriptor, archiveFolder(['images.tar.gz']), given);
    expect(again).toEqual(['images.tar.gz is in the cache already']);
  });

  test('notes an extracted folder, which is then read in place', async () => {
    const given = { cacheDir: freshFolder() };
    const root = extract(copy, freshFolder());
    expect(await importDataset(descriptor, root, given)).toEqual([`${root} is read in place`]);
    expect(await datasetState(descriptor, given)).toMatchObject({
      state: 'imported',
      folder: root,
    });
    const dataset = await pets.create(await resolveOptions(pets, given));
    expect(dataset.train).toHaveLength(2);
    rmSync(root, { recursive: true });
    const error = await errorOf(async () => pets.create(await resolveOptions(pets, given)));
    expect([error.code, error.message]).toEqual(['NOT_FOUND', expect.stringContaining(root)]);
  });

  test('takes the archive out of Caltech-101’s zip', async () => {
    const inner = await tarGz({
      '101_ObjectCategories/accordion/image_0001.jpg': 'a',
      '101_ObjectCategories/accordion/image_0002.jpg': 'b',
      '101_ObjectCategories/Faces/image_0001.jpg': 'c',
      '101_ObjectCategories/Faces/image_0002.jpg': 'd',
      '101_ObjectCategories/Faces_easy/image_0001.jpg': 'e',
      '101_ObjectCategories/BACKGROUND_Google/image_0001.jpg': 'f',
    });
    const outer = zip({
      'caltech-101/101_ObjectCategories.tar.gz': inner,
      '__MACOSX/caltech-101/._x': 'x',
    });
    const folder = freshFolder();
    writeFileSync(join(folder, 'caltech-101.zip'), outer);
    const given = { cacheDir: freshFolder(), checksums: { 'caltech-101.zip': sha256(outer) } };
    await importDataset(publishedDataset('caltech-101'), folder, given);
    expect(readdirSync(join(given.cacheDir, 'datasets', 'caltech-101')).sort()).toEqual([
      '101_ObjectCategories.tar',
      'files.json',
    ]);
    const options = await resolveOptions(caltech101, { ...given, split: 'fraction' });
    const dataset = await caltech101.create(options);
    // Two classes as CoOp has them: no background, no cropped faces, the folder Faces renamed.
    expect(dataset.classes.map(({ id }) => id)).toEqual([
      'caltech-101/face',
      'caltech-101/accordion',
    ]);
    expect([dataset.train.length, dataset.test.length]).toEqual([2, 2]);
  });

  test('refuses another file under a published name, a file of another name, and an empty folder', async () => {
    const given = { cacheDir: freshFolder() };
    const wrong = await errorOf(() => importDataset(descriptor, archiveFolder(), given));
    expect([wrong.code, wrong.message]).toEqual([
      'CHECKSUM_MISMATCH',
      expect.stringContaining('expected 67195c5e1c01'),
    ]);
    const folder = archiveFolder(['images.tar.gz']);
    writeFileSync(join(folder, 'photos.zip'), 'x');
    const other = await errorOf(() => importDataset(descriptor, join(folder, 'photos.zip'), given));
    expect([other.code, other.message]).toEqual([
      'NOT_FOUND',
      expect.stringContaining(
        'is none of images.tar.gz, annotations.tar.gz, split_zhou_OxfordPets.json',
      ),
    ]);
    const empty = await errorOf(() => importDataset(descriptor, freshFolder(), given));
    expect([empty.code, empty.message]).toEqual([
      'NOT_FOUND',
      expect.stringContaining('holds nothing of Oxford-IIIT Pets'),
    ]);
    expect((await datasetState(descriptor, given)).state).toBe('absent');
  });
});
