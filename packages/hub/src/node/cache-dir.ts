/** Where downloads and features are kept between runs: one folder for all packages. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The cache folder when nobody names one: `$CL_CACHE_DIR`, else `~/.cache/cl`. */
export function defaultCacheDir(): string {
  const named = process.env['CL_CACHE_DIR'];
  return named === undefined || named === '' ? join(homedir(), '.cache', 'cl') : resolve(named);
}
