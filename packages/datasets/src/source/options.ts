/** The options that all published datasets share. */
import { join, resolve } from 'node:path';
import { defaultCacheDir } from '@cl/hub/node';
import { z } from 'zod';

/** Where the files of a published dataset come from. */
export interface SourceOptions {
  /** A local copy: the extracted folder, the one around it, or the archive; empty: the cache, else a download. */
  readonly path: string;
  /** URLs of folders that are asked for the files, in turn, instead of the known places; empty: the known places. */
  readonly mirrors: readonly string[];
  /** SHA-256 of files by name, for copies that you trust instead of the published ones. */
  readonly checksums: Readonly<Record<string, string>>;
  /** Empty: `$CL_CACHE_DIR`, else `~/.cache/cl`. */
  readonly cacheDir: string;
  readonly timeoutMs: number;
  readonly retries: number;
}

/** From the cache, else downloaded from the known places. */
export const sourceDefaults: SourceOptions = {
  path: '',
  mirrors: [],
  checksums: {},
  cacheDir: '',
  timeoutMs: 30_000,
  retries: 4,
};

/** One sentence an option. */
export const sourceHelp: Readonly<Record<keyof SourceOptions, string>> = {
  path: 'local copy: the extracted folder, the one around it, or the archive; empty: downloaded once',
  mirrors: 'URLs of folders to fetch the files from, in turn, instead of the known places',
  checksums: 'JSON: SHA-256 by file name, instead of the published ones',
  cacheDir: 'where files are kept; empty: $CL_CACHE_DIR, else ~/.cache/cl',
  timeoutMs: 'a connection silent for this long is given up and tried again',
  retries: 'how often to try again without getting further',
};

/** The schema of each option. */
export const sourceShape: { readonly [K in keyof SourceOptions]: z.ZodType<SourceOptions[K]> } = {
  path: z.string(),
  mirrors: z.array(z.url({ protocol: /^https?$/u })),
  checksums: z.record(
    z.string(),
    z.string().regex(/^[0-9a-f]{64}$/u, 'expected 64 lower-case hex digits'),
  ),
  cacheDir: z.string(),
  timeoutMs: z.int().min(1),
  retries: z.int().min(0),
};

/** The schema of `templates`. */
export const templatesShape: z.ZodType<readonly string[]> = z.array(
  z.string().includes('{}', 'expected {} where the class goes'),
);

/** The folder in the cache that holds a dataset's files. */
export function storeFolder(name: string, { cacheDir }: Pick<SourceOptions, 'cacheDir'>): string {
  return join(cacheDir === '' ? defaultCacheDir() : resolve(cacheDir), 'datasets', name);
}
