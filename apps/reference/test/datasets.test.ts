import { createHash } from 'node:crypto';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { cl, temporaryFolder } from './fixtures/cl.ts';

/** MNIST's four files with ten images of 28 × 28 in each part, one a digit. */
function smallMnist(): ReadonlyMap<string, Buffer> {
  const header = (...values: number[]): Buffer => {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, i) => bytes.writeUInt32BE(value, 4 * i));
    return bytes;
  };
  const labels = Buffer.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  return new Map(
    (['train', 't10k'] as const).flatMap((part, shift) => {
      const pixels = Array.from({ length: 10 }, (_, i) => Buffer.alloc(784, 20 * i + shift));
      return [
        [
          `${part}-images-idx3-ubyte.gz`,
          gzipSync(Buffer.concat([header(0x803, 10, 28, 28), ...pixels])),
        ],
        [`${part}-labels-idx1-ubyte.gz`, gzipSync(Buffer.concat([header(0x801, 10), labels]))],
      ] as const;
    }),
  );
}

const files = smallMnist();
const trust = [...files].flatMap(([name, bytes]) => [
  '--checksum',
  `${name}=${createHash('sha256').update(bytes).digest('hex')}`,
]);

/** Serves the files until the test has finished. */
async function mirror(): Promise<string> {
  const server = createServer((request, response) => {
    const bytes = files.get(request.url!.slice(1));
    if (bytes === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('lists published datasets with their size, their licence, and how far they are here', async () => {
  const cwd = await temporaryFolder();
  const { code, stdout } = await cl(['datasets', 'list'], { cwd, cacheDir: join(cwd, 'cache') });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^cub-200 .*200 classes +5994 \+ 5794 +1\.2 GB/mu);
  expect(stdout).toMatch(/^caltech-101 .*CC-BY-4\.0$/mu);
  const json = await cl(['datasets', '--json'], { cwd });
  const listed = JSON.parse(json.stdout) as { name: string; state: string; files: unknown[] }[];
  expect(listed.length).toBeGreaterThanOrEqual(16);
  for (const { files: published } of listed) expect(published.length).toBeGreaterThan(0);
});

test('gets a dataset from a mirror, verifies it, and finds what was damaged since', async () => {
  const cwd = await temporaryFolder();
  const where = { cwd, cacheDir: join(cwd, 'cache') };
  const url = await mirror();
  const got = await cl(['datasets', 'get', 'mnist', '--mirror', url, ...trust], where);
  expect([got.code, got.stderr]).toEqual([0, '']);
  expect(got.stdout).toContain('download train-images-idx3-ubyte.gz');
  expect(got.stdout).toMatch(/^got MNIST: 16 kB in .*cache.datasets.mnist$/mu);
  const good = await cl(['datasets', 'verify', 'mnist', ...trust], where);
  expect([good.code, good.stdout.match(/^good /gmu)?.length]).toEqual([0, 4]);
  const listed = await cl(['datasets', 'list', '--json', ...trust], where);
  const states = JSON.parse(listed.stdout) as { name: string; state: string }[];
  expect(states.find(({ name }) => name === 'mnist')?.state).toBe('cached');

  await appendFile(join(where.cacheDir, 'datasets', 'mnist', 't10k-labels-idx1-ubyte'), 'x');
  const bad = await cl(['datasets', 'verify', 'mnist', ...trust], where);
  expect(bad.code).toBe(1);
  expect(bad.stdout).toMatch(/^damaged +mnist +t10k-labels-idx1-ubyte\.gz: /mu);
  expect(bad.stderr).toContain('(CHECKSUM_MISMATCH)');
});

test('what is got serves a run without a network', async () => {
  const cwd = await temporaryFolder();
  const where = { cwd, cacheDir: join(cwd, 'cache') };
  const url = await mirror();
  await cl(['datasets', 'get', 'mnist', '--mirror', url, ...trust], where);
  const sums = Object.fromEntries(
    trust.filter((_, i) => i % 2 === 1).map((text) => text.split('=') as [string, string]),
  );
  const run = await cl(
    [
      'run',
      ...['--dataset', `mnist,checksums=${JSON.stringify(sums)}`],
      ...['--stream', 'class-incremental,classesPerTask=5', '--learner', 'nearest-mean', '--json'],
    ],
    where,
  );
  expect([run.code, run.stderr]).toEqual([0, '']);
  const { trials } = JSON.parse(run.stdout) as { trials: { status: string }[] };
  expect(trials).toHaveLength(1);
});

test('imports files that were fetched by hand, and notes an extracted folder', async () => {
  const cwd = await temporaryFolder();
  const where = { cwd, cacheDir: join(cwd, 'cache') };
  await mkdir(join(cwd, 'downloads'));
  const [first] = [...files];
  await writeFile(join(cwd, 'downloads', first![0]), first![1]);
  const part = await cl(['datasets', 'import', 'mnist', 'downloads', ...trust], where);
  expect([part.code, part.stderr]).toEqual([0, '']);
  expect(part.stdout).toContain(`${first![0]} is in the cache`);
  expect(part.stdout).toContain('still missing: ');
  const refused = await cl(
    ['datasets', 'import', 'mnist', 'downloads', '--cache-dir', 'other'],
    where,
  );
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringContaining('(CHECKSUM_MISMATCH)'),
  ]);

  const images = join(cwd, 'data', 'dtd', 'images', 'banded');
  await mkdir(images, { recursive: true });
  await writeFile(join(images, 'banded_0001.jpg'), 'x');
  const noted = await cl(['datasets', 'import', 'dtd', 'data'], where);
  expect(noted.stdout).toContain('is read in place');
});

test.each([
  [['datasets', 'fetch', 'mnist'], 'no action "fetch"'],
  [['datasets', 'get'], 'no dataset. cl datasets list shows their names'],
  [['datasets', 'get', 'mnits'], 'did you mean "mnist"?'],
  [['datasets', 'verify', 'mnist', 'dtd'], '"dtd" is one argument too many'],
  [['datasets', 'import', 'mnist'], 'no path'],
  [['datasets', 'get', 'mnist', '--mirror', 'ftp://x'], 'expected an http or https URL'],
  [['datasets', 'get', 'mnist', '--checksum', 'abc'], 'expected file=SHA-256'],
  [['datasets', 'get', 'mnist', '--mirrors', 'x'], 'no flag "--mirrors"'],
])('refuses %j', async (command, words) => {
  const { code, stderr } = await cl(command, { cwd: await temporaryFolder() });
  expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
});

test('a mirror that lacks a file is said so, with the file', async () => {
  const cwd = await temporaryFolder();
  const url = await mirror();
  const { code, stderr } = await cl(['datasets', 'get', 'dtd', '--mirror', url], {
    cwd,
    cacheDir: join(cwd, 'cache'),
  });
  expect(code).toBe(1);
  expect(stderr).toContain(
    `dtd-r1.0.1.tar.gz could not be fetched from ${url}/dtd-r1.0.1.tar.gz: the server answered 404`,
  );
});
