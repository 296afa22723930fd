/** Takes known files out of a .tar.gz: nothing else is written, and no path of the archive is followed. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ClError, isClError, throwIfAborted, type WorkOptions } from '@cl/hub';
import { extract } from 'tar-stream';
import { ioError } from './io-error.ts';

/** What to take out. */
export interface Extraction {
  readonly archive: string;
  /** The folder inside the archive that holds the files. */
  readonly folder: string;
  /** Largest size in bytes of each file, by name. All of them must be there. */
  readonly files: ReadonlyMap<string, number>;
  /** The folder to make; it appears whole or not at all. */
  readonly target: string;
}

/**
 * Extracts the files beside the target and renames the folder when it is whole.
 *
 * @throws ClError `CORRUPT_FILE` when the archive is cut off, is no .tar.gz, lacks a file, holds one twice or larger than
 * allowed; `NOT_FOUND`, `IO_FAILED`, `ABORTED`.
 */
export async function extractFiles(extraction: Extraction, work: WorkOptions = {}): Promise<void> {
  const { archive, target } = extraction;
  await stat(archive).catch((cause: unknown) => {
    throw ioError('archive', archive, cause);
  });
  await mkdir(dirname(target), { recursive: true });
  const beside = await mkdtemp(`${target}.`);
  try {
    await extractInto(beside, extraction, work);
    await rename(beside, target);
  } catch (cause) {
    throwIfAborted('archive', work.signal);
    throw asClError(archive, cause);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

async function extractInto(
  beside: string,
  extraction: Extraction,
  work: WorkOptions,
): Promise<void> {
  const { archive, folder, files } = extraction;
  const missing = new Set(files.keys());
  // Room for the files, tar's own blocks and a little else; a bomb ends here.
  let room = [...files.values()].reduce((sum, bytes) => sum + bytes, 1 << 20);
  const entries = extract();
  const reading = pipeline(
    createReadStream(archive),
    createGunzip(),
    entries as unknown as NodeJS.WritableStream,
    { ...(work.signal && { signal: work.signal }) },
  );
  const failure = reading.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  try {
    for await (const entry of entries) {
      const { name: path, type, size } = entry.header;
      const name = basename(path);
      room -= size;
      if (room < 0) throw corrupt(archive, 'holds more than it should');
      if (path !== `${folder}/${name}` || !files.has(name)) {
        entry.resume();
        continue;
      }
      if (type !== 'file') throw corrupt(archive, `has ${path} as a ${type}, not a file`);
      if (!missing.delete(name)) throw corrupt(archive, `holds ${path} twice`);
      const limit = files.get(name)!;
      if (size > limit) {
        throw corrupt(archive, `gives ${path} ${size} bytes, expected at most ${limit}`);
      }
      work.onProgress?.({
        phase: `extract ${basename(archive)}`,
        done: files.size - missing.size - 1,
        total: files.size,
      });
      await pipeline(
        entry as unknown as Readable,
        createWriteStream(join(beside, name), { flush: true }),
      );
    }
  } catch (cause) {
    entries.destroy();
    throw (await failure) !== undefined && !isClError(cause) ? await failure : cause;
  }
  await reading;
  if (missing.size > 0) throw corrupt(archive, `lacks ${[...missing].join(', ')} in ${folder}/`);
}

function asClError(archive: string, cause: unknown): ClError {
  if (isClError(cause)) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  const fromDisk = code?.startsWith('E') === true && !code.startsWith('ERR_');
  if (fromDisk) return ioError('archive', archive, cause);
  return corrupt(archive, `is no whole .tar.gz (${message})`, cause);
}

function corrupt(archive: string, found: string, cause?: unknown): ClError {
  return new ClError('CORRUPT_FILE', `archive: ${archive} ${found}. Fetch it again.`, { cause });
}
