/** Finds the files of a published dataset: in a local copy, in the cache, or on the network. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type WorkOptions } from '@cl/hub';
import type { DatasetDescriptor, PublishedFile } from '../catalog/descriptor.ts';
import { download } from '../fetch/download.ts';
import { withLock } from '../lock.ts';
import type { FileTree } from '../tree/tree.ts';
import { openCopy } from './local-copy.ts';
import { storeFolder, type SourceOptions } from './options.ts';
import { expectedOf, findStored, makeFolder, openStored, store, type StoredFile } from './store.ts';

/** A file whose size is not known may have this many bytes. */
const unknownSize = 64 << 20;

/**
 * The files of a dataset as one tree. What is neither in a local copy nor in the cache is downloaded; of several processes
 * one does it and the others wait.
 *
 * @throws ClError `NOT_FOUND`, `CHECKSUM_MISMATCH`, `CORRUPT_FILE`, `DOWNLOAD_FAILED`, `IO_FAILED`, `ABORTED`.
 */
export async function openDataset(
  descriptor: DatasetDescriptor,
  options: SourceOptions,
  work: WorkOptions,
): Promise<FileTree> {
  const folder = storeFolder(descriptor.name, options);
  const path = options.path === '' ? await placeOf(folder) : options.path;
  if (path !== undefined) return openCopy(descriptor, { ...options, path }, folder, work);
  return openStored(folder, await fetchFiles(descriptor, options, work), work);
}

/** Where an imported folder lies, as `cl datasets import` noted it. */
export async function placeOf(folder: string): Promise<string | undefined> {
  try {
    const text = await readFile(join(folder, 'place.json'), 'utf8');
    return (JSON.parse(text) as { readonly path: string }).path;
  } catch {
    return undefined;
  }
}

/** All files of a dataset in the cache, downloaded where they are not. */
export async function fetchFiles(
  descriptor: DatasetDescriptor,
  options: SourceOptions,
  work: WorkOptions,
): Promise<readonly (readonly [PublishedFile, StoredFile])[]> {
  const folder = storeFolder(descriptor.name, options);
  const find = async (): Promise<(readonly [PublishedFile, StoredFile | undefined])[]> =>
    Promise.all(
      descriptor.files.map(
        async (file) => [file, await findStored(folder, file, expectedOf(file, options))] as const,
      ),
    );
  let found = await find();
  if (found.some(([, stored]) => stored === undefined)) {
    await makeFolder(folder);
    await withLock(`${folder}.lock`, work, async () => {
      for (const [file, stored] of await find()) {
        if (stored === undefined) await fetchFile(folder, file, options, work);
      }
    });
    found = await find();
  }
  return found.map(([file, stored]) => [file, stored!] as const);
}

async function fetchFile(
  folder: string,
  file: PublishedFile,
  { mirrors, timeoutMs, retries, ...options }: SourceOptions,
  work: WorkOptions,
): Promise<void> {
  const own = mirrors.map((mirror) => `${mirror.replace(/\/+$/u, '')}/${file.name}`);
  const target = join(folder, basename(file.name));
  const { url, ...came } = await download(
    {
      urls: own.length > 0 ? own : file.urls,
      target,
      checksum: expectedOf(file, options),
      maxBytes: file.bytes === undefined ? unknownSize : 2 * file.bytes + (1 << 20),
      label: file.name,
      timeoutMs,
      retries,
    },
    work,
  );
  await store(folder, file, target, url, came, work);
}
