/** Keeping datasets: what is there, fetch it, check it, take in copies that were fetched by hand. */
import { copyFile, link, readdir, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { ClError, nearest, type WorkOptions } from '@cl/hub';
import { writeFileAtomic } from '@cl/hub/node';
import { datasetCatalog } from '../catalog/catalog.ts';
import type { DatasetDescriptor, PublishedFile } from '../catalog/descriptor.ts';
import { difference, digestOf } from '../fetch/checksum.ts';
import { ioError } from '../io-error.ts';
import { withLock } from '../lock.ts';
import { differs, openCopy } from './local-copy.ts';
import { fetchFiles, placeOf } from './open-dataset.ts';
import { sourceDefaults, storeFolder, type SourceOptions } from './options.ts';
import { expectedOf, findStored, makeFolder, readReceipt, store } from './store.ts';

/** How far a dataset is here. */
export interface DatasetState {
  /** `absent`, `partial` (some files are there), `cached`, or `imported`: read from a folder outside the cache. */
  readonly state: 'absent' | 'partial' | 'cached' | 'imported';
  /** The folder that it is read from. */
  readonly folder: string;
  /** Bytes in the cache. */
  readonly bytes: number;
  /** Published files that are not in the cache. */
  readonly missing: readonly string[];
}

/** What became of a file of a dataset. */
export interface FileCheck {
  readonly file: string;
  /** `good`: as it came; `missing`; `damaged`: other bytes than came; `unpublished`: came as what was not published. */
  readonly state: 'good' | 'missing' | 'damaged' | 'unpublished';
  /** In words, for people. */
  readonly detail: string;
}

/**
 * The published dataset of a name.
 *
 * @throws ClError `NOT_FOUND` with the nearest name.
 */
export function publishedDataset(name: string): DatasetDescriptor {
  const found = datasetCatalog.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = datasetCatalog.map((one) => one.name);
  throw new ClError(
    'NOT_FOUND',
    `datasets: no published dataset "${name}"${nearest(name, names)} Known: ${names.join(', ')}.`,
  );
}

/** How far a dataset is here; nothing is read but names and sizes. */
export async function datasetState(
  descriptor: DatasetDescriptor,
  given: Partial<SourceOptions> = {},
): Promise<DatasetState> {
  const options = { ...sourceDefaults, ...given };
  const folder = storeFolder(descriptor.name, options);
  const place = await placeOf(folder);
  const missing: string[] = [];
  let bytes = 0;
  for (const file of descriptor.files) {
    const stored = await findStored(folder, file, expectedOf(file, options));
    if (stored === undefined) missing.push(file.name);
    else bytes += stored.kept.bytes;
  }
  if (place !== undefined) return { state: 'imported', folder: place, bytes, missing };
  const state =
    missing.length === 0
      ? 'cached'
      : missing.length < descriptor.files.length
        ? 'partial'
        : 'absent';
  return { state, folder, bytes, missing };
}

/**
 * Puts all files of a dataset into the cache; what is there already stays, and a folder that was imported is forgotten.
 *
 * @throws ClError as opening the dataset does.
 */
export async function fetchDataset(
  descriptor: DatasetDescriptor,
  given: Partial<SourceOptions> = {},
  work: WorkOptions = {},
): Promise<void> {
  const options = { ...sourceDefaults, ...given };
  await fetchFiles(descriptor, options, work);
  await rm(join(storeFolder(descriptor.name, options), 'place.json'), { force: true });
}

/**
 * Reads every file of a dataset in the cache and compares it with what it was when it came, and that with what is published.
 *
 * @throws ClError `IO_FAILED`, `ABORTED`.
 */
export async function verifyDataset(
  descriptor: DatasetDescriptor,
  given: Partial<SourceOptions> = {},
  work: WorkOptions = {},
): Promise<readonly FileCheck[]> {
  const options = { ...sourceDefaults, ...given };
  const folder = storeFolder(descriptor.name, options);
  const receipt = await readReceipt(folder);
  const checks: FileCheck[] = [];
  for (const [done, file] of descriptor.files.entries()) {
    work.onProgress?.({ phase: `verify ${file.name}`, done, total: descriptor.files.length });
    const stored = receipt[file.name];
    const path = join(folder, stored?.kept.name ?? file.name);
    if (stored === undefined || (await stat(path).catch(() => undefined)) === undefined) {
      checks.push({ file: file.name, state: 'missing', detail: 'not in the cache' });
      continue;
    }
    const found = await digestOf(path, work);
    const other = difference(stored.came, expectedOf(file, options));
    if (found.sha256 !== stored.kept.sha256) {
      const detail = `${path} has SHA-256 ${found.sha256}, and had ${stored.kept.sha256} when it came`;
      checks.push({ file: file.name, state: 'damaged', detail });
    } else if (other !== undefined) {
      checks.push({ file: file.name, state: 'unpublished', detail: `it came with ${other}` });
    } else checks.push({ file: file.name, state: 'good', detail: `from ${stored.from}` });
  }
  return checks;
}

/**
 * Takes a copy in that was fetched by hand: a published file, or a folder with such files, is checked and put into the cache
 * (as a hard link where the disk allows); a folder that they were extracted to is noted and read where it is.
 *
 * @returns what was taken, in words for people.
 * @throws ClError `NOT_FOUND` when nothing of the dataset is there, `CHECKSUM_MISMATCH`, `CORRUPT_FILE`, `IO_FAILED`,
 * `ABORTED`; nothing is taken then.
 */
export async function importDataset(
  descriptor: DatasetDescriptor,
  path: string,
  given: Partial<SourceOptions> = {},
  work: WorkOptions = {},
): Promise<readonly string[]> {
  const options = { ...sourceDefaults, ...given };
  const folder = storeFolder(descriptor.name, options);
  const found = await stat(path).catch((cause: unknown) => {
    throw ioError(descriptor.name, path, cause);
  });
  const names = found.isDirectory() ? await readdir(path) : [basename(path)];
  const extracted = descriptor.files.some(
    ({ name, mark }) => name !== mark && names.includes(mark),
  );
  const files = extracted ? [] : descriptor.files.filter(({ name }) => names.includes(name));
  await makeFolder(folder);
  if (files.length > 0) {
    return withLock(`${folder}.lock`, work, async () => {
      const taken: string[] = [];
      for (const file of files) {
        const place = found.isDirectory() ? join(path, file.name) : path;
        taken.push(await takeFile(descriptor, file, place, folder, options, work));
      }
      return taken;
    });
  }
  if (!found.isDirectory()) {
    throw new ClError(
      'NOT_FOUND',
      `${descriptor.name}: ${path} is none of ${descriptor.files.map(({ name }) => name).join(', ')}. Give it the ` +
        'published name, or name the folder that it was extracted to.',
    );
  }
  await openCopy(descriptor, { ...options, path }, folder, work); // refuses a folder with nothing of it
  const place = resolve(path);
  await writeFileAtomic(join(folder, 'place.json'), `${JSON.stringify({ path: place })}\n`);
  return [`${place} is read in place`];
}

async function takeFile(
  descriptor: DatasetDescriptor,
  file: PublishedFile,
  path: string,
  folder: string,
  options: SourceOptions,
  work: WorkOptions,
): Promise<string> {
  const expected = expectedOf(file, options);
  if ((await findStored(folder, file, expected)) !== undefined) {
    return `${file.name} is in the cache already`;
  }
  work.onProgress?.({ phase: `check ${file.name}`, done: 0, total: 1 });
  const came = await digestOf(path, work);
  const other = difference(came, expected);
  if (other !== undefined) throw differs(path, other, file);
  const target = join(folder, file.name);
  await rm(target, { force: true });
  await link(path, target)
    .catch(async () => copyFile(path, target)) // another disk, or one without links
    .catch((cause: unknown) => {
      throw ioError(descriptor.name, target, cause);
    });
  await store(folder, file, target, resolve(path), came, work);
  return `${file.name} is in the cache`;
}
