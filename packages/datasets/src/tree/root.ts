/** The folder or archive that an image folder reads, and the promise that nothing outside it is read. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { ClError } from '@cl/hub';
import { ioError } from '../io-error.ts';
import { diskFile } from './disk-file.ts';
import { isHidden, type TreeFile } from './tree.ts';

const where = 'image-folder';

/** A folder or file below the root: where it is really, and how people name it. */
export interface Place {
  /** Absolute, without symbolic links; in an archive its path there. No two files have the same. */
  readonly real: string;
  /** Relative to the root, with forward slashes. */
  readonly name: string;
}

/** A folder that is known to exist. */
export interface Root {
  readonly real: string;
  /** What is in a folder: sub-folders and files, hidden ones left out; links are followed inside the root. */
  entries(
    folder: Place,
  ): Promise<{ readonly folders: readonly Place[]; readonly files: readonly Place[] }>;
  /**
   * The file that a list names, or `undefined` when there is none.
   *
   * @throws ClError `INVALID_DATA` when the path leaves the root, by `..` or through a link.
   */
  file(path: string): Promise<Place | undefined>;
  /** A file of the root to read. */
  open(place: Place): TreeFile;
}

/**
 * Opens a folder as a root.
 *
 * @throws ClError `NOT_FOUND` when it does not exist or is no folder, `IO_FAILED`.
 */
export async function openRoot(path: string): Promise<Root> {
  const real = await realpath(path).catch((cause: unknown) => {
    throw ioError(where, path, cause);
  });
  if (!(await stat(real)).isDirectory()) {
    throw new ClError(
      'NOT_FOUND',
      `${where}: ${path} is a file, expected a folder. Name the folder.`,
    );
  }
  return {
    real,
    entries: (folder) => entriesOf(real, folder),
    file: (name) => fileOf(real, name),
    open: ({ name, real: path }) => diskFile(name, path),
  };
}

async function entriesOf(
  root: string,
  folder: Place,
): Promise<{ readonly folders: Place[]; readonly files: Place[] }> {
  const found = { folders: [] as Place[], files: [] as Place[] };
  const entries = await readdir(folder.real, { withFileTypes: true }).catch((cause: unknown) => {
    throw ioError(where, folder.real, cause);
  });
  for (const entry of entries) {
    if (isHidden(entry.name)) continue;
    const place = {
      real: join(folder.real, entry.name),
      name: folder.name === '' ? entry.name : `${folder.name}/${entry.name}`,
    };
    if (entry.isDirectory()) found.folders.push(place);
    else if (entry.isFile()) found.files.push(place);
    else if (entry.isSymbolicLink()) {
      const target = await follow(root, place);
      if (target === undefined) throw broken(place.name);
      if ((await stat(target)).isDirectory()) {
        assertNoCycle(folder, place, target);
        found.folders.push({ ...place, real: target });
      } else found.files.push({ ...place, real: target });
    }
  }
  return found;
}

async function fileOf(root: string, path: string): Promise<Place | undefined> {
  const absolute = resolve(root, path);
  if (!isInside(root, absolute)) throw outside(path, absolute);
  const name = relative(root, absolute).split(sep).join('/');
  const real = await follow(root, { real: absolute, name });
  return real !== undefined && (await stat(real)).isFile() ? { real, name } : undefined;
}

/** Where a path really leads; `undefined` when to nothing. */
async function follow(root: string, { real, name }: Place): Promise<string | undefined> {
  const target = await realpath(real).catch((cause: unknown) => {
    const error = ioError(where, real, cause);
    if (error.code === 'NOT_FOUND') return undefined;
    throw error;
  });
  if (target !== undefined && !isInside(root, target)) throw outside(name, target);
  return target;
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function assertNoCycle(folder: Place, link: Place, target: string): void {
  if (!isInside(target, folder.real)) return;
  throw new ClError(
    'INVALID_DATA',
    `${where}: the link "${link.name}" leads back to a folder above it. Remove the link.`,
  );
}

function outside(name: string, target: string): ClError {
  return new ClError(
    'INVALID_DATA',
    `${where}: "${name}" leads out of the folder to ${target}, expected files inside it. Copy the file in, or open ` +
      'the folder above.',
  );
}

function broken(name: string): ClError {
  return new ClError(
    'NOT_FOUND',
    `${where}: the link "${name}" points to nothing. Remove or mend it.`,
  );
}
