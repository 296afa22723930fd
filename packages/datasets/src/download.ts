/** Fetches one large file: resumes, retries, and gives it its name only when its SHA-256 is right. */
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { mkdir, open, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClError, isClError, throwIfAborted, type WorkOptions } from '@cl/hub';
import { ioError } from './io-error.ts';

/** What to fetch and where it goes. */
export interface Download {
  readonly url: string;
  /** Until it is whole the file is called `<target>.part`, and is continued from there. */
  readonly target: string;
  /** Lower-case hex SHA-256 that the file must have. */
  readonly sha256: string;
  /** More bytes than these are refused. */
  readonly maxBytes: number;
  /** Names the file in progress and errors. */
  readonly label: string;
  /** A connection silent for this long is given up. */
  readonly timeoutMs: number;
  /** How often to try again without having got a byte further. */
  readonly retries: number;
}

/**
 * Downloads a file. Calls for the same target must not overlap, see `withLock`.
 *
 * @throws ClError `DOWNLOAD_FAILED` when the server refuses, goes silent or cuts the connection too often (what came is
 * kept and continued next time), or sends too much; `CHECKSUM_MISMATCH` when the file is not the expected one: it
 * is kept as `<target>.rejected`; `IO_FAILED`, `ABORTED`.
 */
export async function download(request: Download, work: WorkOptions = {}): Promise<void> {
  const { target, sha256 } = request;
  const part = `${target}.part`;
  const file = await openPart(part);
  try {
    const resumed = await fetchAll(request, file, work);
    if (resumed && (await sha256Of(part)) !== sha256) {
      await file.truncate(0); // the part was of another file: once more from the start
      await fetchAll(request, file, work);
    }
    await file.sync();
  } catch (cause) {
    throw isClError(cause) ? cause : ioError('download', part, cause);
  } finally {
    await file.close();
  }
  const found = await sha256Of(part);
  if (found !== sha256) {
    await rename(part, `${target}.rejected`);
    throw new ClError(
      'CHECKSUM_MISMATCH',
      `download: ${request.label} from ${request.url} has SHA-256 ${found}, expected ${sha256}. It was put aside as ` +
        `${target}.rejected; try again, or name a trusted copy.`,
    );
  }
  await rename(part, target);
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
async function fetchAll(request: Download, file: FileHandle, work: WorkOptions): Promise<boolean> {
  let done = (await file.stat()).size;
  const resumed = done > 0;
  for (let failures = 0; ;) {
    const before = done;
    const problem = await fetchRest(request, file, work);
    if (problem === undefined) return resumed;
    throwIfAborted('download', work.signal);
    done = (await file.stat()).size;
    failures = done > before ? 1 : failures + 1;
    if (failures > request.retries) {
      throw failed(request, `${problem}; ${done} bytes are kept and continued next time`);
    }
    await sleep(Math.min(8000, 250 * 2 ** failures), undefined, { signal: work.signal }).catch(
      () => {
        throwIfAborted('download', work.signal);
      },
    );
  }
}

/** One connection. Gives the reason when it is worth another; `undefined` when the file is whole. */
async function fetchRest(
  request: Download,
  file: FileHandle,
  work: WorkOptions,
): Promise<string | undefined> {
  const silence = new AbortController();
  const watch = setTimeout(() => {
    silence.abort();
  }, request.timeoutMs);
  const signals = work.signal === undefined ? [silence.signal] : [silence.signal, work.signal];
  try {
    let at = (await file.stat()).size;
    const response = await fetch(request.url, {
      signal: AbortSignal.any(signals),
      headers: { 'accept-encoding': 'identity', ...(at > 0 ? { range: `bytes=${at}-` } : {}) },
    });
    const problem = await startOf(request, response, file, at);
    if (problem !== undefined || response.status === 416) {
      await response.body?.cancel();
      return problem; // 416: no byte is left to fetch, the checksum will tell
    }
    if (response.status === 200) at = 0;
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const total = at + length;
    if (total > request.maxBytes) throw tooLarge(request, total);
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      watch.refresh();
      if (at + chunk.length > request.maxBytes) throw tooLarge(request, at + chunk.length);
      await file.write(chunk, 0, chunk.length, at);
      at += chunk.length;
      const progress = { done: at, total: Math.max(at, Number.isNaN(total) ? at : total) };
      work.onProgress?.({ phase: `download ${request.label}`, ...progress });
    }
    if ((await file.stat()).size > at && at >= total) await file.truncate(at); // left of a longer part
    return at < total ? `the connection ended after ${at} of ${total} bytes` : undefined;
  } catch (cause) {
    throwIfAborted('download', work.signal);
    if (isClError(cause)) throw cause;
    if (silence.signal.aborted) return `the server was silent for ${request.timeoutMs} ms`;
    if (isFileError(cause)) throw ioError('download', request.target, cause);
    const inner = (cause as { cause?: unknown }).cause ?? cause;
    return `the connection failed (${inner instanceof Error ? inner.message : String(inner)})`;
  } finally {
    clearTimeout(watch);
  }
}

/** Looks at the answer before its body is read. */
async function startOf(
  request: Download,
  response: Response,
  file: FileHandle,
  at: number,
): Promise<string | undefined> {
  const { status, headers } = response;
  if (status === 416 && at > 0) return undefined;
  if (status >= 500 || status === 429 || status === 408) return `the server answered ${status}`;
  if (!response.ok) throw failed(request, `the server answered ${status}`);
  if (headers.get('content-encoding') !== null) {
    throw failed(request, `the server re-encodes the file as ${headers.get('content-encoding')!}`);
  }
  if (status === 206 && headers.get('content-range')?.startsWith(`bytes ${at}-`) !== true) {
    await file.truncate(0);
    return 'the server continued at another place';
  }
  return undefined;
}

/** SHA-256 of a file, lower-case hex. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (cause) {
    throw ioError('download', path, cause);
  }
  return hash.digest('hex');
}

function isFileError(cause: unknown): boolean {
  return ['write', 'ftruncate', 'fstat'].includes(String((cause as { syscall?: unknown }).syscall));
}

function tooLarge(request: Download, bytes: number): ClError {
  return failed(request, `it is ${bytes} bytes, expected at most ${request.maxBytes}`);
}

function failed({ label, url }: Download, reason: string): ClError {
  return new ClError(
    'DOWNLOAD_FAILED',
    `download: ${label} could not be fetched from ${url}: ${reason}. Try again, or download it by hand and name the ` +
      'file.',
  );
}
