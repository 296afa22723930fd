import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cifar10 } from '@cl/datasets';
import { resolveOptions, type Dataset, type WorkOptions } from '@cl/hub';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256, tarGz } from './archives.ts';
import { smallCifar10 } from './cifar-copy.ts';
import { errorOf } from './error-of.ts';
import {
  cutAfter,
  honest,
  serve,
  stallAfter,
  status,
  webPage,
  wholeOnly,
  type Behaviour,
} from './file-server.ts';

const bytes = await tarGz(smallCifar10());
let cacheDir = '';
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), 'download-'));
});
afterEach(() => rmSync(cacheDir, { recursive: true }));

const inCache = () => join(cacheDir, 'datasets', 'cifar10');
const archiveName = 'cifar-10-binary.tar.gz';
const part = () => join(inCache(), `${archiveName}.part`);
const checksums = { [archiveName]: sha256(bytes) };

/** Opens the dataset through a server that behaves so; gives the ranges that were asked for too. */
async function open(
  behaviours: readonly Behaviour[],
  given: Record<string, unknown> = {},
  { file = bytes, work = {} }: { file?: Buffer; work?: WorkOptions } = {},
): Promise<{ dataset: Dataset; ranges: readonly string[] }> {
  const server = await serve(file, ...behaviours);
  try {
    const options = await resolveOptions(cifar10, {
      mirrors: [server.url],
      checksums,
      partial: true,
      cacheDir,
      retries: 1,
      timeoutMs: 5000,
      ...given,
    });
    return { dataset: await cifar10.create(options, work), ranges: server.ranges };
  } finally {
    await server.close();
  }
}

describe('a download', () => {
  test('continues where the connection was cut', async () => {
    const { dataset, ranges } = await open([cutAfter(1000, part), honest]);
    expect(dataset.train).toHaveLength(20);
    expect(ranges).toEqual(['-', 'bytes=1000-']);
  });

  test('starts anew with a server that knows no ranges', async () => {
    const { dataset, ranges } = await open([cutAfter(1000, part), wholeOnly]);
    expect(dataset.train).toHaveLength(20);
    expect(ranges).toEqual(['-', 'bytes=1000-']);
  });

  test('gives up a silent connection and continues on another', async () => {
    const { dataset, ranges } = await open([stallAfter(500), honest], {
      timeoutMs: 1000,
      retries: 5,
    });
    expect(dataset.train).toHaveLength(20);
    expect(ranges.slice(0, 2)).toEqual(['-', 'bytes=500-']);
  });

  test('tries again when the server is out of order', async () => {
    const { dataset, ranges } = await open([status(503), honest]);
    expect(dataset.train).toHaveLength(20);
    expect(ranges).toEqual(['-', '-']);
  });

  test('fails after its retries, keeps what came, and continues in the next call', async () => {
    const error = await errorOf(() => open([cutAfter(1000, part), status(500)], { retries: 1 }));
    expect(error.code).toBe('DOWNLOAD_FAILED');
    expect(error.message).toContain('the server answered 500; 1000 bytes are kept');
    expect(readFileSync(part())).toEqual(bytes.subarray(0, 1000));
    const { ranges } = await open([honest]);
    expect(ranges).toEqual(['bytes=1000-']);
  });

  test('takes a part that is already whole', async () => {
    await errorOf(() => open([cutAfter(10, part)], { retries: 0 }));
    writeFileSync(part(), bytes);
    const { ranges } = await open([honest]);
    expect(ranges).toEqual([`bytes=${bytes.length}-`]);
  });

  test('starts anew when the part turns out to be of another file', async () => {
    await errorOf(() => open([cutAfter(10, part)], { retries: 0 }));
    writeFileSync(part(), Buffer.alloc(700, 7));
    const { dataset, ranges } = await open([honest]);
    expect(dataset.train).toHaveLength(20);
    expect(ranges).toEqual(['bytes=700-', '-']);
  });

  test('a file of another checksum is put aside and named, and nothing is extracted', async () => {
    const lie = Buffer.from(bytes);
    lie[lie.length >> 1]! ^= 1;
    const error = await errorOf(() => open([honest], {}, { file: lie }));
    expect(error.code).toBe('CHECKSUM_MISMATCH');
    expect(error.message).toContain(`has SHA-256 ${sha256(lie)}, expected ${sha256(bytes)}`);
    expect(error.message).toContain(`${archiveName}.rejected`);
    expect(readdirSync(inCache())).toEqual([`${archiveName}.rejected`]);
  });

  test.each([
    [404, 'the server answered 404'],
    [403, 'the server answered 403'],
  ])('is not tried again after %i', async (code, words) => {
    const server = await serve(bytes, status(code));
    const options = await resolveOptions(cifar10, { mirrors: [server.url], cacheDir });
    const error = await errorOf(() => cifar10.create(options));
    await server.close();
    expect(error.code).toBe('DOWNLOAD_FAILED');
    expect(error.message).toContain(words);
    expect(server.ranges).toHaveLength(1);
  });

  test('is refused when the server announces more than there can be', async () => {
    const huge: Behaviour = (_, response) => {
      response.writeHead(200, { 'content-length': 10 ** 12 }).write('x');
    };
    const error = await errorOf(() => open([huge]));
    expect(error.code).toBe('DOWNLOAD_FAILED');
    expect(error.message).toContain('1000000000000 bytes, expected at most');
  });

  test('fails with a reason when nobody listens', async () => {
    const server = await serve(bytes, honest);
    await server.close();
    const options = await resolveOptions(cifar10, { mirrors: [server.url], cacheDir, retries: 0 });
    const error = await errorOf(() => cifar10.create(options));
    expect(error.code).toBe('DOWNLOAD_FAILED');
    expect(error.message).toContain('ECONNREFUSED');
  });

  test('can be cancelled; what came is kept', async () => {
    const controller = new AbortController();
    const work: WorkOptions = {
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done >= 500) controller.abort();
      },
    };
    const error = await errorOf(() => open([stallAfter(500)], {}, { work }));
    expect(error.code).toBe('ABORTED');
    expect(readdirSync(inCache())).toEqual([`${archiveName}.part`]);
  });

  test('of two callers at once one downloads and the other waits', async () => {
    const server = await serve(bytes, honest);
    const options = await resolveOptions(cifar10, {
      mirrors: [server.url],
      checksums,
      partial: true,
      cacheDir,
    });
    const both = await Promise.all([cifar10.create(options), cifar10.create(options)]);
    await server.close();
    for (const { train } of both) expect(train).toHaveLength(20);
    expect(server.ranges).toEqual(['-']);
    expect(readdirSync(inCache()).sort()).toEqual(['cifar-10-binary.tar', 'files.json']);
  });

  test('a lock left by a killed process is taken over; a fresh one is waited for', async () => {
    const lock = `${inCache()}.lock`;
    mkdirSync(lock, { recursive: true });
    const work = { signal: AbortSignal.timeout(200) };
    expect((await errorOf(() => open([honest], {}, { work }))).code).toBe('ABORTED');
    const minuteAgo = new Date(Date.now() - 60_000);
    utimesSync(lock, minuteAgo, minuteAgo);
    expect((await open([honest])).dataset.train).toHaveLength(20);
  });
});

describe('mirrors', () => {
  /** Opens the dataset with one server for each list of behaviours, asked in this order. */
  async function openFrom(
    servers: readonly (readonly [file: Buffer, ...behaviours: Behaviour[]])[],
    given: Record<string, unknown> = {},
    work: WorkOptions = {},
  ): Promise<readonly (readonly string[])[]> {
    const running = await Promise.all(
      servers.map(async ([file, ...behaviours]) => serve(file, ...behaviours)),
    );
    try {
      const options = await resolveOptions(cifar10, {
        mirrors: running.map(({ url }) => url),
        checksums,
        partial: true,
        cacheDir,
        retries: 0,
        timeoutMs: 5000,
        ...given,
      });
      expect((await cifar10.create(options, work)).train).toHaveLength(20);
      return running.map(({ ranges }) => ranges);
    } finally {
      for (const server of running) await server.close();
    }
  }

  test('are tried in turn until one has the file', async () => {
    const ranges = await openFrom([
      [bytes, status(404)],
      [bytes, webPage],
      [bytes, honest],
    ]);
    expect(ranges).toEqual([['-'], ['-'], ['-']]);
  });

  test('continue what another one began', async () => {
    const ranges = await openFrom([
      [bytes, cutAfter(1000, part)],
      [bytes, honest],
    ]);
    expect(ranges).toEqual([['-'], ['bytes=1000-']]);
  });

  test('are asked when one has another file, which is put aside and told', async () => {
    const lie = Buffer.from(bytes);
    lie[lie.length >> 1]! ^= 1;
    const phases: string[] = [];
    await openFrom(
      [
        [lie, honest],
        [bytes, honest],
      ],
      {},
      {
        onProgress: ({ phase }) => phases.push(phase),
      },
    );
    expect(phases).toContain(`put aside ${archiveName}: wrong checksum`);
    expect(readFileSync(join(inCache(), `${archiveName}.rejected`))).toEqual(lie);
  });

  test('that all fail are all named, each with its reason', async () => {
    const error = await errorOf(() =>
      openFrom([
        [bytes, status(404)],
        [bytes, webPage],
      ]),
    );
    expect(error.code).toBe('DOWNLOAD_FAILED');
    expect(error.message).toContain(`none of 2 places has ${archiveName}. Download it by hand`);
    expect(error.message).toContain('the server answered 404');
    expect(error.message).toContain('the server sent a web page instead of the file');
  });
});

describe('a server that is busy', () => {
  test('is left alone for as long as it asks', async () => {
    const started = performance.now();
    const { ranges } = await open([status(429, { 'retry-after': '2' }), honest]);
    expect(ranges).toEqual(['-', '-']);
    expect(performance.now() - started).toBeGreaterThan(1900);
  });

  test('is given up after the retries, and the status is said', async () => {
    const error = await errorOf(() => open([status(429)], { retries: 1 }));
    expect([error.code, error.message]).toEqual([
      'DOWNLOAD_FAILED',
      expect.stringContaining('the server answered 429; 0 bytes are kept'),
    ]);
  });
});

describe.skipIf(process.platform !== 'linux')('a full disk', () => {
  test('ends the download with a reason; a later one continues', async () => {
    mkdirSync(inCache(), { recursive: true });
    symlinkSync('/dev/full', part()); // every write to it fails with ENOSPC
    const error = await errorOf(() => open([honest]));
    expect(error.code).toBe('IO_FAILED');
    expect(error.message).toContain(`cannot use ${join(inCache(), archiveName)}`);
    expect(error.message).toContain(
      '(ENOSPC). The disk is full: free space, or choose another cacheDir',
    );
    rmSync(part());
    expect((await open([honest])).dataset.train).toHaveLength(20);
  });
});
