/** Images in folders: the class is the folder's name, or what a CSV list says. */
import { basename } from 'node:path';
import {
  ClassRegistry,
  ClError,
  defineDataset,
  type ClassInfo,
  type DatasetPlugin,
  type Sample,
  type WorkOptions,
} from '@cl/hub';
import { z } from 'zod';
import { naturalOrder } from '../natural-order.ts';
import type { ListedImage } from './listed-image.ts';
import { missingFiles, readCsv, readPaths } from './lists.ts';
import { openRoot, type Root } from './root.ts';
import { scanClassFolders } from './scan.ts';
import { splitByFraction } from './split.ts';

/** Options of {@link imageFolder}. Files are named relative to `root`, and none outside it is read. */
export interface ImageFolderOptions {
  /** The folder; has to be given. */
  readonly root: string;
  /** CSV with `path,label[,split]`; empty: the folders are the classes. */
  readonly list: string;
  /** Split file with the test images, one path a line; empty: none. */
  readonly testList: string;
  /** Split file with the training images; empty: all that `testList` leaves. */
  readonly trainList: string;
  /** Sub-folders with the two splits; used when the root holds both. */
  readonly trainFolder: string;
  readonly testFolder: string;
  /** Part of each class that is held out for testing when nothing else says so; 0 to 1. */
  readonly testFraction: number;
  /** Seed of that choice. */
  readonly seed: number;
  /** Domain of all classes, and prefix of their ids; empty: none. */
  readonly domain: string;
  /** Sentence patterns of the classes; empty: the learner's own. */
  readonly templates: readonly string[];
}

const schema: z.ZodType<ImageFolderOptions> = z.object({
  root: z.string(),
  list: z.string(),
  testList: z.string(),
  trainList: z.string(),
  trainFolder: z.string(),
  testFolder: z.string(),
  testFraction: z.number().min(0).max(1),
  seed: z.int(),
  domain: z.string(),
  templates: z.array(z.string().includes('{}', 'expected {} where the class goes')),
});

/** A folder of images, one sub-folder a class. */
export const imageFolder: DatasetPlugin<ImageFolderOptions> = defineDataset({
  name: 'image-folder',
  description: 'Your own images: one folder a class, or a CSV list.',
  defaults: {
    root: '',
    list: '',
    testList: '',
    trainList: '',
    trainFolder: 'train',
    testFolder: 'test',
    testFraction: 0.2,
    seed: 0,
    domain: '',
    templates: [],
  },
  help: {
    root: 'folder with one sub-folder a class (or train/CLASS and test/CLASS)',
    list: 'CSV in it with path,label[,split] instead of class folders',
    testList: 'file in it that lists the test images, one path a line',
    trainList: 'file in it that lists the training images; empty: all that testList leaves',
    trainFolder: 'sub-folder of the training split, used when both are there; empty: none',
    testFolder: 'sub-folder of the test split, used when both are there; empty: none',
    testFraction: 'part of each class held out for testing when nothing else says so',
    seed: 'seed of that choice',
    domain: 'domain of all classes and prefix of their ids',
    templates: 'sentence patterns for the classes, {} for the name',
  },
  schema,
  async create(options, work = {}) {
    if (options.root === '') {
      throw new ClError(
        'INVALID_OPTION',
        'dataset "image-folder": option root is empty, expected a folder of images. Name the folder.',
      );
    }
    const root = await openRoot(options.root);
    const images = splitByFraction(
      await listImages(root, options, work),
      options.testFraction,
      options.seed,
    );
    const classes = classesOf(images, options);
    const samplesOf = (split: 'train' | 'test'): Sample[] =>
      images
        .filter((image) => image.split === split)
        .map(({ path, name, label }) => ({
          image: { id: name.normalize('NFC'), source: { kind: 'file', path } },
          classId: idOf(label, options.domain),
        }));
    const train = samplesOf('train');
    assertTrained(root.real, classes, train);
    return {
      name: options.domain === '' ? basename(root.real) : options.domain,
      classes,
      train,
      test: samplesOf('test'),
    };
  },
});

async function listImages(
  root: Root,
  options: ImageFolderOptions,
  work: WorkOptions,
): Promise<readonly ListedImage[]> {
  if (options.list !== '') {
    const listed = await readCsv(root, options.list, work);
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

/** The classes in natural order of their labels. */
function classesOf(
  images: readonly ListedImage[],
  { domain, templates }: ImageFolderOptions,
): readonly ClassInfo[] {
  const names = [...new Set(images.map(({ label }) => label.normalize('NFC')))].sort(naturalOrder);
  const classes = names.map((name): ClassInfo => {
    const phrase = name.replaceAll(/[_\s]+/gu, ' ').trim();
    return {
      id: idOf(name, domain),
      name,
      ...(phrase === name ? {} : { phrase }),
      ...(domain === '' ? {} : { domain }),
      ...(templates.length === 0 ? {} : { templates }),
    };
  });
  return new ClassRegistry(classes).all; // refuses ids that are too long or hold control characters
}

function idOf(label: string, domain: string): string {
  const name = label.normalize('NFC');
  return domain === '' ? name : `${domain}/${name}`;
}

function assertTrained(
  root: string,
  classes: readonly ClassInfo[],
  train: readonly Sample[],
): void {
  const trained = new Set(train.map(({ classId }) => classId));
  const empty = classes.filter(({ id }) => !trained.has(id)).map(({ name }) => `"${name}"`);
  if (empty.length === 0) return;
  throw new ClError(
    'EMPTY_CLASS',
    `image-folder: ${empty.length} classes in ${root} have no training image (${empty.slice(0, 5).join(', ')}` +
      `${empty.length > 5 ? ', …' : ''}), expected at least one each. Add some, or lower testFraction.`,
  );
}
