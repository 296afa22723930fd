/** Finds the files of CIFAR: in a folder, in an archive, in the cache, or at their authors'. */
import { mkdir, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { ClError, type WorkOptions } from '@cl/hub';
import { defaultCacheDir } from '@cl/hub/node';
import { download, sha256Of } from '../download.ts';
import { ioError } from '../io-error.ts';
import { withLock } from '../lock.ts';
import { extractFiles } from '../tar-gz.ts';
import { fileLimits, type CifarFormat } from './format.ts';

/** Options that CIFAR-10 and CIFAR-100 share. */
export interface CifarSource {
  /** A local copy: the archive, or the folder that it was extracted to; empty: the cache, else a download. */
  readonly path: string;
  /** Where the archive is fetched from. */
  readonly url: string;
  /** SHA-256 of the archive. */
  readonly sha256: string;
  /** Empty: `$CL_CACHE_DIR`, else `~/.cache/cl`. */
  readonly cacheDir: string;
  readonly timeoutMs: number;
  readonly retries: number;
}

/**
 * The folder with the extracted files. An archive is checked against its SHA-256 and extracted into the cache once;
 * a downloaded one is deleted then. Of several processes one does it and the others wait.
 *
 * @throws ClError `NOT_FOUND` when there is nothing at `path`, `CHECKSUM_MISMATCH` when the archive is another one, and the
 * errors of {@link download} and {@link extractFiles}.
 */
export async function locate(
  format: CifarFormat,
  source: CifarSource,
  work: WorkOptions,
): Promise<string> {
  const { path, url, sha256, timeoutMs, retries } = source;
  if (path !== '') {
    const found = await stat(path).catch((cause: unknown) => {
      throw ioError(format.name, path, cause);
    });
    if (found.isDirectory()) return insideOf(path, format);
    await assertChecksum(format, source);
  }
  const parent = join(cacheFolder(source.cacheDir), format.name);
  const target = join(parent, sha256.slice(0, 16));
  if (await exists(target)) return target;
  await mkdir(parent, { recursive: true }).catch((cause: unknown) => {
    throw ioError(format.name, parent, cause);
  });
  return withLock(`${target}.lock`, work, async () => {
    if (await exists(target)) return target; // made while we waited
    const extraction = { folder: format.folder, files: fileLimits(format), target };
    if (path !== '') {
      await extractFiles({ archive: path, ...extraction }, work);
      return target;
    }
    const label = basename(new URL(url).pathname);
    const archive = `${target}-${label}`;
    const maxBytes = 2 * format.bytes; // a mirror may have packed it less tightly
    await download({ url, target: archive, sha256, maxBytes, label, timeoutMs, retries }, work);
    await extractFiles({ archive, ...extraction }, work);
    await rm(archive, { force: true });
    return target;
  });
}

function cacheFolder(named: string): string {
  return join(named === '' ? defaultCacheDir() : resolve(named), 'datasets');
}

/** People name the folder with the files, or the one around it. */
async function insideOf(path: string, { folder, train }: CifarFormat): Promise<string> {
  const first = Object.keys(train)[0]!;
  for (const candidate of [path, join(path, folder)]) {
    if (await exists(join(candidate, first))) return candidate;
  }
  throw new ClError(
    'NOT_FOUND',
    `cifar: ${path} holds neither ${first} nor ${folder}/${first}. Name the folder that the archive was extracted to.`,
  );
}

async function assertChecksum(format: CifarFormat, { path, sha256 }: CifarSource): Promise<void> {
  const found = await sha256Of(path);
  if (found === sha256) return;
  throw new ClError(
    'CHECKSUM_MISMATCH',
    `${format.name}: ${path} has SHA-256 ${found}, expected ${sha256}. Fetch ${format.url} again, or give the option ` +
      'sha256 if you trust this copy.',
  );
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
