/** Where models and features are kept between runs. */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { defaultCacheDir } from '@cl/hub/node';

/** Bytes on disk under a cache folder. */
export interface CacheSizes {
  readonly folder: string;
  /** Downloaded models. */
  readonly models: number;
  /** Features of images and texts. */
  readonly features: number;
  /** Small pictures for reports. */
  readonly thumbnails: number;
}

/** How much the parts of a cache folder take; zero for what does not exist. */
export async function cacheSizes(folder: string = defaultCacheDir()): Promise<CacheSizes> {
  const [models, features, thumbnails] = await Promise.all(
    ['models', 'features', 'thumbnails'].map((part) => bytesUnder(join(folder, part))),
  );
  return { folder, models: models!, features: features!, thumbnails: thumbnails! };
}

/** Hub ids (`owner/name`) of the models that were downloaded into a cache folder, sorted. */
export async function cachedModels(folder: string = defaultCacheDir()): Promise<readonly string[]> {
  const models = join(folder, 'models');
  const files = await readdir(models, { recursive: true }).catch(() => []);
  // models/OWNER/NAME/REVISION/onnx/…: what has weights is a model, what is still on its way is not.
  const ids = files.filter((file) => file.endsWith('.onnx')).map((file) => file.split(sep));
  return [...new Set(ids.map((parts) => parts.slice(0, -3).join('/')))].sort();
}

async function bytesUnder(folder: string): Promise<number> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { recursive: true, withFileTypes: true });
  } catch {
    return 0;
  }
  let bytes = 0;
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    // A file that another process has just removed counts as nothing.
    bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => ({ size: 0 }))).size;
  }
  return bytes;
}
