/**
 * Folders that change all at once. The new files are written into `.saving`, which one rename turns into `.next`: from
 * that moment they are the folder's content, wherever they lie, and are then moved up one by one, the manifest last.
 * A reader takes each file from `.next` if it is there and from the folder otherwise, so it finds the old content or
 * the new at any moment, and nobody has to repair anything first. See docs/0001-saving-without-a-torn-moment.md.
 */
import { mkdir, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ClError } from '../errors.ts';
import { syncFolder } from './atomic-file.ts';

const saving = '.saving';
const next = '.next';

/**
 * Replaces the files of a folder. One process at a time; readers may come at any time.
 *
 * @param folder - made when it does not exist.
 * @param manifest - the file that names the others.
 * @param fill - writes all files, the manifest among them, into the folder it is given. When it throws, nothing has changed.
 */
export async function swapFiles(
  folder: string,
  manifest: string,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await finishSwap(folder, manifest);
  const fresh = join(folder, saving);
  await rm(fresh, { recursive: true, force: true }); // what a killed process left
  try {
    await mkdir(fresh);
    await fill(fresh);
    await syncFolder(fresh);
    await rename(fresh, join(folder, next)); // the new files count from here
  } catch (error) {
    await rm(fresh, { recursive: true, force: true }).catch(() => undefined); // the first error says more
    throw error;
  }
  try {
    await syncFolder(folder);
    await finishSwap(folder, manifest);
  } catch (cause) {
    throw new ClError(
      'IO_FAILED',
      `${folder}: the new files are saved and can be read, but moving them from ${next} into place failed ` +
        `(${(cause as Error).message}). Save again to finish it.`,
      { cause },
    );
  }
}

/** Moves the files of `.next` into place; does nothing when there are none. */
async function finishSwap(folder: string, manifest: string): Promise<void> {
  const names = await namesIn(join(folder, next));
  if (names === undefined) return;
  const others = names.filter((name) => name !== manifest);
  for (const name of others) await rename(join(folder, next, name), join(folder, name));
  if (others.length > 0) await syncFolder(folder);
  if (names.includes(manifest)) await rename(join(folder, next, manifest), join(folder, manifest));
  await rmdir(join(folder, next));
  await syncFolder(folder);
}

/** One state of a folder's content, found without changing anything. */
export interface FolderView {
  /** The bytes of the manifest. */
  readonly manifest: Uint8Array;
  /** Names of all files that belong to the folder's content, the manifest included; hidden ones are left out. */
  readonly names: readonly string[];
  /** Opens a file wherever it lies: `use` is called with its path, and again when it moved meanwhile. */
  open<T>(name: string, use: (path: string) => Promise<T>): Promise<T>;
}

/**
 * Finds the content of a folder.
 *
 * @throws the file system's ENOENT when the folder or its manifest is not there.
 */
export async function viewFiles(folder: string, manifest: string): Promise<FolderView> {
  const pending = await orUndefined(readFile(join(folder, next, manifest)));
  const places = pending === undefined ? [folder] : [join(folder, next), folder];
  const bytes = pending ?? (await readFile(join(folder, manifest)));
  const names = new Set<string>();
  for (const place of places) {
    // In this order: a file that moves up meanwhile is still seen.
    for (const name of (await namesIn(place)) ?? []) if (!name.startsWith('.')) names.add(name);
  }
  return {
    manifest: bytes,
    names: [...names].sort(),
    async open<T>(name: string, use: (path: string) => Promise<T>): Promise<T> {
      for (const place of places.slice(0, -1)) {
        const found = await orUndefined(use(join(place, name)));
        if (found !== undefined) return found;
      }
      return use(join(folder, name));
    },
  };
}

async function namesIn(folder: string): Promise<string[] | undefined> {
  return orUndefined(readdir(folder));
}

/** The result, or `undefined` when a file or folder on the way does not exist. */
async function orUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Whether the file system, or a ClError on its behalf, said that something does not exist. */
export function isMissing(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return code === 'ENOENT' || code === 'NOT_FOUND';
}
