/** A folder or an archive of images as a dataset. */
import { basename } from 'node:path';
import { ClError, type Dataset, type WorkOptions } from '@cl/hub';
import type { Root } from '../tree/root.ts';
import { readClassNames } from './class-names.ts';
import type { ImageFolderOptions } from './image-folder.ts';
import type { ListedImage } from './listed-image.ts';
import { missingFiles, readList, readPaths, readRootText } from './lists.ts';
import { openImages } from './open.ts';
import { ownDataset } from './own-dataset.ts';
import { scanClassFolders } from './scan.ts';

/**
 * Finds the images by their folders or by lists.
 *
 * @throws ClError `NOT_FOUND`, `INVALID_DATA`, `EMPTY_STREAM`, `EMPTY_CLASS`, `CORRUPT_FILE`, `IO_FAILED`, `ABORTED`.
 */
export async function openImageFolder(
  options: ImageFolderOptions,
  work: WorkOptions,
): Promise<Dataset> {
  const root = await openImages(options.root, work);
  const { classNames } = options;
  const names =
    classNames === ''
      ? undefined
      : readClassNames(classNames, await readRootText(root, classNames));
  const images = await listImages(root, options, work);
  return ownDataset(basename(root.real), root.real, images, options, names);
}

async function listImages(
  root: Root,
  options: ImageFolderOptions,
  work: WorkOptions,
): Promise<readonly ListedImage[]> {
  if (options.list !== '') {
    const list = { file: options.list, text: await readRootText(root, options.list) };
    const columns = { path: 'path', label: 'label', split: 'split' };
    const listed = await readList(root, list, columns, work);
    if (listed.length > 0) return listed;
    throw new ClError(
      'EMPTY_STREAM',
      `image-folder: ${options.list} lists no image. Add rows to it.`,
    );
  }
  if (options.testList === '' && options.trainList === '') {
    return scanClassFolders(root, options, work);
  }
  const all = await scanClassFolders(root, { trainFolder: '', testFolder: '' }, work);
  return bySplitFiles(root, all, options);
}

/** Keeps the images that the split files list, or all when there is no file with training images. */
async function bySplitFiles(
  root: Root,
  images: readonly ListedImage[],
  { trainList, testList }: ImageFolderOptions,
): Promise<ListedImage[]> {
  const splits = new Map<string, 'train' | 'test'>();
  const known = new Set(images.map(({ path }) => path));
  for (const [split, list] of [
    ['train', trainList],
    ['test', testList],
  ] as const) {
    if (list === '') continue;
    const paths = await readPaths(root, list);
    const missing: string[] = [];
    for (const path of paths) {
      const place = await root.file(path);
      if (place === undefined || !known.has(place.real)) missing.push(path);
      else if (splits.get(place.real) === 'train' && split === 'test') throw inBoth(path);
      else splits.set(place.real, split);
    }
    if (missing.length > 0) throw missingFiles(root.real, list, missing, paths.length);
  }
  const otherwise = trainList === '' ? 'train' : testList === '' ? 'test' : undefined;
  return images.flatMap((image) => {
    const split = splits.get(image.path) ?? otherwise;
    return split === undefined ? [] : [{ ...image, split }];
  });
}

function inBoth(path: string): ClError {
  return new ClError(
    'INVALID_DATA',
    `image-folder: ${path} is in the training list and in the test list, expected one of them. Remove it from one.`,
  );
}
