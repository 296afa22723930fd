/**
 * From a repository to the cache: `<cache>/learners/<org>--<name>/<commit>/` holds the files of a commit, whole or not at all,
 * and `refs/<revision>.txt` beside it says which commit a branch stood for when the hub was last asked.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ClError, throwIfAborted } from '@cl/hub';
import {
  defaultCacheDir,
  parseManifest,
  readSavedLearner,
  sha256File,
  writeFileAtomic,
  type FileDigest,
} from '@cl/hub/node';
import { downloadFile, modelInfo } from '@huggingface/hub';
import { connect, hubError, type Connection, type HubOptions } from './connection.ts';
import { isCommit, parseRepository } from './repository.ts';

/** How a learner is pulled. */
export interface PullOptions extends HubOptions {
  /** Default `$CL_CACHE_DIR`, else `~/.cache/cl`. */
  readonly cacheDir?: string | undefined;
  /** Take what the cache has and ask nobody; default `false`. */
  readonly offline?: boolean | undefined;
}

/** What is in the cache now. */
export interface PulledLearner {
  readonly id: string;
  readonly commit: string;
  /** For `loadLearner`. Read it, never write into it. */
  readonly folder: string;
  /** Whether anything was downloaded. */
  readonly downloaded: boolean;
}

const manifestName = 'MANIFEST.json';

/**
 * Pulls a saved learner into the cache. Every file is compared with the size and SHA-256 of its manifest, and the folder
 * appears only when all of them fit; a commit that is there already is checked again and not downloaded.
 *
 * @param repository - `org/name`, `org/name@branch`, or `org/name@<commit>`, which never changes.
 * @throws ClError `ACCESS_DENIED`, `NOT_FOUND`, `DOWNLOAD_FAILED`, `CHECKSUM_MISMATCH` (the file is kept aside, and named),
 * `CORRUPT_FILE` (a Git LFS pointer in a file's place too), `IO_FAILED`, `ABORTED`.
 */
export async function pullLearner(
  repository: string,
  options: PullOptions = {},
): Promise<PulledLearner> {
  const { id, revision } = parseRepository(repository);
  const root = join(options.cacheDir ?? defaultCacheDir(), 'learners', id.replace('/', '--'));
  const where = `pull ${id}@${revision}`;
  const kept = 'What was pulled before is unchanged.';
  try {
    const commit = await commitOf(where, id, revision, root, options);
    const folder = join(root, commit);
    const there = existsSync(folder);
    if (!there && options.offline === true) throw notCached(where, root);
    if (!there) await download(where, id, commit, root, options);
    await readSavedLearner(folder, { signal: options.signal });
    return { id, commit, folder, downloaded: !there };
  } catch (error) {
    throw hubError(error, { where, code: 'DOWNLOAD_FAILED', kept, signal: options.signal });
  }
}

async function commitOf(
  where: string,
  id: string,
  revision: string,
  root: string,
  options: PullOptions,
): Promise<string> {
  if (isCommit(revision)) return revision;
  const ref = join(root, 'refs', `${encodeURIComponent(revision)}.txt`);
  if (options.offline === true) {
    const known = await readFile(ref, 'utf8').catch(() => '');
    if (isCommit(known.trim())) return known.trim();
    throw notCached(where, root);
  }
  const info = await modelInfo({
    ...connect(where, options),
    name: id,
    revision,
    additionalFields: ['sha'],
  });
  if (!isCommit(info.sha)) {
    throw new ClError(
      'DOWNLOAD_FAILED',
      `${where}: the hub names commit ${JSON.stringify(info.sha)}, expected 40 hexadecimal digits. Is it a model hub?`,
    );
  }
  await mkdir(join(root, 'refs'), { recursive: true });
  await writeFileAtomic(ref, `${info.sha}\n`);
  return info.sha;
}

/** Into a folder beside, which takes its place when everything in it is as the manifest says. */
async function download(
  where: string,
  id: string,
  commit: string,
  root: string,
  options: PullOptions,
): Promise<void> {
  const connection = connect(where, options);
  const beside = join(root, `.${commit}.${randomUUID()}`);
  await mkdir(beside, { recursive: true });
  const get = (name: string, limit: number): Promise<Blob> =>
    fetched(where, { id, commit, name, limit }, connection);
  try {
    const manifest = await get(manifestName, 2 ** 20);
    await store(where, join(beside, manifestName), manifest, options, () => undefined);
    const bytes = new Uint8Array(await readFile(join(beside, manifestName)));
    assertNoPointer(where, manifestName, bytes);
    const digests = parseManifest(`${where}: ${manifestName}`, bytes);
    const total = [...digests.values()].reduce((sum, digest) => sum + digest.bytes, 0);
    let before = 0;
    for (const [name, digest] of digests) {
      const path = join(beside, name);
      const content = await get(name, digest.bytes);
      await store(where, path, content, options, (done) =>
        options.onProgress?.({ phase: 'pull', done: before + done, total }),
      );
      await verify(where, path, name, digest, root);
      before += digest.bytes;
    }
    if (existsSync(join(root, commit))) return; // another process was faster
    await rename(beside, join(root, commit));
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

async function fetched(
  where: string,
  file: {
    readonly id: string;
    readonly commit: string;
    readonly name: string;
    readonly limit: number;
  },
  connection: Connection,
): Promise<Blob> {
  const { id, commit, name, limit } = file;
  const repo = { type: 'model', name: id } as const;
  const content = await downloadFile({
    ...connection,
    repo,
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
  if (content.size <= limit) return content;
  throw new ClError(
    'CORRUPT_FILE',
    `${where}: the hub offers ${content.size} bytes for ${name}, expected at most ${limit}. Nothing of it was fetched.`,
  );
}

async function store(
  where: string,
  path: string,
  content: Blob,
  { signal }: PullOptions,
  onBytes: (done: number) => void,
): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    let done = 0;
    for await (const piece of content.stream() as unknown as AsyncIterable<Uint8Array>) {
      throwIfAborted(where, signal);
      await handle.writeFile(piece);
      done += piece.length;
      if (done > content.size) break; // more than was announced: the size will tell
      onBytes(done);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Half a file is a broken connection; a whole file of other content is kept aside for somebody to look at. */
async function verify(
  where: string,
  path: string,
  name: string,
  expected: FileDigest,
  root: string,
): Promise<void> {
  const content = await open(path, 'r');
  const head = new Uint8Array(200);
  const { bytesRead } = await content.read(head, 0, head.length);
  const { size } = await content.stat();
  await content.close();
  assertNoPointer(where, name, head.subarray(0, bytesRead));
  if (size < expected.bytes) {
    throw new ClError(
      'DOWNLOAD_FAILED',
      `${where}: ${name} ended after ${size} bytes, expected ${expected.bytes}. Pull again.`,
    );
  }
  const sha256 = size === expected.bytes ? await sha256File(path) : 'another';
  if (sha256 === expected.sha256) return;
  const aside = join(root, `rejected-${name}`);
  await rename(path, aside);
  throw new ClError(
    'CHECKSUM_MISMATCH',
    `${where}: ${name} has ${size} bytes and SHA-256 ${sha256}, expected ${expected.bytes} and ${expected.sha256}. ` +
      `It was kept as ${aside}. Ask whoever pushed it, or pull another commit.`,
  );
}

function assertNoPointer(where: string, name: string, head: Uint8Array): void {
  const text = new TextDecoder('latin1').decode(head.subarray(0, 200));
  if (!text.startsWith('version https://git-lfs.github.com/spec/')) return;
  throw new ClError(
    'CORRUPT_FILE',
    `${where}: ${name} is a Git LFS pointer, expected the file it points to. Push with LFS, or fetch the objects on the server.`,
  );
}

function notCached(where: string, root: string): ClError {
  return new ClError(
    'NOT_FOUND',
    `${where}: the cache ${root} does not have it, and offline was asked for. Pull it once with a network.`,
  );
}
