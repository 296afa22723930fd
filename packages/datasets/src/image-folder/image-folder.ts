/** Images in folders, on disk or in an archive: the class is the folder's name, or what a list says. */
import { basename } from 'node:path';
import { ClError, defineDataset, type DatasetPlugin, type WorkOptions } from '@cl/hub';
import { z } from 'zod';
import { readClassNames } from './class-names.ts';
import type { ListedImage } from './listed-image.ts';
import { missingFiles, readList, readPaths, readRootText } from './lists.ts';
import { openImages } from './open.ts';
import { ownDataset, ownDefaults, ownHelp, ownShape, type OwnOptions } from './own-dataset.ts';
import type { Root } from '../tree/root.ts';
import { scanClassFolders } from './scan.ts';

/** Options of {@link imageFolder}. Files are named relative to `root`, and none outside it is read. */
export interface ImageFolderOptions extends OwnOptions {
  /** The folder, or a .zip, .tar, .tar.gz or .tgz of one; has to be given. */
  readonly root: string;
  /** CSV with `path,label[,split]`, or JSON with these keys; empty: the folders are the classes. */
  readonly list: string;
  /** Split file with the test images, one path a line; empty: none. */
  readonly testList: string;
  /** Split file with the training images; empty: all that `testList` leaves. */
  readonly trainList: string;
  /** Sub-folders with the two splits; used when the root holds both. */
  readonly trainFolder: string;
  readonly testFolder: string;
  /** File that gives folders a class name: a JSON object, or lines of folder and name; empty: the folder's own. */
  readonly classNames: string;
}

const schema: z.ZodType<ImageFolderOptions> = z.object({
  root: z.string(),
  list: z.string(),
  testList: z.string(),
  trainList: z.string(),
  trainFolder: z.string(),
  testFolder: z.string(),
  classNames: z.string(),
  ...ownShape,
});

/** A folder of images, one sub-folder a class. */
export const imageFolder: DatasetPlugin<ImageFolderOptions> = defineDataset({
  name: 'image-folder',
  description: 'Your own images: one folder a class, or a list; a folder or an archive.',
  defaults: {
    root: '',
    list: '',
    testList: '',
    trainList: '',
    trainFolder: 'train',
    testFolder: 'test',
    classNames: '',
    ...ownDefaults,
  },
  help: {
    root: 'folder or archive with one sub-folder a class (or train/CLASS and test/CLASS)',
    list: 'CSV or JSON in it with path, label and perhaps split instead of class folders',
    testList: 'file in it that lists the test images, one path a line',
    trainList: 'file in it that lists the training images; empty: all that testList leaves',
    trainFolder: 'sub-folder of the training split, used when both are there; empty: none',
    testFolder: 'sub-folder of the test split, used when both are there; empty: none',
    classNames: 'file in it that names the classes: a JSON object, or lines of folder and name',
    ...ownHelp,
  },
  schema,
  async create(options, work = {}) {
    if (options.root === '') {
      throw new ClError(
        'INVALID_OPTION',
        'dataset "image-folder": option root is empty, expected a folder of images. Name the folder.',
      );
    }
    const root = await openImages(options.root, work);
    const { classNames } = options;
    const names =
      classNames === ''
        ? undefined
        : readClassNames(classNames, await readRootText(root, classNames));
    const images = await listImages(root, options, work);
    return ownDataset(basename(root.real), root.real, images, options, names);
  },
});

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
