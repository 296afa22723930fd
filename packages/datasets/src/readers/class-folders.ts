/** Folders that are classes: all images below each, split by folders above them, by a list, or by a fraction. */
import { ClError, type ClassInfo } from '@cl/hub';
import { splitByFraction } from '../image-folder/split.ts';
import { naturalOrder } from '../natural-order.ts';
import { isImage, type FileTree } from '../tree/tree.ts';
import type { ListedFile, Listing } from './assemble.ts';

/** How class folders are read. */
export interface ClassFolderRequest {
  /** The folder that holds the class folders; empty: the root. */
  readonly folder: string;
  /** The class of a folder's name; `undefined`: not a class, its images are left out. */
  readonly classOf: (folder: string) => ClassInfo | undefined;
  /** Part of each class that is held out. */
  readonly testFraction: number;
  readonly seed: number;
}

/**
 * Reads class folders. Where the root has `train/` and `test/`, these are the split; else a fraction of each class is
 * held out by the seed.
 *
 * @throws ClError `EMPTY_STREAM` when there is no image in a class folder.
 */
export async function readClassFolders(
  tree: FileTree,
  { folder, classOf, testFraction, seed }: ClassFolderRequest,
): Promise<Listing> {
  const prefix = folder === '' ? '' : `${folder}/`;
  const files = (await tree.below(folder)).filter(({ name }) => isImage(name));
  const parts = new Set(files.map(({ name }) => name.slice(prefix.length).split('/')[0]));
  const isSplit = parts.has('train') && parts.has('test');
  const classes = new Map<string, ClassInfo>();
  const found: { name: string; label: string; split?: ListedFile['split'] }[] = [];
  for (const { name } of files) {
    const way = name.slice(prefix.length).split('/');
    const part = isSplit ? way.shift() : undefined;
    if (way.length < 2 || (isSplit && part !== 'train' && part !== 'test')) continue;
    const label = way[0]!;
    const info = classes.get(label) ?? classOf(label);
    if (info === undefined) continue;
    classes.set(label, info);
    found.push({ name, label, ...(isSplit ? { split: part as ListedFile['split'] } : {}) });
  }
  if (found.length === 0) {
    throw new ClError(
      'EMPTY_STREAM',
      `dataset: ${tree.where} has no image in a class folder${folder === '' ? '' : ` below ${folder}`}, expected ` +
        'CLASS/IMAGE.jpg. Name the folder that the archive was extracted to.',
    );
  }
  const labels = [...classes.keys()].sort(naturalOrder);
  return {
    classes: labels.map((label) => classes.get(label)!),
    images: splitByFraction(found, testFraction, seed).map(({ name, label, split }) => ({
      name,
      classId: classes.get(label)!.id,
      split,
    })),
    folders: [folder],
    by: 'the class folders',
  };
}
