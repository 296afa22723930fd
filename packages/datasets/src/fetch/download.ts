/** Fetches one large file: resumes, retries, tries mirrors in turn, and names it only when its checksum is right. */
import { constants } from 'node:fs';
import { mkdir, open, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClError, isClError, throwIfAborted, type WorkOptions } from '@cl/hub';
import { ioError } from '../io-error.ts';
import { difference, digestOf, isKnown, type Checksum, type Digest } from './checksum.ts';
import { fetchRest, refused } from './connection.ts';

/** What to fetch and where it goes. */
export interface Download {
  /** Mirrors of the same file, tried in turn; at least one. */
  readonly urls: readonly string[];
  /** Until it is whole the file is called `<target>.part`, and is continued from there. */
  readonly target: string;
  /** What the file must be. With none known every call starts anew, for parts of two files would fit together. */
  readonly checksum: Checksum;
  /** More bytes than these are refused. */
  readonly maxBytes: number;
  /** Names the file in progress and errors. */
  readonly label: string;
  /** A connection silent for this long is given up. */
  readonly timeoutMs: number;
  /** How often to try a mirror again without having got a byte further. */
  readonly retries: number;
  /** Sent with each request, for instance an authorization. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What came, and from where. */
export interface Downloaded extends Digest {
  readonly url: string;
}

/**
 * Downloads a file. Calls for the same target must not overlap, see `withLock`.
 *
 * @throws ClError `DOWNLOAD_FAILED` when every mirror refuses, goes silent or cuts the connection too often (what came
 * is kept and continued next time), or sends too much; `CHECKSUM_MISMATCH` when a file is not the expected one and no
 * other mirror has it: it is kept as `<target>.rejected`; `IO_FAILED`, also for a full disk; `ABORTED`.
 */
export async function download(request: Download, work: WorkOptions = {}): Promise<Downloaded> {
  const { target, label, checksum, urls } = request;
  const part = `${target}.part`;
  const unchecked = !isKnown(checksum);
  const problems: ClError[] = [];
  for (const url of urls) {
    try {
      const found = await fetchWhole(request, url, part, unchecked, work);
      const other = difference(found, checksum);
      if (other === undefined) {
        await rename(part, target);
        return { ...found, url };
      }
      await rename(part, `${target}.rejected`);
      work.onProgress?.({ phase: `put aside ${label}: wrong checksum`, done: 0, total: 1 });
      problems.push(notIt(label, url, other, target));
    } catch (cause) {
      const problem = isClError(cause) ? cause : ioError('download', part, cause);
      if (problem.code !== 'DOWNLOAD_FAILED') throw problem;
      problems.push(problem);
    }
  }
  throw summary(request, problems);
}

/** Fetches until the part is the whole file of this mirror; begins anew when the start was of another file. */
async function fetchWhole(
  request: Download,
  url: string,
  part: string,
  unchecked: boolean,
  work: WorkOptions,
): Promise<Digest> {
  const file = await openPart(part);
  try {
    if (unchecked) await file.truncate(0);
    const resumed = await fetchAll(request, url, file, work);
    const found = await digestOf(part, work);
    if (!resumed || difference(found, request.checksum) === undefined) {
      await file.sync();
      return found;
    }
    await file.truncate(0);
    await fetchAll(request, url, file, work);
    await file.sync();
  } finally {
    await file.close();
  }
  return digestOf(part, work);
}

async function openPart(part: string): Promise<FileHandle> {
  try {
    await mkdir(dirname(part), { recursive: true });
    return await open(part, constants.O_RDWR | constants.O_CREAT);
  } catch (cause) {
    throw ioError('download', part, cause);
  }
}

/** Fetches until the file is whole; says whether it began with bytes that were there before. */
async function fetchAll(
  request: Download,
  url: string,
  file: FileHandle,
  work: WorkOptions,
): Promise<boolean> {
  let done = (await file.stat()).size;
  const resumed = done > 0;
  for (let failures = 0; ;) {
    const before = done;
    const outcome = await fetchRest(request, url, file, work);
    if (outcome === undefined) return resumed;
    throwIfAborted('download', work.signal);
    done = (await file.stat()).size;
    failures = done > before ? 1 : failures + 1;
    if (failures > request.retries) {
      throw refused(
        request,
        url,
        `${outcome.problem}; ${done} bytes are kept and continued next time`,
      );
    }
    const wait = Math.max(Math.min(8000, 250 * 2 ** failures), outcome.waitMs);
    await sleep(wait, undefined, { signal: work.signal }).catch(() => {
      throwIfAborted('download', work.signal);
    });
  }
}

function notIt(label: string, url: string, other: string, target: string): ClError {
  return new ClError(
    'CHECKSUM_MISMATCH',
    `download: ${label} from ${url} has ${other}. It was put aside as ${target}.rejected; try again, or name a ` +
      'trusted copy.',
  );
}

/** One error for all mirrors: the error itself when there is one. A wrong file weighs more than none. */
function summary({ label }: Download, problems: readonly ClError[]): ClError {
  if (problems.length === 1) return problems[0]!;
  const wrong = problems.some(({ code }) => code === 'CHECKSUM_MISMATCH');
  const reasons = problems.map(({ message }) => `\n  ${message}`);
  return new ClError(
    wrong ? 'CHECKSUM_MISMATCH' : 'DOWNLOAD_FAILED',
    `download: none of ${problems.length} places has ${label}. Download it by hand and name the file.${reasons.join('')}`,
    { cause: new AggregateError(problems) },
  );
}
