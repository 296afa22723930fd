/** One file of a commit: fetched, in pieces when the connection breaks, and compared with what it should be. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ClError, isClError, throwIfAborted, type WorkOptions } from '@cl/hub';
import { sha256File } from '@cl/hub/node';
import { downloadFile } from '@huggingface/hub';
import type { PullPlace } from './cached-commit.ts';
import { isOfDisk, type Connection } from './connection.ts';

/** What a file should be. */
export interface ExpectedFile {
  /** Its path in the repository and in the folder, with `/`. */
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex, of one of two kinds: of the content, or as git hashes a blob (SHA-1). */
  readonly digest: { readonly sha256: string } | { readonly gitBlob: string };
}

/**
 * Fetches a file and compares it.
 *
 * @throws ClError `NOT_FOUND`, `CORRUPT_FILE`, `DOWNLOAD_FAILED`, `CHECKSUM_MISMATCH`, `ABORTED`; what the hub says.
 */
export async function fetchFile(
  place: PullPlace,
  expected: ExpectedFile,
  connection: Connection,
  work: WorkOptions,
): Promise<void> {
  await fetchBounded(place, expected.name, expected.bytes, connection, work);
  await verify(place, expected);
}

/** Fetches a file of at most so many bytes, which is all that is known of it. */
export async function fetchBounded(
  { where, id, commit, folder }: PullPlace,
  name: string,
  limit: number,
  connection: Connection,
  work: WorkOptions,
): Promise<void> {
  const content = await downloadFile({
    ...connection,
    repo: { type: 'model', name: id },
    revision: commit,
    path: name,
    xet: false,
  });
  if (content === null) {
    throw new ClError(
      'NOT_FOUND',
      `${where}: the repository has no ${name}, expected a saved learner. Push one with cl push or pushLearner.`,
    );
  }
  if (content.size > limit) {
    throw new ClError(
      'CORRUPT_FILE',
      `${where}: the hub offers ${content.size} bytes for ${name}, expected at most ${limit}. Nothing of it was fetched.`,
    );
  }
  await store(where, join(folder, name), content, connection.retries, work);
}

/** Writes what comes; where the connection breaks, the rest is asked for, as often as requests are made again. */
async function store(
  where: string,
  path: string,
  content: Blob,
  retries: number,
  { signal, onProgress }: WorkOptions,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(path, 'wx');
  const total = content.size;
  let done = 0;
  try {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const rest = done === 0 ? content : content.slice(done);
        for await (const piece of rest.stream() as unknown as AsyncIterable<Uint8Array>) {
          throwIfAborted(where, signal);
          await handle.writeFile(piece);
          done += piece.length;
          if (done > total) break; // more than was announced: the size will tell
          onProgress?.({ phase: 'download', done, total });
        }
        if (done >= total || attempt >= retries) break;
      } catch (error) {
        if (isOfDisk(error) || isClError(error) || attempt >= retries) throw error;
      }
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Half a file is a broken connection; a whole file of other content is kept aside for somebody to look at. */
async function verify({ where, folder, root }: PullPlace, expected: ExpectedFile): Promise<void> {
  const { name, bytes } = expected;
  const path = join(folder, name);
  assertNoPointer(where, name, await headOf(path));
  const { size } = await stat(path);
  if (size < bytes) {
    throw new ClError(
      'DOWNLOAD_FAILED',
      `${where}: ${name} ended after ${size} bytes, expected ${bytes}. Pull again.`,
    );
  }
  const difference = await differenceOf(path, expected);
  if (difference === undefined) return;
  const aside = join(root, `rejected-${name.replaceAll('/', '-')}`);
  await rename(path, aside);
  throw new ClError(
    'CHECKSUM_MISMATCH',
    `${where}: ${name} ${difference}. It was kept as ${aside}. Ask whoever pushed it, or pull another commit.`,
  );
}

/** How a file differs from what it should be, in words; `undefined` when it does not. */
export async function differenceOf(
  path: string,
  { bytes, digest }: ExpectedFile,
): Promise<string | undefined> {
  const { size } = await stat(path);
  if (size !== bytes) return `has ${size} bytes, expected ${bytes}`;
  if ('sha256' in digest) {
    const sha256 = await sha256File(path);
    return sha256 === digest.sha256
      ? undefined
      : `has SHA-256 ${sha256}, expected ${digest.sha256}`;
  }
  const blob = await gitBlobOf(path, size);
  return blob === digest.gitBlob
    ? undefined
    : `is the git blob ${blob}, expected ${digest.gitBlob}`;
}

/** What git calls a file: SHA-1 over its length and its content. */
async function gitBlobOf(path: string, size: number): Promise<string> {
  const hash = createHash('sha1').update(`blob ${size}\0`);
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/** The first bytes of a file. */
export async function headOf(path: string): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const head = new Uint8Array(200);
    const { bytesRead } = await handle.read(head, 0, head.length);
    return head.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * Refuses a Git LFS pointer in the place of a file.
 *
 * @throws ClError `CORRUPT_FILE`.
 */
export function assertNoPointer(where: string, name: string, head: Uint8Array): void {
  const text = new TextDecoder('latin1').decode(head.subarray(0, 200));
  if (!text.startsWith('version https://git-lfs.github.com/spec/')) return;
  throw new ClError(
    'CORRUPT_FILE',
    `${where}: ${name} is a Git LFS pointer, expected the file it points to. Push with LFS, or fetch the objects: git lfs pull.`,
  );
}
