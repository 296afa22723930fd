/** One connection of a download: from where the file ends to where the server stops. */
import { statfs, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ClError, isClError, throwIfAborted, type WorkOptions } from '@cl/hub';
import { ioError } from '../io-error.ts';
import type { Download } from './download.ts';

/** Why it is worth another connection, and how long the server asked to be left alone. */
export interface Setback {
  readonly problem: string;
  readonly waitMs: number;
}

/** Longer waits than these are not sat out. */
const longestWaitMs = 60_000;

/**
 * Appends what the server has after the bytes that are there.
 *
 * @returns `undefined` when the file is whole.
 * @throws ClError `DOWNLOAD_FAILED` when another try would end alike, `IO_FAILED`, `ABORTED`.
 */
export async function fetchRest(
  request: Download,
  url: string,
  file: FileHandle,
  work: WorkOptions,
): Promise<Setback | undefined> {
  const silence = new AbortController();
  const watch = setTimeout(() => {
    silence.abort();
  }, request.timeoutMs);
  const signals = work.signal === undefined ? [silence.signal] : [silence.signal, work.signal];
  try {
    const at = (await file.stat()).size;
    const response = await fetch(url, {
      signal: AbortSignal.any(signals),
      headers: {
        ...request.headers,
        'accept-encoding': 'identity',
        ...(at > 0 ? { range: `bytes=${at}-` } : {}),
      },
    });
    const setback = await startOf(request, url, response, file, at);
    if (setback !== undefined || response.status === 416) {
      await response.body?.cancel();
      return setback; // 416: no byte is left to fetch, the checksum will tell
    }
    const receive = (bytes: number, total: number): void => {
      watch.refresh();
      if (bytes > request.maxBytes) throw tooLarge(request, url, bytes);
      work.onProgress?.({ phase: `download ${request.label}`, done: bytes, total });
    };
    return await append(request, url, response, file, response.status === 200 ? 0 : at, receive);
  } catch (cause) {
    throwIfAborted('download', work.signal);
    if (isClError(cause)) throw cause;
    if (silence.signal.aborted) return again(`the server was silent for ${request.timeoutMs} ms`);
    if (isFileError(cause)) throw ioError('download', request.target, cause);
    const inner = (cause as { cause?: unknown }).cause ?? cause;
    return again(
      `the connection failed (${inner instanceof Error ? inner.message : String(inner)})`,
    );
  } finally {
    clearTimeout(watch);
  }
}

/** Writes the body from `start` on. */
async function append(
  request: Download,
  url: string,
  response: Response,
  file: FileHandle,
  start: number,
  receive: (bytes: number, total: number) => void,
): Promise<Setback | undefined> {
  let at = start;
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  const total = at + length;
  if (total > request.maxBytes) throw tooLarge(request, url, total);
  await assertRoom(request, length);
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    receive(at + chunk.length, Math.max(at + chunk.length, Number.isNaN(total) ? 0 : total));
    for (let done = 0; done < chunk.length;) {
      done += (await file.write(chunk, done, chunk.length - done, at + done)).bytesWritten;
    }
    at += chunk.length;
  }
  if (at < total) return again(`the connection ended after ${at} of ${total} bytes`);
  if ((await file.stat()).size > at) await file.truncate(at); // left of a longer part
  return undefined;
}

/** Looks at the answer before its body is read. */
async function startOf(
  request: Download,
  url: string,
  { status, headers, ok }: Response,
  file: FileHandle,
  at: number,
): Promise<Setback | undefined> {
  if (status === 416 && at > 0) return undefined;
  if (status >= 500 || status === 429 || status === 408) {
    return again(`the server answered ${status}`, retryAfter(headers.get('retry-after')));
  }
  if (!ok) throw refused(request, url, `the server answered ${status}`);
  if (headers.get('content-encoding') !== null) {
    throw refused(
      request,
      url,
      `the server re-encodes the file as ${headers.get('content-encoding')!}`,
    );
  }
  if (headers.get('content-type')?.startsWith('text/html') === true) {
    throw refused(request, url, 'the server sent a web page instead of the file');
  }
  if (status === 206 && headers.get('content-range')?.startsWith(`bytes ${at}-`) !== true) {
    await file.truncate(0);
    return again('the server continued at another place');
  }
  return undefined;
}

/** Refuses what cannot fit before the disk is full. */
async function assertRoom({ target, label }: Download, bytes: number): Promise<void> {
  const disk = await statfs(dirname(target)).catch(() => undefined); // where it cannot be told, try
  if (disk === undefined || !(bytes > disk.bavail * disk.bsize)) return;
  throw new ClError(
    'IO_FAILED',
    `download: ${label} needs ${bytes} bytes more, and the disk of ${dirname(target)} has ` +
      `${disk.bavail * disk.bsize} free. Free space, or choose another cacheDir.`,
  );
}

/** Seconds or a date, as milliseconds from now. */
function retryAfter(header: string | null): number {
  if (header === null) return 0;
  const seconds = /^\d+$/u.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? 0 : Math.min(longestWaitMs, Math.max(0, seconds * 1000));
}

function again(problem: string, waitMs = 0): Setback {
  return { problem, waitMs };
}

function isFileError(cause: unknown): boolean {
  return ['write', 'ftruncate', 'fstat'].includes(String((cause as { syscall?: unknown }).syscall));
}

function tooLarge(request: Download, url: string, bytes: number): ClError {
  return refused(request, url, `it is ${bytes} bytes, expected at most ${request.maxBytes}`);
}

/** The error about a mirror that will not give the file. */
export function refused({ label }: Download, url: string, reason: string): ClError {
  return new ClError(
    'DOWNLOAD_FAILED',
    `download: ${label} could not be fetched from ${url}: ${reason}. Try again, or download it by hand and name the ` +
      'file.',
  );
}
