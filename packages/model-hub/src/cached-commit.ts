/**
 * Where what was pulled lies: `<cache>/<kind>s/<org>--<name>/<commit>/` holds the files of a commit, whole or not at all, and
 * `refs/<revision>.txt` beside it says which commit a branch stood for when the hub was last asked.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ClError } from '@cl/hub';
import { defaultCacheDir, writeFileAtomic } from '@cl/hub/node';
import { modelInfo } from '@huggingface/hub';
import { connect, hubError, type HubOptions } from './connection.ts';
import { isCommit, parseRepository, type Repository } from './repository.ts';

/** How something is pulled. */
export interface PullOptions extends HubOptions {
  /** Default `$CL_CACHE_DIR`, else `~/.cache/cl`. */
  readonly cacheDir?: string | undefined;
  /** Take what the cache has and ask nobody; default `false`. */
  readonly offline?: boolean | undefined;
}

/** What is in the cache now. */
export interface Pulled {
  readonly id: string;
  readonly commit: string;
  /** Read it, never write into it. */
  readonly folder: string;
  /** Whether anything was downloaded. */
  readonly downloaded: boolean;
}

/** What a repository can hold. */
export type HubKind = 'learner' | 'backbone';

/** What the two kinds of repository do differently. */
export interface PullSteps {
  readonly kind: HubKind;
  /** Puts the files of a commit into a folder beside its place. */
  readonly fill: (place: PullPlace) => Promise<void>;
  /** Looks at a folder that is in its place. */
  readonly check: (place: PullPlace) => Promise<void>;
}

/** A commit and where its files go. */
export interface PullPlace {
  readonly where: string;
  readonly id: string;
  readonly commit: string;
  readonly folder: string;
  /** For files that were refused. */
  readonly root: string;
}

/** Pulls a commit into the cache, or finds it there; checks it in both cases. */
export async function pullCommit(
  repository: string,
  options: PullOptions,
  { kind, fill, check }: PullSteps,
): Promise<Pulled> {
  const { id, revision } = parseRepository(repository);
  const root = rootOf(kind, id, options);
  const where = `pull ${id}@${revision}`;
  const kept = 'What was pulled before is unchanged.';
  try {
    const commit = await commitOf(where, { id, revision }, root, options);
    const folder = join(root, commit);
    const there = existsSync(folder);
    if (!there && options.offline === true) throw notCached(where, root);
    const place = { where, id, commit, root };
    if (!there) {
      const beside = join(root, `.${commit}.${randomUUID()}`);
      await mkdir(beside, { recursive: true });
      try {
        await fill({ ...place, folder: beside });
        // Another process may have been faster.
        if (!existsSync(folder)) await rename(beside, folder);
      } finally {
        await rm(beside, { recursive: true, force: true });
      }
    }
    await check({ ...place, folder });
    return { id, commit, folder, downloaded: !there };
  } catch (error) {
    throw hubError(error, { where, code: 'DOWNLOAD_FAILED', kept, signal: options.signal });
  }
}

/** The folder of a repository in the cache. */
export function rootOf(kind: HubKind, id: string, { cacheDir }: PullOptions): string {
  return join(cacheDir ?? defaultCacheDir(), `${kind}s`, id.replace('/', '--'));
}

/** The commit that a revision stands for; `undefined` when the cache does not say. */
export async function cachedCommit(root: string, revision: string): Promise<string | undefined> {
  if (isCommit(revision)) return revision;
  const known = (await readFile(refPath(root, revision), 'utf8').catch(() => '')).trim();
  return isCommit(known) ? known : undefined;
}

/** The error for a commit that is not there while nobody may be asked. */
export function notCached(where: string, root: string): ClError {
  return new ClError(
    'NOT_FOUND',
    `${where}: the cache ${root} does not have it, and offline was asked for. Pull it once with a network.`,
  );
}

async function commitOf(
  where: string,
  { id, revision }: Repository,
  root: string,
  options: PullOptions,
): Promise<string> {
  if (isCommit(revision)) return revision;
  if (options.offline === true) {
    const known = await cachedCommit(root, revision);
    if (known !== undefined) return known;
    throw notCached(where, root);
  }
  const connection = connect(where, options);
  const info = await modelInfo({ ...connection, name: id, revision, additionalFields: ['sha'] });
  if (!isCommit(info.sha)) {
    throw new ClError(
      'DOWNLOAD_FAILED',
      `${where}: the hub names commit ${JSON.stringify(info.sha)}, expected 40 hexadecimal digits. Is it a model hub?`,
    );
  }
  await mkdir(join(root, 'refs'), { recursive: true });
  await writeFileAtomic(refPath(root, revision), `${info.sha}\n`);
  return info.sha;
}

function refPath(root: string, revision: string): string {
  return join(root, 'refs', `${encodeURIComponent(revision)}.txt`);
}
