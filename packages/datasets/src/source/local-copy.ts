/** A copy of a published dataset that somebody has already, in the layout of the authors or of a Python toolbox. */
import { createHash } from 'node:crypto';
import { access, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ClError, type WorkOptions } from '@cl/hub';
import type { DatasetDescriptor, PublishedFile } from '../catalog/descriptor.ts';
import { difference, digestOf } from '../fetch/checksum.ts';
import { ioError } from '../io-error.ts';
import { openFolder } from '../tree/folder-tree.ts';
import { archiveKind, openTree } from '../tree/open-tree.ts';
import { singleFile, singleGzip } from '../tree/single-file.ts';
import { joinTrees, subTree, type FileTree } from '../tree/tree.ts';
import type { SourceOptions } from './options.ts';
import { expectedOf, findStored, makeFolder, openStored, takeOut } from './store.ts';

/**
 * Opens a copy. Archives are checked against their checksums, once for each path, size and time; extracted files are
 * taken as they are. What the copy lacks is taken from the dataset's folder in the cache, if it is there.
 *
 * @throws ClError `NOT_FOUND` when nothing of the dataset is at the path, `CHECKSUM_MISMATCH`, `CORRUPT_FILE`,
 * `IO_FAILED`, `ABORTED`.
 */
export async function openCopy(
  descriptor: DatasetDescriptor,
  options: SourceOptions,
  folder: string,
  work: WorkOptions,
): Promise<FileTree> {
  const path = resolve(options.path);
  const found = await stat(path).catch((cause: unknown) => {
    throw ioError(descriptor.name, path, cause);
  });
  const root = found.isDirectory() ? await rootOf(descriptor, path) : dirname(path);
  const archive = found.isDirectory() ? undefined : publishedAs(descriptor, path);
  const trees: FileTree[] = [];
  let extracted = false;
  for (const file of descriptor.files) {
    const place = join(root, file.name);
    if (archive === file) trees.push(await openPublished(path, file, options, folder, work));
    else if (archive === undefined && (await anyMark(root, file))) extracted = true;
    else if (await exists(place)) {
      trees.push(await openPublished(place, file, options, folder, work));
    } else if (file.inner !== undefined && (await exists(join(root, basename(file.inner))))) {
      trees.push(await openTree(join(root, basename(file.inner)), join(folder, 'unpacked'), work));
    } else {
      const stored = await findStored(folder, file, expectedOf(file, options));
      if (stored !== undefined) trees.push(await openStored(folder, [[file, stored]], work));
    }
  }
  if (extracted) trees.unshift(await openFolder(root));
  return { ...joinTrees(trees), where: path };
}

/** The folder itself, or the one below it that a toolbox keeps the dataset in. */
async function rootOf(descriptor: DatasetDescriptor, path: string): Promise<string> {
  for (const root of [path, ...descriptor.folders.map((name) => join(path, name))]) {
    for (const file of descriptor.files) {
      if ((await anyMark(root, file)) || (await exists(join(root, file.name)))) return root;
    }
  }
  const { title, files, folders } = descriptor;
  const marks = files.map(({ mark }) => mark).join(', ');
  throw new ClError(
    'NOT_FOUND',
    `${descriptor.name}: ${path} holds nothing of ${title}: none of ${marks}, and no folder ${folders.join(' or ')}. ` +
      'Name the folder that the archives were extracted to, or that holds them.',
  );
}

/** Extracted, or split into train/ and test/ as PILOT does. */
async function anyMark(root: string, { mark }: PublishedFile): Promise<boolean> {
  return (await exists(join(root, mark))) || exists(join(root, 'train', mark));
}

/** Which of the published files a path is: by its name, else the first archive. */
function publishedAs({ files }: DatasetDescriptor, path: string): PublishedFile {
  return files.find(({ name }) => name === basename(path)) ?? files[0]!;
}

async function openPublished(
  path: string,
  file: PublishedFile,
  options: SourceOptions,
  folder: string,
  work: WorkOptions,
): Promise<FileTree> {
  await makeFolder(folder);
  await assertPublished(path, file, options, folder, work);
  const kind = archiveKind(path);
  if (kind === undefined) return path.endsWith('.gz') ? singleGzip(path) : singleFile(path);
  const unpacked = join(folder, 'unpacked');
  const archive = file.inner === undefined ? path : await innerOf(path, file.inner, unpacked, work);
  const tree = await openTree(archive, unpacked, work);
  return file.root === undefined ? tree : subTree(tree, file.root);
}

/** The archive inside a zip, taken out once for each path, size and time of the zip. */
async function innerOf(
  path: string,
  inner: string,
  unpacked: string,
  work: WorkOptions,
): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  const target = join(unpacked, `${keyOf([resolve(path), size, mtimeMs])}-${basename(inner)}`);
  await makeFolder(unpacked);
  if (!(await exists(target))) await takeOut(path, inner, target, work);
  return target;
}

function keyOf(identity: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16);
}

async function assertPublished(
  path: string,
  file: PublishedFile,
  options: SourceOptions,
  folder: string,
  work: WorkOptions,
): Promise<void> {
  const { size, mtimeMs } = await stat(path);
  const expected = expectedOf(file, options);
  const marker = join(folder, `checked-${keyOf([resolve(path), size, mtimeMs, expected])}`);
  if (await exists(marker)) return;
  work.onProgress?.({ phase: `check ${file.name}`, done: 0, total: 1 });
  const other = difference(await digestOf(path, work), expected);
  if (other !== undefined) throw differs(path, other, file);
  await writeFile(marker, '').catch(() => undefined); // without it the next time is only slower
}

/** The error about a copy of a published file that is another one. */
export function differs(path: string, other: string, { urls, name }: PublishedFile): ClError {
  return new ClError(
    'CHECKSUM_MISMATCH',
    `dataset: ${path} has ${other}. Fetch ${urls[0]!} again, or give the option checksums with a SHA-256 for ${name} ` +
      'if you trust this copy.',
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
