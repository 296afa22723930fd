import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as api from '@cl/datasets';
import { splitByDomain, xTail } from '@cl/datasets';
import {
  createRandom,
  createRegistry,
  resolveOptions,
  type AnyPlugin,
  type Dataset,
} from '@cl/hub';
import { afterAll, describe, expect, test } from 'vitest';
import { extract } from './copy-on-disk.ts';
import { errorOf } from './error-of.ts';
import { copies } from './published-copies.ts';

const home = mkdtempSync(join(tmpdir(), 'options-'));
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

/** Opens an extracted copy, changed before it is read. */
async function open(
  name: string,
  given: Record<string, unknown> = {},
  { preset, change }: { preset?: string; change?: (root: string) => void } = {},
): Promise<Dataset> {
  const root = extract(copies[name]!, freshFolder());
  change?.(root);
  const plugin = registry.get('dataset', name);
  const options = { cacheDir: freshFolder(), path: root, ...given };
  return plugin.create(await resolveOptions(plugin, options, preset));
}

const names = (samples: Dataset['train']) => samples.map(({ image }) => image.id);
const perClass = (samples: Dataset['train']) =>
  samples.reduce<Record<string, number>>(
    (counts, { classId }) => ({ ...counts, [classId]: (counts[classId] ?? 0) + 1 }),
    {},
  );

describe('splits', () => {
  test('validation images are left out, or train too', async () => {
    for (const name of ['flowers', 'aircraft']) {
      const without = await open(name);
      const all = await open(name, { validation: 'train' });
      expect(all.train.length).toBeGreaterThan(without.train.length);
      expect(names(all.train)).toEqual(expect.arrayContaining(names(without.train)));
      expect(names(all.test)).toEqual(names(without.test));
    }
  });

  test('the authors’ own lists need no split file', async () => {
    const change = (split: string) => (root: string) => rmSync(join(root, split));
    const own = { split: 'authors' };
    const food = await open('food-101', own, { change: change('split_zhou_Food101.json') });
    expect(names(food.train)).toEqual([
      'images/apple_pie/1001.jpg',
      'images/apple_pie/1002.jpg',
      'images/waffles/2003.jpg',
    ]);
    expect(names(food.test)).toEqual(['images/apple_pie/1003.jpg', 'images/waffles/2001.jpg']);
    const pets = await open('pets', own, { change: change('split_zhou_OxfordPets.json') });
    expect(names(pets.train)).toEqual([
      'images/Abyssinian_1.jpg',
      'images/Abyssinian_2.jpg',
      'images/american_bulldog_3.jpg',
    ]);
    expect(pets.classes.map(({ id }) => id)).toEqual(['pets/abyssinian', 'pets/american_bulldog']);
    const dtd = await open('dtd', { ...own, validation: 'train' });
    expect(names(dtd.train)).toEqual([
      'images/banded/banded_0002.jpg',
      'images/polka-dotted/polka-dotted_0003.jpg',
      'images/banded/banded_0001.jpg',
    ]);
    expect(names(dtd.test)).toHaveLength(2);
  });

  test('class folders without a split hold a part of each class out, by the seed', async () => {
    const eurosat = await open('eurosat', { split: 'fraction', testFraction: 0.4 });
    // round(3 · 0.4) of three images a class; names as CoOp gives them.
    expect(perClass(eurosat.test)).toEqual({
      'eurosat/Annual Crop Land': 1,
      'eurosat/Sea or Lake': 1,
    });
    expect(perClass(eurosat.train)).toEqual({
      'eurosat/Annual Crop Land': 2,
      'eurosat/Sea or Lake': 2,
    });
    const imagenet = await open('imagenet-r', { split: 'fraction', testFraction: 0.5 });
    expect(perClass(imagenet.test)).toEqual({
      'imagenet-r/n01443537': 2,
      'imagenet-r/n01484850': 2,
    });
  });

  test('train and test folders, as PILOT has them, are the split', async () => {
    const root = freshFolder();
    for (const path of [
      'train/n01443537/a.jpg',
      'train/n01484850/b.jpg',
      'test/n01443537/c.jpg',
      'test/n01484850/d.jpg',
    ]) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), path);
    }
    const plugin = registry.get('dataset', 'imagenet-r');
    const dataset = await plugin.create(await resolveOptions(plugin, { path: root }));
    expect(names(dataset.train)).toEqual(['train/n01443537/a.jpg', 'train/n01484850/b.jpg']);
    expect(names(dataset.test)).toEqual(['test/n01443537/c.jpg', 'test/n01484850/d.jpg']);
  });
});

describe('classes', () => {
  test('are named in words, with the sentence patterns of their dataset', async () => {
    expect((await open('pets')).classes[1]).toEqual({
      id: 'pets/american_bulldog',
      name: 'american_bulldog',
      phrase: 'american bulldog',
      templates: ['a photo of a {}, a type of pet.'],
    });
    expect((await open('imagenet-r')).classes.map(({ name }) => name)).toEqual([
      'goldfish',
      'great white shark',
    ]);
    expect((await open('tiny-imagenet')).classes.map(({ name }) => name)).toEqual([
      'Egyptian cat',
      'reel',
    ]);
    expect((await open('cub-200')).classes[0]).toMatchObject({ phrase: 'Black footed Albatross' });
    expect((await open('mnist')).classes[7]).toMatchObject({ id: 'mnist/7', name: '7 - seven' });
  });

  test('have the one pattern of RAIL’s code with the preset rail, or whatever is asked for', async () => {
    const templates = async (name: string) =>
      (await open(name, {}, { preset: 'rail' })).classes[0]!.templates;
    expect(await templates('food-101')).toEqual(['a photo of a {}.']);
    expect(await templates('eurosat')).toEqual(['a photo of a {} satellite location.']);
    expect(await templates('mnist')).toEqual(['a photo of a number: "{}".']);
    expect((await open('dtd', { templates: [] })).classes[0]).toEqual({
      id: 'dtd/banded',
      name: 'banded',
    });
    const error = await errorOf(() => open('dtd', { templates: ['a texture'] }));
    expect([error.code, error.message]).toEqual([
      'INVALID_OPTION',
      expect.stringContaining('expected {} where the class goes'),
    ]);
  });

  test('all of X-TAIL’s domains go into one stream, each with ids of its own', async () => {
    const order = 'aircraft caltech-101 eurosat dtd flowers food-101 mnist pets cars sun397'.split(
      ' ',
    );
    const datasets = await Promise.all(order.map(async (name) => open(name)));
    for (const dataset of datasets) expect(splitByDomain(dataset)).toEqual([dataset]);
    const stream = await xTail.create(await resolveOptions(xTail, { shots: 1 }), {
      datasets,
      random: createRandom(0),
    });
    expect(stream.experiences).toHaveLength(order.length);
    expect(stream.experiences.map(({ classes }) => classes.length)).toEqual([
      2, 2, 2, 2, 2, 2, 10, 2, 2, 2,
    ]);
  });
});

/** Changes a text file of a copy. */
const edit = (file: string, from: string, to: string) => (root: string) => {
  const path = join(root, file);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
};

describe('bad input', () => {
  const split = 'split_zhou_DescribableTextures.json';
  test.each([
    ['dtd', {}, edit(split, '{', ''), 'CORRUPT_FILE', 'is no JSON'],
    ['dtd', {}, edit(split, '"val"', '"valid"'), 'CORRUPT_FILE', 'has at val: '],
    ['dtd', {}, edit(split, '0,"banded"', '"x","banded"'), 'CORRUPT_FILE', 'has at train.0.1: '],
    [
      'dtd',
      {},
      edit(split, '0,"banded"', '1,"banded"'),
      'CORRUPT_FILE',
      'calls label 1 "banded" and, for',
    ],
    [
      'dtd',
      {},
      edit(split, 'banded_0001', 'banded_0009'),
      'NOT_FOUND',
      '1 of 4 images that split_zhou_Describ',
    ],
    [
      'dtd',
      {},
      edit(split, 'banded/banded_0001', '../../etc/passwd'),
      'NOT_FOUND',
      '(images/../../etc/passwd.jpg)',
    ],
    [
      'dtd',
      {},
      edit(split, 'banded_0003', 'banded_0001'),
      'INVALID_DATA',
      'lists images/banded/banded_0001.jpg twice',
    ],
    [
      'dtd',
      { split: 'authors' },
      edit('labels/test1.txt', 'banded/', 'plaid/'),
      'CORRUPT_FILE',
      'has an image of "plaid", which is no class',
    ],
    [
      'aircraft',
      {},
      edit('variants.txt', 'F/A-18', 'F/A-19'),
      'CORRUPT_FILE',
      'has an image of "F/A-18", which is no class',
    ],
    [
      'food-101',
      { split: 'authors' },
      edit('meta/train.json', '{', '['),
      'CORRUPT_FILE',
      'is no JSON object with a list',
    ],
    [
      'pets',
      { split: 'authors' },
      edit('annotations/test.txt', 'Abyssinian_3 1', 'Abyssinian_3 2'),
      'CORRUPT_FILE',
      'has the line "Abyssinian_3 2 1 1"',
    ],
    [
      'cub-200',
      {},
      edit('train_test_split.txt', '2 1\n', '2 7\n'),
      'CORRUPT_FILE',
      'found image 2 (001.Black_footed_Albatross/A_0009_34.jpg) without',
    ],
    [
      'cub-200',
      {},
      edit('classes.txt', '1 001', '9 001'),
      'CORRUPT_FILE',
      'without a class or a split',
    ],
    [
      'tiny-imagenet',
      {},
      edit('val/val_annotations.txt', 'n02124075', 'n00000000'),
      'CORRUPT_FILE',
      'gives val_1.JPEG the class "n00000000"',
    ],
    [
      'imagenet-r',
      {},
      edit('imagenet-r_train.yaml', 'art_3', 'art_9'),
      'NOT_FOUND',
      '(n01443537/art_9.jpg)',
    ],
    [
      'imagenet-r',
      {},
      (root: string) => rmSync(join(root, 'imagenet-r_test.yaml')),
      'NOT_FOUND',
      'holds no imagenet-r_test.yaml. Add the file',
    ],
    [
      'pets',
      {},
      (root: string) => rmSync(join(root, 'split_zhou_OxfordPets.json')),
      'NOT_FOUND',
      'holds no split_zhou_OxfordPets.json',
    ],
  ] as const)('%s %j is refused', async (name, given, change, code, words) => {
    const error = await errorOf(() => open(name, given, { change }));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(words)]);
  });

  const images = 'train-images-idx3-ubyte';
  const rewrite = (file: string, change: (bytes: Buffer) => Buffer) => (root: string) =>
    writeFileSync(join(root, file), change(readFileSync(join(root, file))));
  test.each([
    [
      'a file cut off',
      images,
      (bytes: Buffer) => bytes.subarray(0, -1),
      'for 12 images of 28 × 28',
    ],
    [
      'another magic number',
      images,
      (bytes: Buffer) => Buffer.concat([Buffer.from([9]), bytes.subarray(1)]),
      'is no idx file of images',
    ],
    ['an empty file', images, () => Buffer.alloc(0), 'is no idx file of images'],
    [
      'fewer labels',
      'train-labels-idx1-ubyte',
      (bytes: Buffer) => bytes.subarray(0, -2),
      'has 10 labels, and its header says 12',
    ],
    [
      'a label out of range',
      'train-labels-idx1-ubyte',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([10])]),
      'gives image 11 label 10, of 10',
    ],
    [
      'images and labels of two lengths',
      't10k-labels-idx1-ubyte',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 7), Buffer.from([1, 3])]),
      't10k has 10 images and 1 labels',
    ],
  ] as const)('MNIST with %s is refused', async (_, file, change, words) => {
    const error = await errorOf(() => open('mnist', {}, { change: rewrite(file, change) }));
    expect([error.code, error.message]).toEqual(['CORRUPT_FILE', expect.stringContaining(words)]);
  });

  test('a path with nothing of the dataset, and one that is missing', async () => {
    const nothing = await errorOf(() => open('flowers', { path: freshFolder() }));
    expect([nothing.code, nothing.message]).toEqual([
      'NOT_FOUND',
      expect.stringContaining(
        'holds nothing of Oxford 102 Flowers: none of jpg, split_zhou_OxfordFlowers.json, and',
      ),
    ]);
    const missing = await errorOf(() => open('flowers', { path: join(home, 'nowhere') }));
    expect([missing.code, missing.message]).toEqual([
      'NOT_FOUND',
      expect.stringContaining('nowhere does not exist'),
    ]);
  });
});
