/** From lists of names to a dataset: looks every image up and says which are missing. */
import {
  ClassRegistry,
  ClError,
  throwIfAborted,
  type ClassInfo,
  type Dataset,
  type Sample,
  type WorkOptions,
} from '@cl/hub';
import type { DatasetDescriptor } from '../catalog/descriptor.ts';
import { imageSource, type FileTree, type TreeFile } from '../tree/tree.ts';

/** An image as a list names it. */
export interface ListedFile {
  /** From the tree's root. */
  readonly name: string;
  readonly classId: string;
  readonly split: 'train' | 'test';
}

/** What a reader found. */
export interface Listing {
  /** In the order of the dataset's labels. */
  readonly classes: readonly ClassInfo[];
  readonly images: readonly ListedFile[];
  /** The folders that hold the images: they are listed once, instead of asking for each image. */
  readonly folders: readonly string[];
  /** What the images were listed by, for messages. */
  readonly by: string;
}

/**
 * A dataset of the listed images.
 *
 * @throws ClError `NOT_FOUND` naming images that are not in the tree, `INVALID_DATA` when one is listed twice,
 * `DUPLICATE_CLASS`, `ABORTED`.
 */
export async function assemble(
  descriptor: DatasetDescriptor,
  tree: FileTree,
  { classes, images, folders, by }: Listing,
  work: WorkOptions,
): Promise<Dataset> {
  const files = new Map<string, TreeFile>();
  for (const [done, folder] of folders.entries()) {
    throwIfAborted(descriptor.name, work.signal);
    work.onProgress?.({ phase: `list images of ${descriptor.name}`, done, total: folders.length });
    for (const file of await tree.below(folder)) files.set(file.name, file);
  }
  const samples: Record<'train' | 'test', Sample[]> = { train: [], test: [] };
  const missing: string[] = [];
  const seen = new Set<string>();
  for (const { name, classId, split } of images) {
    if (seen.has(name)) throw listedTwice(descriptor.name, name, by);
    seen.add(name);
    const file = files.get(name);
    if (file === undefined) missing.push(name);
    else samples[split].push({ image: { id: name, source: imageSource(file) }, classId });
  }
  if (missing.length > 0) throw missingImages(descriptor, tree.where, by, missing, images.length);
  const { name, license, citation } = descriptor;
  return { name, classes: new ClassRegistry(classes).all, ...samples, license, citation };
}

/** A class of a dataset: its id has the dataset's name before it, its phrase has blanks for underscores. */
export function classOf(
  { name: dataset }: Pick<DatasetDescriptor, 'name'>,
  key: string,
  name: string,
  templates: readonly string[],
): ClassInfo {
  const phrase = name.replaceAll('_', ' ');
  return {
    id: `${dataset}/${key}`,
    name,
    ...(phrase === name ? {} : { phrase }),
    ...(templates.length === 0 ? {} : { templates }),
  };
}

function missingImages(
  { name }: DatasetDescriptor,
  where: string,
  by: string,
  missing: readonly string[],
  total: number,
): ClError {
  return new ClError(
    'NOT_FOUND',
    `${name}: ${missing.length} of ${total} images that ${by} lists are not in ${where} ` +
      `(${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ', …' : ''}). Fetch the archive again, or add them.`,
  );
}

function listedTwice(dataset: string, name: string, by: string): ClError {
  return new ClError(
    'INVALID_DATA',
    `${dataset}: ${by} lists ${name} twice, expected each image once. Fetch the list again.`,
  );
}
