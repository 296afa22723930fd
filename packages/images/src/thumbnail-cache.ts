/** Thumbnails that were made before: runs on the same images show the same pictures, and large photos take long to decode. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ImageRef } from '@cl/hub';
import { defaultCacheDir } from '@cl/hub/node';
import { imageKey } from './hash.ts';
import { smallWebp, webpUri } from './thumbnail.ts';

/** Options of {@link cachedThumbnails}. */
export interface CachedThumbnailsOptions {
  /** Default: `defaultCacheDir` of `@cl/hub/node`. */
  readonly cacheDir?: string | undefined;
}

/**
 * `thumbnail` with a memory on disk, keyed by the content of images ({@link imageKey}). Processes may share the folder.
 * What is damaged there is made anew, and a folder that cannot be written costs time only.
 *
 * @param size - see `thumbnail`.
 * @returns makes thumbnails; throws ClError `UNREADABLE_IMAGE` as `thumbnail` does.
 */
export function cachedThumbnails(
  size: number,
  { cacheDir = defaultCacheDir() }: CachedThumbnailsOptions = {},
): (ref: ImageRef) => Promise<string> {
  const folder = join(cacheDir, 'thumbnails', String(size));
  return async (ref) => {
    const key = await imageKey(ref);
    const path = join(folder, key.slice(0, 2), `${key}.webp`);
    const known = await readFile(path).catch(() => undefined);
    if (known !== undefined && isWebp(known)) return webpUri(known);
    const picture = await smallWebp(ref, size);
    await keep(path, picture);
    return webpUri(picture);
  };
}

/** Writes a picture where all of it or nothing is found. It can be made again, so nobody waits for the disk. */
async function keep(path: string, picture: Buffer): Promise<void> {
  const beside = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(beside, picture);
    await rename(beside, path);
  } catch {
    await rm(beside, { force: true }).catch(() => undefined);
  }
}

/** Whether these bytes begin as a WebP file does and are as many as it says (RIFF: its length less 8 stands at byte 4). */
function isWebp(bytes: Buffer): boolean {
  return (
    bytes.length > 12 &&
    bytes.toString('latin1', 0, 4) === 'RIFF' &&
    bytes.readUInt32LE(4) === bytes.length - 8 &&
    bytes.toString('latin1', 8, 12) === 'WEBP'
  );
}
