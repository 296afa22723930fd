import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { hf } from '@cl/datasets';
import { resolveOptions, type Dataset } from '@cl/hub';
import { decodeImage, loadImage } from '@cl/images';
import { describeDataset } from '@cl/testing/vitest';
import { parquetWriteBuffer } from 'hyparquet-writer';
import sharp from 'sharp';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { errorOf } from './error-of.ts';
import { commit, serveHub, type HubFaults } from './hub-server.ts';

const home = mkdtempSync(join(tmpdir(), 'hf-'));
afterAll(() => rmSync(home, { recursive: true }));
afterEach(() => {
  delete process.env['HF_TOKEN'];
});
let folders = 0;
const freshFolder = (): string => {
  const folder = join(home, String(folders++));
  mkdirSync(folder);
  return folder;
};

const names = ['blue_tit', 'crow', 'robin'];

/** A grey picture of 4 × 3 pixels. */
const picture = async (grey: number): Promise<Buffer> =>
  sharp({ create: { width: 4, height: 3, channels: 3, background: { r: grey, g: grey, b: grey } } })
    .png()
    .toBuffer();

/** A parquet file as `datasets` writes it: a struct of bytes and path, and labels, in groups of two rows. */
async function parquet(
  labels: readonly (number | string)[],
  {
    first = 0,
    features = true,
    struct = true,
  }: { first?: number; features?: boolean; struct?: boolean } = {},
): Promise<Buffer> {
  const bytes = await Promise.all(labels.map(async (_, i) => picture(10 * (first + i))));
  const text = typeof labels[0] === 'string';
  const huggingface = {
    info: {
      features: { picture: { _type: 'Image' }, bird: { names, _type: 'ClassLabel' } },
    },
  };
  const optional = { repetition_type: 'OPTIONAL' } as const;
  const file = parquetWriteBuffer({
    columnData: [
      {
        name: 'picture',
        data: struct ? bytes.map((b, i) => ({ bytes: b, path: `${i}.png` })) : bytes,
      },
      { name: 'bird', data: text ? [...labels] : labels.map((label) => BigInt(label)) },
    ],
    schema: [
      { name: 'root', num_children: 2 },
      ...(struct
        ? ([
            { name: 'picture', num_children: 2, ...optional },
            { name: 'bytes', type: 'BYTE_ARRAY', ...optional },
            { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', ...optional },
          ] as const)
        : ([{ name: 'picture', type: 'BYTE_ARRAY', ...optional }] as const)),
      text
        ? { name: 'bird', type: 'BYTE_ARRAY', converted_type: 'UTF8', ...optional }
        : { name: 'bird', type: 'INT64', ...optional },
    ],
    rowGroupSize: 2,
    ...(features && !text
      ? { kvMetadata: [{ key: 'huggingface', value: JSON.stringify(huggingface) }] }
      : {}),
  });
  return Buffer.from(file);
}

const readme = (yaml: string): Buffer => Buffer.from(`---\n${yaml}\n---\n# Birds\n`);

const repository = {
  'README.md': readme(
    'license: cc-by-4.0\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n    path: data/train-*\n  - split: test\n    path: data/test-*',
  ),
  'data/train-00000-of-00002.parquet': await parquet([0, 2, 2]),
  'data/train-00001-of-00002.parquet': await parquet([1, 0], { first: 3 }),
  'data/test-00000-of-00001.parquet': await parquet([1, 2, 0], { first: 5 }),
};

const labelled = await parquet([0]);
const stray = await parquet([0, 3]); // there are three classes

/** Opens the dataset through a hub with these files. */
async function open(
  files: Readonly<Record<string, Buffer>>,
  given: Record<string, unknown> = {},
  faults: HubFaults = {},
): Promise<{
  dataset: Dataset;
  asked: readonly string[];
  tokens: readonly (string | undefined)[];
}> {
  const hub = await serveHub(files, faults);
  try {
    const options = await resolveOptions(hf, {
      repo: 'owner/birds',
      hub: hub.url,
      cacheDir: freshFolder(),
      retries: 0,
      ...given,
    });
    return { dataset: await hf.create(options), asked: hub.asked, tokens: hub.tokens };
  } finally {
    await hub.close();
  }
}

const labels = (samples: Dataset['train']) => samples.map(({ classId }) => classId);

/** Writes files into a folder. */
function onDisk(files: Readonly<Record<string, Buffer>>): string {
  const folder = join(freshFolder(), 'birds');
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  return folder;
}

describe('a dataset of the hub', () => {
  test('has the classes of its features, in their order, and all rows of its splits', async () => {
    const { dataset } = await open(repository);
    expect(dataset.name).toBe('birds');
    expect(dataset.license).toBe('cc-by-4.0');
    expect(dataset.classes).toEqual([
      { id: 'birds/blue_tit', name: 'blue_tit', phrase: 'blue tit' },
      { id: 'birds/crow', name: 'crow' },
      { id: 'birds/robin', name: 'robin' },
    ]);
    expect(labels(dataset.train)).toEqual([0, 2, 2, 1, 0].map((label) => `birds/${names[label]!}`));
    expect(labels(dataset.test)).toEqual([1, 2, 0].map((label) => `birds/${names[label]!}`));
    expect(dataset.train[3]!.image.id).toBe('data/train-00001-of-00002.parquet/0');
  });

  test('gives each row its own image, in any order, with a hash that is known without decoding', async () => {
    const { dataset } = await open(repository);
    const all = [...dataset.train, ...dataset.test];
    for (const i of [7, 0, 3, 4, 1, 2, 6, 5]) {
      const { width, height, data } = await decodeImage(all[i]!.image);
      expect([width, height, data[0]]).toEqual([4, 3, 10 * i]);
    }
    expect(new Set(all.map(({ image }) => image.hash)).size).toBe(8);
  });

  test('is pinned: a commit in the cache is not asked for again, and serves when the hub is away', async () => {
    const cacheDir = freshFolder();
    const first = await open(repository, { cacheDir });
    expect(first.asked.filter((path) => path.includes('/resolve/'))).toHaveLength(4);
    const again = await open(repository, { cacheDir, revision: commit });
    expect(again.asked).toEqual([]);
    const away = await open(repository, { cacheDir }, { status: 503 });
    expect(labels(away.dataset.train)).toEqual(labels(first.dataset.train));
    const error = await errorOf(() => open(repository, {}, { status: 503 }));
    expect([error.code, error.message]).toEqual([
      'DOWNLOAD_FAILED',
      expect.stringContaining('it answered 503'),
    ]);
  });

  test('sends HF_TOKEN with every request, and none when there is none', async () => {
    expect(new Set((await open(repository)).tokens)).toEqual(new Set([undefined]));
    process.env['HF_TOKEN'] = 'secret';
    expect(new Set((await open(repository)).tokens)).toEqual(new Set(['Bearer secret']));
  });

  test('is asked for again when the hub is busy', async () => {
    const { dataset, asked } = await open(repository, { retries: 2 }, { status: 429, times: 2 });
    expect(dataset.train).toHaveLength(5);
    expect(asked.slice(0, 3)).toEqual(Array(3).fill('/api/datasets/owner/birds/revision/main'));
  });

  test('is listed page by page', async () => {
    const { dataset, asked } = await open(repository, {}, { pageSize: 1 });
    expect(asked.filter((path) => path.includes('/tree/'))).toHaveLength(4);
    expect(dataset.train).toHaveLength(5);
  });

  test('a part of each class is held out when there is no test split', async () => {
    const { dataset } = await open(
      { 'data/train-00000-of-00001.parquet': await parquet([0, 0, 0, 0, 1, 1]) },
      { testSplit: '', testFraction: 0.25 },
    );
    // round(4/4) of one class, at least one of the other.
    expect(labels(dataset.test).sort()).toEqual(['birds/blue_tit', 'birds/crow']);
    expect(dataset.train).toHaveLength(4);
  });
});

describe('what a repository may look like', () => {
  test('columns of plain bytes and of names, without features', async () => {
    const files = {
      'data/train-0.parquet': await parquet(['robin', 'crow'], { struct: false }),
      'data/test-0.parquet': await parquet(['crow', 'robin'], { struct: false }),
    };
    const { dataset } = await open(files, { image: 'picture', label: 'bird' });
    expect(dataset.classes.map(({ name }) => name)).toEqual(['crow', 'robin']);
    expect(labels(dataset.train)).toEqual(['birds/robin', 'birds/crow']);
    expect((await loadImage(dataset.train[0]!.image)).kind).toBe('encoded');
  });

  test('features in the card alone, for a configuration', async () => {
    const info =
      'dataset_info:\n- config_name: small\n  features:\n  - name: picture\n    dtype: image\n' +
      "  - name: bird\n    dtype:\n      class_label:\n        names:\n          '0': tit\n          '1': crow";
    const { dataset } = await open({
      'README.md': readme(info),
      'small/train-00000-of-00001.parquet': await parquet([0, 1], { features: false }),
      'small/test-00000-of-00001.parquet': await parquet([1, 0], { features: false }),
    });
    expect(dataset.classes.map(({ name }) => name)).toEqual(['tit', 'crow']);
  });

  test('the layout of the hub’s own converter', async () => {
    const { dataset } = await open({
      'default/train/0000.parquet': await parquet([0]),
      'default/train/0001.parquet': await parquet([1]),
      'default/test/0000.parquet': await parquet([1, 0]),
    });
    expect(labels(dataset.train)).toEqual(['birds/blue_tit', 'birds/crow']);
  });

  test('a folder with its files, without any hub', async () => {
    const { dataset } = await open(repository, {
      repo: '',
      path: onDisk(repository),
      hub: 'http://0',
    });
    expect(labels(dataset.test)).toEqual(['birds/crow', 'birds/robin', 'birds/blue_tit']);
  });

  test('several configurations: the default one, else one has to be named', async () => {
    const files = {
      'one/train-0.parquet': await parquet([0]),
      'two/train-0.parquet': await parquet([1]),
    };
    const error = await errorOf(() => open(files, { testSplit: '' }));
    expect([error.code, error.message]).toEqual([
      'INVALID_OPTION',
      expect.stringContaining('has several configurations, expected one of one, two'),
    ]);
    const { dataset } = await open(files, { testSplit: '', config: 'two' });
    expect(labels(dataset.train)).toEqual(['birds/crow']);
  });
});

describe('bad input', () => {
  test.each([
    [
      401,
      'NOT_FOUND',
      'answers 401 for the dataset owner/birds at main. Check both names; for a private',
    ],
    [404, 'NOT_FOUND', 'answers 404'],
    [500, 'DOWNLOAD_FAILED', 'it answered 500'],
  ])('a hub that answers %i', async (status, code, words) => {
    const error = await errorOf(() => open(repository, {}, { status }));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(words)]);
  });

  test.each([
    ['no JSON', '<html>', 'its answer is no JSON'],
    ['another JSON', '{"commit":1}', 'in a form that is not known'],
  ])('a hub that answers with %s', async (_, body, words) => {
    const error = await errorOf(() => open(repository, {}, { body }));
    expect([error.code, error.message]).toEqual([
      'DOWNLOAD_FAILED',
      expect.stringContaining(words),
    ]);
  });

  const path = 'data/train-00000-of-00002.parquet';
  test('a file that is not what the hub lists is put aside, and said so', async () => {
    const lie = Buffer.from(repository[path]);
    lie[20]! ^= 1;
    const error = await errorOf(() => open(repository, {}, { instead: { [path]: lie } }));
    expect(error.code).toBe('CHECKSUM_MISMATCH');
    expect(error.message).toContain('.rejected');
  });

  test('half a file, and one that cannot fit on the disk', async () => {
    const half = await errorOf(() =>
      open(repository, {}, { instead: { [path]: repository[path].subarray(0, 99) } }),
    );
    expect(half.code).toBe('CHECKSUM_MISMATCH');
    const huge = await errorOf(() => open(repository, {}, { size: 10 ** 15 }));
    expect([huge.code, huge.message]).toEqual([
      'IO_FAILED',
      expect.stringMatching(/needs 1000000000000000 bytes more, and the disk of .* has \d+ free/u),
    ]);
  });

  test.each([
    [
      'no parquet file',
      { 'README.md': readme('license: mit') },
      'EMPTY_STREAM',
      'refs/convert/parquet',
    ],
    [
      'a file that is no parquet',
      {
        'data/train-0.parquet': Buffer.from('PAR1 not really'),
        'data/test-0.parquet': Buffer.from('x'),
      },
      'CORRUPT_FILE',
      'is no whole parquet file',
    ],
    [
      'no such split',
      { 'data/train-0.parquet': labelled },
      'INVALID_OPTION',
      'has no split "test", expected one of train',
    ],
    [
      'a label without a name',
      { 'data/train-0.parquet': stray, 'data/test-0.parquet': labelled },
      'INVALID_DATA',
      'row 1 of data/train-0.parquet has 3 as "bird", expected 0 to 2',
    ],
  ])('a repository with %s', async (_, files, code, words) => {
    const error = await errorOf(() => open(files as Record<string, Buffer>));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(words)]);
  });

  test('a clone without Git LFS', async () => {
    const pointer = Buffer.from(
      'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n',
    );
    const path = onDisk({ 'data/train-0.parquet': pointer, 'data/test-0.parquet': pointer });
    const error = await errorOf(() => open({}, { repo: '', path }));
    expect([error.code, error.message]).toEqual([
      'CORRUPT_FILE',
      expect.stringContaining(
        'is a Git LFS pointer, expected the file it stands for. Run git lfs pull',
      ),
    ]);
  });

  test('a column that is not there, and a repository that is not named', async () => {
    const column = await errorOf(() => open(repository, { label: 'species' }));
    expect([column.code, column.message]).toEqual([
      'INVALID_OPTION',
      expect.stringContaining('has no column "species", expected one of picture, bird'),
    ]);
    expect((await errorOf(() => open(repository, { repo: '' }))).message).toContain(
      'option repo is empty',
    );
    expect((await errorOf(() => open(repository, { repo: '../../etc' }))).code).toBe(
      'INVALID_OPTION',
    );
  });
});

describeDataset(hf, { path: onDisk(repository) });
