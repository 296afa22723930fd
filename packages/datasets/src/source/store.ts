/**
 * The files of a published dataset in the cache: `datasets/<name>/`, with `files.json` telling what each was when it
 * came. A .tar.gz is kept as a .tar, which is read in place; a .zip as it is.
 */
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ClError, type WorkOptions } from '@cl/hub';
import { writeFileAtomic } from '@cl/hub/node';
import type { PublishedFile } from '../catalog/descriptor.ts';
import { difference, type Checksum, type Digest } from '../fetch/checksum.ts';
import { ioError } from '../io-error.ts';
import { archiveKind, openArchive } from '../tree/open-tree.ts';
import { expandGzip } from '../tree/expand.ts';
import { joinTrees, subTree, type FileTree } from '../tree/tree.ts';
import { openZip } from '../tree/zip-tree.ts';
import { singleFile } from '../tree/single-file.ts';
import type { SourceOptions } from './options.ts';

/** What `files.json` tells of a published file. */
export interface StoredFile {
  /** Where it came from: a URL, or the path that it was imported from. */
  readonly from: string;
  /** The published file as it came. */
  readonly came: Digest;
  /** What is kept of it. */
  readonly kept: { readonly name: string; readonly bytes: number; readonly sha256: string };
}

/** `files.json`: published files by name. */
export type Receipt = Readonly<Record<string, StoredFile>>;

/** An expanded archive may be this many times larger than what came. */
const growth = 12;

/** What a file must be: as the user says, else as published. */
export function expectedOf(
  file: PublishedFile,
  { checksums }: Pick<SourceOptions, 'checksums'>,
): Checksum {
  const own = checksums[file.name];
  return own === undefined ? file.checksum : { sha256: own };
}

/** What the cache holds; nothing when there is no receipt, or none that can be read. */
export async function readReceipt(folder: string): Promise<Receipt> {
  try {
    return JSON.parse(await readFile(join(folder, 'files.json'), 'utf8')) as Receipt;
  } catch {
    return {}; // files without a receipt are fetched anew
  }
}

/** The stored file, when it is there, of the size it had, and made of what is expected. */
export async function findStored(
  folder: string,
  file: PublishedFile,
  expected: Checksum,
): Promise<StoredFile | undefined> {
  const stored = (await readReceipt(folder))[file.name];
  if (stored === undefined || difference(stored.came, expected) !== undefined) return undefined;
  const found = await stat(join(folder, stored.kept.name)).catch(() => undefined);
  return found?.size === stored.kept.bytes ? stored : undefined;
}

/**
 * Takes a whole, checked file that lies in the cache's folder into the cache: unpacks what has to be, and writes the
 * receipt. The file itself is used up.
 */
export async function store(
  folder: string,
  file: PublishedFile,
  path: string,
  from: string,
  came: Digest,
  work: WorkOptions,
): Promise<void> {
  const kept = await unpack(folder, file, path, came, work);
  const { sha256, md5, gitBlob, bytes } = came;
  const receipt: Receipt = {
    ...(await readReceipt(folder)),
    [file.name]: { from, came: { sha256, md5, gitBlob, bytes }, kept },
  };
  await writeFileAtomic(join(folder, 'files.json'), `${JSON.stringify(receipt, undefined, 2)}\n`);
}

async function unpack(
  folder: string,
  file: PublishedFile,
  path: string,
  { bytes, sha256 }: Digest,
  work: WorkOptions,
): Promise<StoredFile['kept']> {
  const { inner } = file;
  const archive = inner === undefined ? path : join(folder, basename(inner));
  if (inner !== undefined) await takeOut(path, inner, archive, work);
  const packed = /\.(?:gz|tgz)$/iu.test(archive);
  if (!packed) return { name: basename(path), bytes, sha256 };
  const name = keptName(basename(archive));
  const limit = ((await stat(archive)).size + (1 << 20)) * growth;
  const expanded = await expandGzip(archive, join(folder, name), limit, work);
  await rm(path, { force: true });
  if (archive !== path) await rm(archive, { force: true });
  return { name, ...expanded };
}

function keptName(archive: string): string {
  return archive.replace(/\.tgz$/iu, '.tar').replace(/\.gz$/iu, '');
}

/** Takes a file out of a zip; it has its name when it is whole. */
export async function takeOut(
  zip: string,
  name: string,
  target: string,
  work: WorkOptions,
): Promise<void> {
  const found = await (await openZip(zip, work)).file(name);
  if (found === undefined) {
    throw new ClError('CORRUPT_FILE', `archive: ${zip} lacks ${name}. Fetch it again.`);
  }
  await writeFileAtomic(target, await found.read());
}

/** Opens stored files as one tree. */
export async function openStored(
  folder: string,
  files: readonly (readonly [PublishedFile, StoredFile])[],
  work: WorkOptions,
): Promise<FileTree> {
  const trees: FileTree[] = [];
  for (const [{ root }, { kept }] of files) {
    const path = join(folder, kept.name);
    const kind = archiveKind(kept.name);
    const tree =
      kind === 'zip' || kind === 'tar' ? await openArchive(path, kind, work) : singleFile(path);
    trees.push(root === undefined ? tree : subTree(tree, root));
  }
  return joinTrees(trees);
}

/** Makes the cache's folder for a dataset. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw ioError('dataset', folder, cause);
  });
}
