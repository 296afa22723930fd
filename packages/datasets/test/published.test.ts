import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as api from '@cl/datasets';
import { datasetCatalog } from '@cl/datasets';
import {
  createRegistry,
  resolveOptions,
  type AnyPlugin,
  type Dataset,
  type ImageRef,
  type Sample,
} from '@cl/hub';
import { loadImage } from '@cl/images';
import { describeDataset } from '@cl/testing/vitest';
import { afterAll, describe, expect, test } from 'vitest';
import { extract, pack, trusted } from './copy-on-disk.ts';
import { errorOf } from './error-of.ts';
import { honest, serve } from './file-server.ts';
import { copies } from './published-copies.ts';

const home = mkdtempSync(join(tmpdir(), 'published-'));
afterAll(() => rmSync(home, { recursive: true }));
let folders = 0;
const freshFolder = (): string => {
  const folder = join(home, String(folders++));
  mkdirSync(folder);
  return folder;
};

const registry = createRegistry(
  ...Object.values(api as Readonly<Record<string, unknown>>).filter(
    (value): value is AnyPlugin => typeof value === 'object' && value !== null && '~cl' in value,
  ),
);

async function open(name: string, given: Record<string, unknown>): Promise<Dataset> {
  const plugin = registry.get('dataset', name);
  return plugin.create(await resolveOptions(plugin, { cacheDir: freshFolder(), ...given }));
}

const labels = (samples: readonly Sample[]): Record<string, string> =>
  Object.fromEntries(samples.map(({ image, classId }) => [image.id, classId]));

async function contentOf(image: ImageRef): Promise<string> {
  const source = await loadImage(image);
  if (source.kind === 'pixels') return `pixels ${source.width} ${source.data[0]!}`;
  if (source.kind === 'encoded') return Buffer.from(source.bytes).toString();
  return readFileSync(source.path, 'utf8');
}

test('every dataset of the catalogue has a plugin, a copy here, a licence and places to fetch it from', () => {
  const tested = [...Object.keys(copies), 'cifar10', 'cifar100'].sort();
  expect(datasetCatalog.map(({ name }) => name).sort()).toEqual(tested);
  for (const { name, license, citation, files, templates } of datasetCatalog) {
    expect(registry.get('dataset', name).help).toHaveProperty('checksums');
    expect([license, citation].every((text) => text.length > 2)).toBe(true);
    expect(templates.every((template) => template.includes('{}'))).toBe(true);
    for (const { urls, checksum } of files) {
      expect(urls.length).toBeGreaterThan(0);
      for (const url of urls) expect(new URL(url).protocol).toMatch(/^https?:$/u);
      expect(Object.values(checksum).some((sum) => /^[0-9a-f]{32,64}$/u.test(sum))).toBe(true);
    }
  }
});

describe.each(Object.entries(copies))('%s', (name, copy) => {
  const { classes, train, test: held } = copy.expected;

  const expectWhole = async (dataset: Dataset): Promise<void> => {
    expect(dataset.name).toBe(name);
    expect(dataset.classes.map(({ id }) => id)).toEqual(classes);
    expect(labels(dataset.train)).toEqual(train);
    expect(labels(dataset.test)).toEqual(held);
    const { image } = dataset.test[0]!;
    const expected =
      name === 'mnist' ? 'pixels 28 101' : `image ${image.id.split('/').slice(-2).join('/')}`;
    expect(await contentOf(image)).toBe(expected);
  };

  test('is downloaded from a mirror, kept, and read from the cache without the server', async () => {
    const archives = await pack(copy);
    const server = await serve(archives, honest);
    const cacheDir = freshFolder();
    const given = { cacheDir, mirrors: [server.url], checksums: trusted(archives) };
    await expectWhole(await open(name, given));
    await server.close();
    expect(server.paths.sort()).toEqual(
      Object.keys(archives)
        .map((file) => `/${file}`)
        .sort(),
    );
    await expectWhole(await open(name, given));
    const kept = readdirSync(join(cacheDir, 'datasets', name));
    expect(kept.filter((file) => /gz$|part$/u.test(file))).toEqual([]); // unpacked, nothing half
  });

  test('is read from a folder as toolboxes have it, named itself or from outside', async () => {
    const data = freshFolder();
    const root = extract(copy, data);
    await expectWhole(await open(name, { path: root }));
    await expectWhole(await open(name, { path: data }));
  });

  test('is read from a folder with its archives', async () => {
    const folder = freshFolder();
    const archives = await pack(copy);
    for (const [file, bytes] of Object.entries(archives)) writeFileSync(join(folder, file), bytes);
    await expectWhole(await open(name, { path: folder, checksums: trusted(archives) }));
    const error = await errorOf(async () => open(name, { path: folder }));
    expect(error.code).toBe('CHECKSUM_MISMATCH');
    expect(error.message).toContain('give the option checksums');
  });

  test('a file of another checksum is put aside, and said so', async () => {
    const server = await serve(await pack(copy), honest);
    const cacheDir = freshFolder();
    const error = await errorOf(async () => open(name, { cacheDir, mirrors: [server.url] }));
    await server.close();
    expect(error.code).toBe('CHECKSUM_MISMATCH');
    expect(error.message).toMatch(/It was put aside as .*\.rejected; try again/u);
    expect(readdirSync(join(cacheDir, 'datasets', name))).toEqual([
      `${Object.keys(copy.archives).find((file) => error.message.includes(`/${file}`))!}.rejected`,
    ]);
  });
});

for (const [name, copy] of Object.entries(copies)) {
  describeDataset(registry.get('dataset', name), {
    path: dirname(extract(copy, join(home, 'conformance', name, 'x'))),
    cacheDir: join(home, 'conformance'),
  } as object);
}
