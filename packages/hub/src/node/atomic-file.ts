/** Files that are whole or not there. */
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { WorkOptions } from '../progress.ts';
import { ioError } from './io-error.ts';
import { writeHashed, type FileDigest } from './streams.ts';

/**
 * Writes a file so that a reader, or a machine that loses power, finds the old content or the new, never a part: writes
 * beside it, forces that to the disk, renames it over the old.
 *
 * @throws ClError `IO_FAILED` or `NOT_FOUND` (no such folder); the old content is then untouched.
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array | Iterable<Uint8Array>,
  options: WorkOptions = {},
): Promise<FileDigest> {
  const beside = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const digest = await writeHashed(beside, partsOf(data), options);
    await rename(beside, path);
    await syncFolder(dirname(path));
    return digest;
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined); // the first error says more
    throw ioError(`writing ${path}`, error, 'What was there before is unchanged.');
  }
}

function partsOf(data: string | Uint8Array | Iterable<Uint8Array>): Iterable<Uint8Array> {
  if (typeof data === 'string') return [new TextEncoder().encode(data)];
  return data instanceof Uint8Array ? [data] : data;
}

/** Makes renames in a folder survive a loss of power. Windows has no such call and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
