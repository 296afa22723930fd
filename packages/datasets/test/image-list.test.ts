import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { imageFolder, imageList } from '@cl/datasets';
import { resolveOptions, type Dataset } from '@cl/hub';
import { decodeImage } from '@cl/images';
import { describeDataset } from '@cl/testing/vitest';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { zip } from './archives.ts';
import { errorOf } from './error-of.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'list-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function files(...paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `image ${path}`);
  }
}

/** Opens a list of this name and text. */
async function open(
  name: string,
  text: string,
  given: Record<string, unknown> = {},
): Promise<Dataset> {
  writeFileSync(join(root, name), text);
  return imageList.create(await resolveOptions(imageList, { list: join(root, name), ...given }));
}

const labels = (samples: Dataset['train']) =>
  Object.fromEntries(samples.map(({ image, classId }) => [image.id, classId]));

const asJson = [
  { path: 'a/1.png', label: 'cat', split: 'train', size: 3 },
  { path: 'b/2.png', label: 'dog', split: 'train' },
  { path: 'b/3.png', label: 'cat', split: 'test' },
  { path: 'b/4.png', label: 'dog', split: 'validation' },
];

describe('a list', () => {
  test.each([
    [
      'list.csv',
      'path,label,split\na/1.png,cat,train\nb/2.png,dog,train\nb/3.png,cat,test\nb/4.png,dog,validation\n',
    ],
    ['list.json', JSON.stringify(asJson)],
    ['list.jsonl', `\uFEFF${asJson.map((row) => JSON.stringify(row)).join('\r\n')}\n\n`],
  ])('%s gives paths, labels and splits', async (name, text) => {
    files('a/1.png', 'b/2.png', 'b/3.png', 'b/4.png');
    const dataset = await open(name, text);
    expect(dataset.name).toBe('list');
    expect(labels(dataset.train)).toEqual({ 'a/1.png': 'cat', 'b/2.png': 'dog' });
    expect(labels(dataset.test)).toEqual({ 'b/3.png': 'cat' });
  });

  test('may call its columns otherwise, lie elsewhere, and name images in an archive', async () => {
    writeFileSync(join(root, 'photos.zip'), zip({ 'x/1.jpg': 'one', 'x/2.jpg': 'two' }));
    const text = '{"file_name":"x/1.jpg","class":7}\n{"file_name":"x/2.jpg","class":8}\n';
    const dataset = await open('metadata.jsonl', text, {
      root: join(root, 'photos.zip'),
      path: 'file_name',
      label: 'class',
      testFraction: 0,
      domain: 'shop',
    });
    expect(labels(dataset.train)).toEqual({ 'x/1.jpg': 'shop/7', 'x/2.jpg': 'shop/8' });
    expect(dataset.classes[0]).toEqual({ id: 'shop/7', name: '7', domain: 'shop' });
  });

  test.each([
    [
      'list.jsonl',
      '{"path":"a/1.png"}',
      'INVALID_DATA',
      'line 1 of LIST has no column "label", expected the columns path, label',
    ],
    [
      'list.jsonl',
      '{"path":"a/1.png","label":"cat"}\n{oops',
      'CORRUPT_FILE',
      'is not JSON lines at line 2',
    ],
    ['list.jsonl', '[1]', 'CORRUPT_FILE', 'it holds something that is no object'],
    [
      'list.json',
      '{"path":"a/1.png"}',
      'CORRUPT_FILE',
      'is not a JSON array of objects: it is no array',
    ],
    ['list.json', '[]', 'EMPTY_STREAM', 'lists no image'],
    [
      'list.csv',
      'path,label\na/1.png,cat\na/1.png,dog\n',
      'INVALID_DATA',
      'lines 2 and 3 of LIST both list a/1.png',
    ],
    ['list.csv', 'path,label\n../../etc/passwd,cat\n', 'INVALID_DATA', 'leads out of the folder'],
    [
      'list.csv',
      'path,label\na/9.png,cat\n',
      'NOT_FOUND',
      '1 of 1 files that LIST lists are not in',
    ],
  ])('%s with %j is refused', async (name, text, code, words) => {
    files('a/1.png');
    const error = await errorOf(() => open(name, text));
    expect([error.code, error.message.replaceAll(join(root, name), 'LIST')]).toEqual([
      code,
      expect.stringContaining(words),
    ]);
  });

  test('has to be named and be there', async () => {
    const none = await errorOf(async () => imageList.create(await resolveOptions(imageList)));
    expect([none.code, none.message]).toEqual([
      'INVALID_OPTION',
      expect.stringContaining('option list is empty'),
    ]);
    const options = await resolveOptions(imageList, { list: join(root, 'no.csv') });
    expect((await errorOf(() => imageList.create(options))).code).toBe('NOT_FOUND');
  });
});

describe('a table of class names', () => {
  const openFolder = async (given: Record<string, unknown>): Promise<Dataset> =>
    imageFolder.create(await resolveOptions(imageFolder, { root, testFraction: 0, ...given }));

  test.each([
    ['names.json', '{"n01443537":"goldfish","n01484850":"great_white_shark"}'],
    ['names.txt', '# WordNet\nn01443537 goldfish\nn01484850\tgreat_white_shark\n'],
    ['names.csv', 'n01443537,goldfish\r\nn01484850,great_white_shark'],
  ])('%s names folders; their ids stay', async (name, text) => {
    files('n01443537/1.png', 'n01484850/2.png', 'other/3.png');
    writeFileSync(join(root, name), text);
    expect((await openFolder({ classNames: name })).classes).toEqual([
      { id: 'n01443537', name: 'goldfish' },
      { id: 'n01484850', name: 'great_white_shark', phrase: 'great white shark' },
      { id: 'other', name: 'other' },
    ]);
  });

  test.each([
    ['names.json', '{"a":1}', 'it is no object of strings'],
    ['names.json', '{', 'does not name classes'],
    ['names.txt', 'n01443537', 'line 1 is "n01443537"'],
  ])('%s with %j is refused', async (name, text, words) => {
    files('n01443537/1.png');
    writeFileSync(join(root, name), text);
    const error = await errorOf(() => openFolder({ classNames: name }));
    expect([error.code, error.message]).toEqual(['CORRUPT_FILE', expect.stringContaining(words)]);
  });
});

/** A bitmap: file header, BITMAPINFOHEADER, a palette if any, rows from the bottom padded to four bytes. */
function bmp(
  bits: number,
  rows: readonly Buffer[],
  width: number,
  palette: readonly number[] = [],
  height = rows.length,
): Buffer {
  const header = Buffer.alloc(54);
  const pixels = Buffer.concat(
    rows.map((row) => Buffer.concat([row, Buffer.alloc(-row.length & 3)])),
  );
  header.write('BM');
  header.writeUInt32LE(54 + palette.length, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  return Buffer.concat([header, Buffer.from(palette), pixels]);
}

describe('a bitmap', () => {
  const decode = async (bytes: Buffer): Promise<number[]> => {
    mkdirSync(join(root, 'cat'), { recursive: true });
    writeFileSync(join(root, 'cat', '1.BMP'), bytes);
    const options = await resolveOptions(imageFolder, { root, testFraction: 0 });
    const dataset = await imageFolder.create(options);
    const { width, height, data } = await decodeImage(dataset.train[0]!.image);
    return [width, height, ...data];
  };
  // The picture: red, green above; blue, white below. Bitmaps keep blue, green, red, the lowest row first.
  const picture = [2, 2, 255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255];
  const [red, green, blue, white] = [
    [0, 0, 255],
    [0, 255, 0],
    [255, 0, 0],
    [255, 255, 255],
  ] as const;
  const palette = [red, green, blue, white].flatMap((colour) => [...colour, 0]);

  test.each([
    ['24 bits', bmp(24, [Buffer.from([...blue, ...white]), Buffer.from([...red, ...green])], 2)],
    [
      '24 bits from the top',
      bmp(24, [Buffer.from([...red, ...green]), Buffer.from([...blue, ...white])], 2, [], -2),
    ],
    [
      '32 bits',
      bmp(32, [Buffer.from([...blue, 9, ...white, 9]), Buffer.from([...red, 9, ...green, 9])], 2),
    ],
    [
      '8 bits',
      bmp(8, [Buffer.from([2, 3]), Buffer.from([0, 1])], 2, [
        ...palette,
        ...Array<number>(4 * 252).fill(0),
      ]),
    ],
    [
      '4 bits',
      bmp(4, [Buffer.from([0x23]), Buffer.from([0x01])], 2, [
        ...palette,
        ...Array<number>(4 * 12).fill(0),
      ]),
    ],
  ])('of %s decodes', async (_, bytes) => {
    expect(await decode(bytes)).toEqual(picture);
  });

  const good = bmp(24, [Buffer.from([...blue, ...white]), Buffer.from([...red, ...green])], 2);
  test.each([
    ['cut off', good.subarray(0, -1), 'is cut off'],
    ['of another kind', Buffer.from('GIF89a'.padEnd(60)), 'is no BMP'],
    ['of 16 bits', bmp(16, [Buffer.alloc(4)], 2), 'has 16 bits a pixel, packed by method 0'],
    ['without width', bmp(24, [Buffer.alloc(4)], 0), 'has 0 × 1 pixels'],
    ['far too large', bmp(24, [Buffer.alloc(4)], 2 ** 30), 'has 1073741824 × 1 pixels'],
  ])('that is %s is unreadable', async (_, bytes, words) => {
    const error = await errorOf(() => decode(bytes));
    expect([error.code, error.message]).toEqual([
      'UNREADABLE_IMAGE',
      expect.stringContaining(words),
    ]);
  });
});

const kept = mkdtempSync(join(tmpdir(), 'list-'));
afterAll(() => rmSync(kept, { recursive: true }));
const rows = ['cat', 'dog'].flatMap((label) =>
  Array.from({ length: 4 }, (_, i) => ({ path: `${label}${i}.png`, label })),
);
for (const { path } of rows) writeFileSync(join(kept, path), `image ${path}`);
writeFileSync(join(kept, 'list.json'), JSON.stringify(rows));
describeDataset(imageList, { list: join(kept, 'list.json') });
