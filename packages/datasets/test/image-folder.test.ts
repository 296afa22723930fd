import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { imageFolder } from '@cl/datasets';
import { resolveOptions, type Dataset } from '@cl/hub';
import { decodeImage } from '@cl/images';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { errorOf } from './error-of.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'image-folder-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Files by their path; listing reads none of them, so a byte is image enough. */
function files(...names: string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), 'x');
  }
}

async function open(given: Record<string, unknown> = {}): Promise<Dataset> {
  return imageFolder.create(await resolveOptions(imageFolder, { root, ...given }));
}

const idsOf = (samples: Dataset['train']) => samples.map(({ image }) => image.id);
const classIds = (dataset: Dataset) => dataset.classes.map(({ id }) => id);
const numbered = (folder: string, n: number) =>
  Array.from({ length: n }, (_, i) => `${folder}/${i}.png`);

describe('class folders', () => {
  test('the folder is the class; images in sub-folders are its too, in natural order', async () => {
    files('cat/img10.JPG', 'cat/img9.jpeg', 'cat/more/deep/1.webp', 'dog/1.png', 'dog/notes.txt');
    const dataset = await open({ testFraction: 0 });
    expect(classIds(dataset)).toEqual(['cat', 'dog']);
    expect(idsOf(dataset.train)).toEqual([
      'cat/img9.jpeg',
      'cat/img10.JPG',
      'cat/more/deep/1.webp',
      'dog/1.png',
    ]);
    expect(dataset.test).toEqual([]);
  });

  test('classes come in natural order whatever the file system says', async () => {
    files('class 10/a.png', 'class 9/a.png', 'Zebra/a.png', 'ape/a.png', 'élan/a.png');
    expect(classIds(await open())).toEqual(['Zebra', 'ape', 'class 9', 'class 10', 'élan']);
  });

  test('an image is decoded when somebody looks, from its file', async () => {
    files('red/1.png');
    const red = { width: 3, height: 2, channels: 3, background: { r: 250, g: 1, b: 2 } } as const;
    await sharp({ create: red }).png().toFile(join(root, 'red/1.png'));
    const dataset = await open();
    const { width, height, data } = await decodeImage(dataset.train[0]!.image);
    expect([width, height, ...data.subarray(0, 3)]).toEqual([3, 2, 250, 1, 2]);
  });

  test('hidden files and folders are left out', async () => {
    files('cat/1.png', 'cat/.hidden.png', '.git/1.png', '__MACOSX/1.png');
    expect(idsOf((await open()).train)).toEqual(['cat/1.png']);
  });

  test('a class name with markup in it stays what it is', async () => {
    files('<img src=x onerror=alert(1)>/1.png', 'golden_retriever/1.png');
    const dataset = await open();
    expect(dataset.classes).toEqual([
      { id: '<img src=x onerror=alert(1)>', name: '<img src=x onerror=alert(1)>' },
      { id: 'golden_retriever', name: 'golden_retriever', phrase: 'golden retriever' },
    ]);
  });

  test('a domain goes into the classes and their ids, templates into the classes', async () => {
    files('cat/1.png');
    const dataset = await open({ domain: 'pets', templates: ['a {}, a type of pet'] });
    expect(dataset.name).toBe('pets');
    expect(dataset.classes).toEqual([
      { id: 'pets/cat', name: 'cat', domain: 'pets', templates: ['a {}, a type of pet'] },
    ]);
    expect(dataset.train[0]!.classId).toBe('pets/cat');
  });

  test('links inside the root are followed', async () => {
    files('cat/1.png', 'store/2.png');
    symlinkSync(join(root, 'store', '2.png'), join(root, 'cat', '2.png'));
    symlinkSync(join(root, 'cat'), join(root, 'kitten'));
    const dataset = await open({ testFraction: 0 });
    expect(idsOf(dataset.train)).toEqual([
      'cat/1.png',
      'cat/2.png',
      'kitten/1.png',
      'kitten/2.png',
      'store/2.png',
    ]);
  });
});

describe('the split', () => {
  test('train and test sub-folders are the split; others beside them are not read', async () => {
    files(
      'train/cat/1.png',
      'train/dog/2.png',
      'test/cat/3.png',
      'test/dog/4.png',
      'val/cat/5.png',
    );
    const dataset = await open();
    expect(classIds(dataset)).toEqual(['cat', 'dog']);
    expect(idsOf(dataset.train)).toEqual(['train/cat/1.png', 'train/dog/2.png']);
    expect(idsOf(dataset.test)).toEqual(['test/cat/3.png', 'test/dog/4.png']);
  });

  test('their names are options, and a vehicle called train stays a class', async () => {
    files('train/cat/1.png', 'val/cat/2.png');
    expect(idsOf((await open({ testFolder: 'val' })).test)).toEqual(['val/cat/2.png']);
    const error = await errorOf(() => open());
    expect(error.code).toBe('INVALID_DATA');
    expect(error.message).toContain('Set testFolder to "val"');
    expect(classIds(await open({ trainFolder: '' }))).toEqual(['train', 'val']);
  });

  test('a fraction of every class is held out, chosen by the seed', async () => {
    files(...numbered('cat', 20), ...numbered('dog', 10), 'one/1.png', ...numbered('two', 2));
    const dataset = await open({ testFraction: 0.25, seed: 1 });
    const count = (samples: Dataset['train'], id: string) =>
      samples.filter(({ classId }) => classId === id).length;
    // round(20/4), round(10/4), a single image trains, two are shared.
    expect(['cat', 'dog', 'one', 'two'].map((id) => count(dataset.test, id))).toEqual([5, 3, 0, 1]);
    expect(['cat', 'dog', 'one', 'two'].map((id) => count(dataset.train, id))).toEqual([
      15, 7, 1, 1,
    ]);
    expect(new Set([...idsOf(dataset.train), ...idsOf(dataset.test)]).size).toBe(33);
    expect(idsOf((await open({ testFraction: 0.25, seed: 1 })).test)).toEqual(idsOf(dataset.test));
    expect(idsOf((await open({ testFraction: 0.25, seed: 2 })).test)).not.toEqual(
      idsOf(dataset.test),
    );
  });

  test('a new class changes nothing about what is held out of the others', async () => {
    files(...numbered('cat', 20));
    const before = idsOf((await open()).test);
    files(...numbered('ape', 20));
    const after = idsOf((await open()).test);
    expect(after.filter((id) => id.startsWith('cat/'))).toEqual(before);
  });

  test('split files name the images; without a training list the rest trains', async () => {
    files(...numbered('cat', 4));
    writeFileSync(join(root, 'test.txt'), '# held out\ncat/1.png\r\n\ncat/3.png\n');
    writeFileSync(join(root, 'train.txt'), 'cat/0.png');
    const rest = await open({ testList: 'test.txt' });
    expect([idsOf(rest.train), idsOf(rest.test)]).toEqual([
      ['cat/0.png', 'cat/2.png'],
      ['cat/1.png', 'cat/3.png'],
    ]);
    const both = await open({ testList: 'test.txt', trainList: 'train.txt' });
    expect(idsOf(both.train)).toEqual(['cat/0.png']);
  });
});

describe('a CSV list', () => {
  const csv = (...lines: string[]) => writeFileSync(join(root, 'list.csv'), lines.join('\n'));

  test('gives path, label and split; further columns and other splits are left out', async () => {
    files('a/1.png', 'a/2.png', 'b/3.png', 'b/4.png');
    csv(
      '\uFEFFlabel,path,split,author',
      'cat,a/1.png,train,x',
      '"dog, ""big""",b/3.png,train,x',
      'cat,./a/2.png,test,x',
      'cat,b/4.png,val,x',
    );
    const dataset = await open({ list: 'list.csv' });
    expect(classIds(dataset)).toEqual(['cat', 'dog, "big"']);
    expect(idsOf(dataset.train)).toEqual(['a/1.png', 'b/3.png']);
    expect(idsOf(dataset.test)).toEqual(['a/2.png']);
  });

  test('without a split column a fraction is held out', async () => {
    files(...numbered('a', 10));
    csv('path,label', ...numbered('a', 10).map((path) => `${path},cat`));
    const dataset = await open({ list: 'list.csv', testFraction: 0.3 });
    expect([dataset.train.length, dataset.test.length]).toEqual([7, 3]);
  });

  test.each([
    ['../../etc/passwd', 'INVALID_DATA', 'leads out of the folder'],
    ['/etc/passwd', 'INVALID_DATA', 'leads out of the folder to /etc/passwd'],
    ['a/../../secret.png', 'INVALID_DATA', 'leads out of the folder'],
    ['way-out.png', 'INVALID_DATA', '"way-out.png" leads out of the folder to'],
    ['a/gone.png', 'NOT_FOUND', '1 of 2 files that list.csv lists are not in'],
    ['a', 'NOT_FOUND', '(a)'],
    ['a/1.png', 'INVALID_DATA', 'lines 2 and 3 of list.csv both list a/1.png'],
    ['', 'INVALID_DATA', 'line 3 of list.csv has an empty path'],
  ])('refuses the path "%s"', async (path, code, words) => {
    const beside = mkdtempSync(join(tmpdir(), 'outside-'));
    writeFileSync(join(beside, 'secret.png'), 'x');
    symlinkSync(join(beside, 'secret.png'), join(root, 'way-out.png'));
    files('a/1.png');
    csv('path,label', 'a/1.png,cat', `${path},cat`);
    const error = await errorOf(() => open({ list: 'list.csv' }));
    rmSync(beside, { recursive: true });
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });

  test.each([
    ['path;label\na;b', 'INVALID_DATA', 'has no column "path"'],
    [
      'path,label,split\na/1.png,cat,holdout',
      'INVALID_DATA',
      'split "holdout", expected train or test',
    ],
    ['path,label\n"a/1.png,cat', 'CORRUPT_FILE', 'list.csv is not a CSV'],
    ['path,label\na/1.png,cat,more', 'CORRUPT_FILE', 'list.csv is not a CSV'],
    ['path,label\na/1.png,"c\u0000t"', 'INVALID_DATA', 'without control characters'],
    ['path,label\n', 'EMPTY_STREAM', 'list.csv lists no image'],
  ])('refuses %j', async (text, code, words) => {
    files('a/1.png');
    csv(text);
    const error = await errorOf(() => open({ list: 'list.csv' }));
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });

  test('refuses a list that is not there or lies outside', async () => {
    expect((await errorOf(() => open({ list: 'no.csv' }))).code).toBe('NOT_FOUND');
    expect((await errorOf(() => open({ list: '../no.csv' }))).code).toBe('INVALID_DATA');
  });
});

describe('bad input', () => {
  test('names every empty class folder', async () => {
    files('cat/1.png');
    mkdirSync(join(root, 'dodo', 'drawings'), { recursive: true });
    files('yeti/readme.txt');
    const error = await errorOf(() => open());
    expect(error.code).toBe('EMPTY_CLASS');
    expect(error.message).toContain('hold no image ("dodo", "yeti"), expected at least one each');
  });

  test('refuses a class that is only in the test folder', async () => {
    files('train/cat/1.png', 'test/cat/2.png', 'test/dog/3.png');
    const error = await errorOf(() => open());
    expect(error.code).toBe('EMPTY_CLASS');
    expect(error.message).toContain('have no training image ("dog")');
  });

  test('refuses a folder without class folders, and says what lies there instead', async () => {
    files('1.png', '2.png');
    const error = await errorOf(() => open());
    expect(error.code).toBe('EMPTY_STREAM');
    expect(error.message).toContain(
      'no class folder (2 images lie beside), expected CLASS/IMAGE.jpg',
    );
  });

  test('refuses a root that is missing, a file, or not given', async () => {
    files('file.png');
    const missing = await errorOf(() => open({ root: join(root, 'nowhere') }));
    expect([missing.code, missing.message]).toEqual([
      'NOT_FOUND',
      `image-folder: ${join(root, 'nowhere')} does not exist. Check the path.`,
    ]);
    const file = await errorOf(() => open({ root: join(root, 'file.png') }));
    expect(file.code).toBe('NOT_FOUND');
    expect(file.message).toContain('is a file, expected a folder');
    const none = await errorOf(() => open({ root: '' }));
    expect(none.code).toBe('INVALID_OPTION');
    expect(none.message).toContain('option root is empty, expected a folder of images');
  });

  test.each([
    ['out of the root', () => tmpdir(), 'INVALID_DATA', '"cat/link" leads out of the folder'],
    ['to a folder above', () => root, 'INVALID_DATA', '"cat/link" leads back to a folder above it'],
    ['to nothing', () => join(root, 'gone'), 'NOT_FOUND', '"cat/link" points to nothing'],
  ] as const)('refuses a link that leads %s', async (_, target, code, words) => {
    files('cat/1.png');
    symlinkSync(target(), join(root, 'cat', 'link'));
    const error = await errorOf(() => open());
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });

  test.each([
    ['cat/9.png', 'NOT_FOUND', '1 of 1 files that test.txt lists are not in'],
    ['../cat/1.png', 'INVALID_DATA', 'leads out of the folder'],
  ])('refuses the split file line %s', async (line, code, words) => {
    files('cat/1.png');
    writeFileSync(join(root, 'test.txt'), line);
    const error = await errorOf(() => open({ testList: 'test.txt' }));
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });

  test('refuses an image in both split files', async () => {
    files('cat/1.png');
    writeFileSync(join(root, 'both.txt'), 'cat/1.png');
    const error = await errorOf(() => open({ testList: 'both.txt', trainList: 'both.txt' }));
    expect(error.code).toBe('INVALID_DATA');
    expect(error.message).toContain('cat/1.png is in the training list and in the test list');
  });

  test('can be cancelled, and says how far it is', async () => {
    files('cat/1.png', 'dog/1.png');
    const options = await resolveOptions(imageFolder, { root });
    const controller = new AbortController();
    const seen: string[] = [];
    const error = await errorOf(() =>
      imageFolder.create(options, {
        signal: controller.signal,
        onProgress({ phase, done, total }) {
          seen.push(`${phase} ${done}/${total}`);
          controller.abort();
        },
      }),
    );
    expect(error.code).toBe('ABORTED');
    expect(seen).toEqual(['list images 0/2']);
  });
});
