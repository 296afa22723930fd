/** Opens a folder or an archive as a tree of files, by what it is called. */
import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { ClError, type WorkOptions } from '@cl/hub';
import { ioError } from '../io-error.ts';
import { withLock } from '../lock.ts';
import { expandGzip } from './expand.ts';
import { openFolder } from './folder-tree.ts';
import { openTar } from './tar-tree.ts';
import type { FileTree } from './tree.ts';
import { openZip } from './zip-tree.ts';

/** How an archive is packed, as its name says. */
export type ArchiveKind = 'zip' | 'tar' | 'tar.gz';

/** What kind of archive a file name announces; `undefined` for any other file. */
export function archiveKind(name: string): ArchiveKind | undefined {
  if (/\.zip$/iu.test(name)) return 'zip';
  if (/\.tar$/iu.test(name)) return 'tar';
  return /\.(?:tar\.gz|tgz)$/iu.test(name) ? 'tar.gz' : undefined;
}

/** How many times larger than its .tar.gz a tar of the user's may be. */
const growth = 200;

/**
 * Opens what is at a path: a folder, a .zip or .tar in place, a .tar.gz through a .tar that is kept below `unpackFolder`.
 *
 * @throws ClError `NOT_FOUND` when there is nothing, or a file that is no archive; `CORRUPT_FILE`, `IO_FAILED`, `ABORTED`.
 */
export async function openTree(
  path: string,
  unpackFolder: string,
  work: WorkOptions = {},
): Promise<FileTree> {
  const found = await stat(path).catch((cause: unknown) => {
    throw ioError('dataset', path, cause);
  });
  if (found.isDirectory()) return openFolder(path);
  const kind = archiveKind(path);
  if (kind === undefined) {
    throw new ClError(
      'NOT_FOUND',
      `dataset: ${path} is a file, expected a folder or a .zip, .tar, .tar.gz or .tgz. Name one of these.`,
    );
  }
  if (kind !== 'tar.gz') return openArchive(path, kind, work);
  // What was unpacked stands for the file at this path with this size and time.
  const identity = `${resolve(path)} ${found.size} ${found.mtimeMs}`;
  const key = createHash('sha256').update(identity).digest('hex').slice(0, 16);
  const target = join(
    unpackFolder,
    `${key}-${basename(path).replace(/\.(?:tar\.gz|tgz)$/iu, '')}.tar`,
  );
  await mkdir(unpackFolder, { recursive: true }).catch((cause: unknown) => {
    throw ioError('dataset', unpackFolder, cause);
  });
  await withLock(`${target}.lock`, work, async () => {
    if ((await stat(target).catch(() => undefined)) !== undefined) return;
    await expandGzip(path, target, (found.size + 4096) * growth, work);
  });
  return openTar(target, work);
}

/** Opens an archive that can be read in place. */
export async function openArchive(
  path: string,
  kind: 'zip' | 'tar',
  work: WorkOptions,
): Promise<FileTree> {
  return kind === 'zip' ? openZip(path, work) : openTar(path, work);
}
