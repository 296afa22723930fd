/** Unpacks gzip beside the target, within bounds; the target appears whole or not at all. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { isClError, throwIfAborted, type WorkOptions } from '@cl/hub';
import { ioError } from '../io-error.ts';
import { corrupt } from './archive-entries.ts';

/**
 * Expands a .gz (or .tar.gz, .tgz) into one file of at most `limit` bytes; a tar is then read in place, so no path of it
 * is ever written.
 *
 * @returns what the target is.
 * @throws ClError `CORRUPT_FILE` when it is cut off, no gzip, or larger than the limit; `NOT_FOUND`, `IO_FAILED` (a full
 * disk), `ABORTED`; nothing stays behind then.
 */
export async function expandGzip(
  path: string,
  target: string,
  limit: number,
  work: WorkOptions = {},
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const total = (
    await stat(path).catch((cause: unknown) => {
      throw ioError('archive', path, cause);
    })
  ).size;
  const beside = `${target}.unpacking`;
  const source = createReadStream(path, { highWaterMark: 1 << 20 });
  let bytes = 0;
  const hash = createHash('sha256');
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      work.onProgress?.({ phase: `unpack ${basename(path)}`, done: source.bytesRead, total });
      if (bytes > limit) done(corrupt(path, `holds more than ${limit} bytes, more than it should`));
      else done(undefined, chunk);
      hash.update(chunk);
    },
  });
  try {
    await pipeline(source, createGunzip(), bounded, createWriteStream(beside, { flush: true }), {
      ...(work.signal && { signal: work.signal }),
    });
    await rename(beside, target);
    return { bytes, sha256: hash.digest('hex') };
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => undefined); // the first error says more
    throwIfAborted('archive', work.signal);
    if (isClError(cause)) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const ofDisk = code?.startsWith('E') === true && !code.startsWith('ERR_');
    throw ofDisk
      ? ioError('archive', target, cause)
      : corrupt(path, `is no whole gzip (${message})`, cause);
  }
}
