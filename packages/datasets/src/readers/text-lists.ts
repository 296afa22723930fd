/** The authors' own lists of images, one reader for each way of writing them. */
import { ClError } from '@cl/hub';
import type { DatasetDescriptor } from '../catalog/descriptor.ts';
import { readLines, readText, type FileTree } from '../tree/tree.ts';
import { classOf, type ListedFile, type Listing } from './assemble.ts';

/** How an author's lists are read. */
export interface ListRequest {
  /** Whether the validation images are training images too. */
  readonly withValidation: boolean;
  readonly templates: readonly string[];
}

/** FGVC-Aircraft's variants: `variants.txt`, and `images_variant_{train,val,test}.txt` of `id variant`. */
export async function readAircraftLists(
  descriptor: DatasetDescriptor,
  tree: FileTree,
  { withValidation, templates }: ListRequest,
): Promise<Listing> {
  const names = await readLines(tree, 'variants.txt');
  const classes = names.map((name) => classOf(descriptor, name, name, templates));
  const ids = new Map(names.map((name, i) => [name, classes[i]!.id]));
  const read = async (part: string, split: ListedFile['split']): Promise<ListedFile[]> => {
    const list = `images_variant_${part}.txt`;
    return (await readLines(tree, list)).map((line) => {
      const [image, variant] = splitAt(line, ' ');
      return { name: `images/${image}.jpg`, classId: known(ids, variant, list), split };
    });
  };
  return {
    classes,
    images: [
      ...(await read('train', 'train')),
      ...(withValidation ? await read('val', 'train') : []),
      ...(await read('test', 'test')),
    ],
    folders: ['images'],
    by: 'images_variant_*.txt',
  };
}

/** Food-101's `meta/train.json` and `meta/test.json`: for each class its images, without `.jpg`. */
export async function readFoodLists(
  descriptor: DatasetDescriptor,
  tree: FileTree,
  { templates }: ListRequest,
): Promise<Listing> {
  const names = await readLines(tree, 'meta/classes.txt');
  const classes = names.map((name) => classOf(descriptor, name, name, templates));
  const ids = new Map(names.map((name, i) => [name, classes[i]!.id]));
  const read = async (split: ListedFile['split']): Promise<ListedFile[]> => {
    const list = `meta/${split}.json`;
    return Object.entries(parseLists(list, await readText(tree, list))).flatMap(([name, images]) =>
      images.map((image) => ({
        name: `images/${image}.jpg`,
        classId: known(ids, name, list),
        split,
      })),
    );
  };
  return {
    classes,
    images: [...(await read('train')), ...(await read('test'))],
    folders: ['images'],
    by: 'meta/*.json',
  };
}

/** The first of DTD's ten splits: `labels/{train,val,test}1.txt` of `class/image.jpg`. */
export async function readTextureLists(
  descriptor: DatasetDescriptor,
  tree: FileTree,
  { withValidation, templates }: ListRequest,
): Promise<Listing> {
  const read = async (part: string): Promise<readonly string[]> =>
    readLines(tree, `labels/${part}1.txt`);
  const train = [...(await read('train')), ...(withValidation ? await read('val') : [])];
  const names = [...new Set(train.map((path) => splitAt(path, '/')[0]))].sort();
  const classes = names.map((name) => classOf(descriptor, name, name, templates));
  const ids = new Map(names.map((name, i) => [name, classes[i]!.id]));
  const listed = (paths: readonly string[], split: ListedFile['split']): ListedFile[] =>
    paths.map((path) => ({
      name: `images/${path}`,
      classId: known(ids, splitAt(path, '/')[0], 'labels/test1.txt'),
      split,
    }));
  return {
    classes,
    images: [...listed(train, 'train'), ...listed(await read('test'), 'test')],
    folders: ['images'],
    by: 'labels/*1.txt',
  };
}

/** Oxford-IIIT Pets' `annotations/{trainval,test}.txt` of `Breed_name_12 label species number`; labels count from 1. */
export async function readPetLists(
  descriptor: DatasetDescriptor,
  tree: FileTree,
  { templates }: ListRequest,
): Promise<Listing> {
  const names: string[] = [];
  const images: (Omit<ListedFile, 'classId'> & { readonly label: number })[] = [];
  for (const [part, split] of [
    ['trainval', 'train'],
    ['test', 'test'],
  ] as const) {
    for (const line of await readLines(tree, `annotations/${part}.txt`)) {
      const [image = '', label = ''] = line.split(' ');
      const breed = image.slice(0, image.lastIndexOf('_')).toLowerCase();
      const at = Number(label) - 1;
      if (!(at >= 0) || breed === '' || (names[at] ?? breed) !== breed) {
        throw unknown(`annotations/${part}.txt`, `has the line "${line}"`);
      }
      names[at] = breed;
      images.push({ name: `images/${image}.jpg`, label: at, split });
    }
  }
  const classes = Array.from(names, (name: string | undefined, at) => {
    if (name === undefined) throw unknown('annotations', `has no image of label ${at + 1}`);
    return classOf(descriptor, name, name, templates);
  });
  return {
    classes,
    images: images.map(({ label, ...image }) => ({ ...image, classId: classes[label]!.id })),
    folders: ['images'],
    by: 'annotations/*.txt',
  };
}

function splitAt(line: string, mark: string): [string, string] {
  const at = line.indexOf(mark);
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}

function known(ids: ReadonlyMap<string, string>, name: string, list: string): string {
  const id = ids.get(name);
  if (id === undefined) throw unknown(list, `has an image of "${name}", which is no class`);
  return id;
}

function parseLists(list: string, text: string): Readonly<Record<string, readonly string[]>> {
  try {
    const value = JSON.parse(text) as Record<string, string[]>;
    const whole = Object.values(value).every(
      (images) => Array.isArray(images) && images.every((image) => typeof image === 'string'),
    );
    if (whole) return value;
  } catch {
    // said below
  }
  throw unknown(list, 'is no JSON object with a list of names for each class');
}

function unknown(list: string, found: string): ClError {
  return new ClError('CORRUPT_FILE', `dataset: ${list} ${found}. Fetch the archive again.`);
}
