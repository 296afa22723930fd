/** Files of a dataset repository on a hub that speaks Hugging Face's HTTP interface, kept in the cache by commit. */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClError, isClError, throwIfAborted, type WorkOptions } from '@cl/hub';
import { writeFileAtomic } from '@cl/hub/node';
import { z } from 'zod';
import type { Checksum } from '../fetch/checksum.ts';
import { download } from '../fetch/download.ts';
import { ioError } from '../io-error.ts';
import { withLock } from '../lock.ts';

/** Which repository, and how to reach it. */
export interface HubRepository {
  /** `owner/name`. */
  readonly repo: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** Base URL of the hub. */
  readonly hub: string;
  /** Folder of the cache for this repository. */
  readonly folder: string;
  readonly timeoutMs: number;
  readonly retries: number;
}

/** A file of a commit. */
export interface HubFile {
  readonly path: string;
  readonly size: number;
  readonly checksum: Checksum;
}

/** A commit and its files. */
export interface HubCommit {
  readonly commit: string;
  readonly files: readonly HubFile[];
}

const commitPattern = /^[0-9a-f]{40}$/u;
/** A repository lists no more files than these. */
const pagesAtMost = 100;

/**
 * The files of a revision. A commit whose list is in the cache is not asked for again; when the hub cannot be reached, the
 * commit that the revision stood for last time is taken.
 *
 * @throws ClError `NOT_FOUND` when the hub has no such dataset or revision or asks for a token, `DOWNLOAD_FAILED`.
 */
export async function listCommit(repository: HubRepository, work: WorkOptions): Promise<HubCommit> {
  const { revision, folder } = repository;
  const known = commitPattern.test(revision) ? await readCommit(folder, revision) : undefined;
  if (known !== undefined) return known;
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw ioError('hf', folder, cause);
  });
  const ref = join(folder, `ref-${encodeURIComponent(revision)}`);
  try {
    const url = `/revision/${encodeURIComponent(revision)}`;
    const { sha } = z
      .object({ sha: z.string().regex(commitPattern) })
      .parse(await ask(repository, url, work));
    const found = (await readCommit(folder, sha)) ?? (await askFiles(repository, sha, work));
    await writeFileAtomic(join(folder, `${sha}.json`), JSON.stringify(found));
    await writeFileAtomic(ref, sha);
    return found;
  } catch (cause) {
    const offline = isClError(cause) && cause.code === 'DOWNLOAD_FAILED';
    const last = offline ? await readFile(ref, 'utf8').catch(() => '') : '';
    const kept = last === '' ? undefined : await readCommit(folder, last);
    if (kept === undefined) throw isClError(cause) ? cause : strange(repository, cause);
    work.onProgress?.({
      phase: `hub unreachable: ${repository.repo} from the cache`,
      done: 0,
      total: 1,
    });
    return kept;
  }
}

/**
 * A file of a commit in the cache, downloaded when it is not there, checked against the hash that the hub lists.
 *
 * @returns its path.
 */
export async function fetchHubFile(
  repository: HubRepository,
  { commit }: HubCommit,
  file: HubFile,
  work: WorkOptions,
): Promise<string> {
  const target = join(repository.folder, commit, ...file.path.split('/'));
  const there = async (): Promise<boolean> =>
    (await stat(target).catch(() => undefined))?.size === file.size;
  if (await there()) return target;
  const { hub, repo, timeoutMs, retries } = repository;
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  await mkdir(dirname(target), { recursive: true }).catch((cause: unknown) => {
    throw ioError('hf', target, cause);
  });
  await withLock(`${target}.lock`, work, async () => {
    if (await there()) return;
    const request = {
      urls: [`${hub}/datasets/${repo}/resolve/${commit}/${path}`],
      target,
      checksum: file.checksum,
      maxBytes: file.size,
      label: `${repo}/${file.path}`,
      timeoutMs,
      retries,
      headers: authorization(),
    };
    await download(request, work);
  });
  return target;
}

async function readCommit(folder: string, commit: string): Promise<HubCommit | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, `${commit}.json`), 'utf8')) as HubCommit;
  } catch {
    return undefined;
  }
}

const listing = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: z.number().int().min(0).default(0),
    oid: z.string().default(''),
    lfs: z.object({ oid: z.string(), size: z.number() }).optional(),
  }),
);

async function askFiles(
  repository: HubRepository,
  commit: string,
  work: WorkOptions,
): Promise<HubCommit> {
  const files: HubFile[] = [];
  let url: string | undefined = `/tree/${commit}?recursive=true`;
  for (let page = 0; url !== undefined && page < pagesAtMost; page += 1) {
    const next: { link?: string } = {};
    for (const { type, path, size, oid, lfs } of listing.parse(
      await ask(repository, url, work, next),
    )) {
      if (type !== 'file' || path.split('/').some((part) => part === '..' || part === '')) continue;
      const checksum = lfs === undefined ? { gitBlob: oid } : { sha256: lfs.oid };
      files.push({ path, size: lfs?.size ?? size, checksum });
    }
    url = next.link;
  }
  return { commit, files };
}

/**
 * Asks the hub; `url` begins after the dataset's place, or is a whole one that the hub gave for the next page. A busy hub is
 * asked again, one that cannot be reached is not: there may be a cache.
 */
async function ask(
  repository: HubRepository,
  url: string,
  work: WorkOptions,
  next: { link?: string } = {},
): Promise<unknown> {
  const { hub, repo, revision, retries } = repository;
  const whole = url.startsWith('/') ? `${hub}/api/datasets/${repo}${url}` : url;
  let response = await askOnce(repository, whole, work);
  for (let failures = 1; isBusy(response) && failures <= retries; failures += 1) {
    await sleep(Math.min(8000, 250 * 2 ** failures), undefined, { signal: work.signal }).catch(
      () => {
        throwIfAborted('hf', work.signal);
      },
    );
    response = await askOnce(repository, whole, work);
  }
  if (response.status === 404 || response.status === 401 || response.status === 403) {
    throw new ClError(
      'NOT_FOUND',
      `hf: ${hub} answers ${response.status} for the dataset ${repo} at ${revision}. Check both names; for a private or ` +
        'gated dataset set HF_TOKEN to a token that may read it.',
    );
  }
  if (!response.ok) throw failed(hub, `it answered ${response.status}`);
  const link = /<([^>]+)>;\s*rel="next"/u.exec(response.headers.get('link') ?? '')?.[1];
  if (link !== undefined && new URL(link).origin === new URL(hub).origin) next.link = link;
  return response.json().catch((cause: unknown) => {
    throw failed(hub, 'its answer is no JSON', cause);
  });
}

function isBusy({ status }: Response): boolean {
  return status === 429 || status >= 500;
}

async function askOnce(
  { hub, timeoutMs }: HubRepository,
  url: string,
  { signal }: WorkOptions,
): Promise<Response> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    return await fetch(url, {
      headers: authorization(),
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    });
  } catch (cause) {
    throwIfAborted('hf', signal);
    const inner = (cause as { cause?: unknown }).cause ?? cause;
    throw failed(hub, inner instanceof Error ? inner.message : String(inner), cause);
  }
}

/** The user's token, when there is one; a redirect to another host does not get it. */
function authorization(): Readonly<Record<string, string>> {
  const token = process.env['HF_TOKEN'] ?? '';
  return token === '' ? {} : { authorization: `Bearer ${token}` };
}

function failed(hub: string, reason: string, cause?: unknown): ClError {
  return new ClError(
    'DOWNLOAD_FAILED',
    `hf: ${hub} cannot be asked: ${reason}. Try again, or name another hub.`,
    { cause },
  );
}

function strange({ hub, repo }: HubRepository, cause: unknown): ClError {
  return new ClError(
    'DOWNLOAD_FAILED',
    `hf: ${hub} lists ${repo} in a form that is not known (${(cause as Error).message}). Name another hub.`,
    { cause },
  );
}
