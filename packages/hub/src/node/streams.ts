/** Files in one pass and flat memory: written and hashed together, read and hashed together. */
import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { throwIfAborted } from '../errors.ts';
import type { WorkOptions } from '../progress.ts';
import { corrupt } from '../strict-json.ts';
import { ioError } from './io-error.ts';

/** A file as a manifest records it. */
export interface FileDigest {
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Hashing blocks the event loop, so it goes by pieces of some milliseconds; a single read or write ends at 2 GiB. */
const pieceBytes = 4 * 2 ** 20;

/**
 * Writes a new file and forces it to the disk. A piece is hashed while it is written.
 *
 * @param path - must not exist.
 * @param parts - the content, in order; not copied.
 * @param options - `onProgress` counts bytes.
 * @throws ClError `IO_FAILED`; what was written so far is left there for the caller to remove. `ABORTED`.
 */
export async function writeHashed(
  path: string,
  parts: Iterable<Uint8Array>,
  options: WorkOptions & { readonly total?: number } = {},
): Promise<FileDigest> {
  const hash = createHash('sha256');
  const handle = await open(path, 'wx');
  try {
    let bytes = 0;
    for (const part of parts) {
      for (let start = 0; start < part.length; start += pieceBytes) {
        throwIfAborted(`writing ${path}`, options.signal);
        const piece = part.subarray(start, start + pieceBytes);
        const written = writeAll(handle, piece, bytes);
        hash.update(piece);
        await written;
        bytes += piece.length;
        options.onProgress?.({ phase: 'save', done: bytes, total: options.total ?? 0 });
      }
    }
    await handle.sync();
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, piece: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < piece.length) {
    const left = piece.length - done;
    done += (await handle.write(piece, done, left, position + done)).bytesWritten;
  }
}

/** Fills an array from a place in a file; each piece is hashed while the next one is read. */
export async function readInto(
  where: string,
  handle: FileHandle,
  target: Uint8Array,
  position: number,
  hash?: Hash,
  { signal }: WorkOptions = {},
): Promise<void> {
  let done = 0;
  let fresh = target.subarray(0, 0);
  while (done < target.length) {
    throwIfAborted(where, signal);
    const reading = handle.read(
      target,
      done,
      Math.min(pieceBytes, target.length - done),
      position + done,
    );
    hash?.update(fresh);
    const { bytesRead } = await reading;
    if (bytesRead === 0) {
      throw corrupt(where, `ends at byte ${position + done}, expected ${position + target.length}`);
    }
    fresh = target.subarray(done, done + bytesRead);
    done += bytesRead;
  }
  hash?.update(fresh);
}

/**
 * SHA-256 of a file, in flat memory.
 *
 * @returns lower-case hex.
 * @throws ClError `NOT_FOUND`, `IO_FAILED`, `ABORTED`.
 */
export async function sha256File(path: string, options: WorkOptions = {}): Promise<string> {
  const where = `sha256File: reading ${path}`;
  try {
    const handle = await open(path, 'r');
    try {
      const hash = createHash('sha256');
      const buffers = [new Uint8Array(pieceBytes), new Uint8Array(pieceBytes)] as const;
      let fresh = buffers[0].subarray(0, 0);
      for (let i = 0; ; i += 1) {
        throwIfAborted(where, options.signal);
        const buffer = buffers[i % 2 === 0 ? 0 : 1];
        const reading = handle.read(buffer, 0, pieceBytes, null);
        hash.update(fresh);
        const { bytesRead } = await reading;
        if (bytesRead === 0) return hash.digest('hex');
        fresh = buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw ioError(where, error);
  }
}
