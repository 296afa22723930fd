/** Opens what people name as the root of their images: a folder, or an archive of one. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { WorkOptions } from '@cl/hub';
import { defaultCacheDir } from '@cl/hub/node';
import { archiveKind, openTree } from '../tree/open-tree.ts';
import { archiveRoot } from './archive-root.ts';
import { openRoot, type Root } from '../tree/root.ts';

/**
 * Opens a folder, or a .zip, .tar, .tar.gz or .tgz. The first two are read in place, the others through a .tar that is
 * kept in the cache.
 *
 * @throws ClError `NOT_FOUND` when there is nothing, or a file that is no archive; `CORRUPT_FILE`, `IO_FAILED`, `ABORTED`.
 */
export async function openImages(path: string, work: WorkOptions): Promise<Root> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true || archiveKind(path) === undefined) return openRoot(path);
  const tree = await openTree(path, join(defaultCacheDir(), 'datasets', 'unpacked'), work);
  return archiveRoot(resolve(path), tree);
}
