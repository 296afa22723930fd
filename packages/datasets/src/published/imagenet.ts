/** ImageNet's variants: ImageNet-R, ImageNet-A and Tiny ImageNet. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ClError, defineDataset, type ClassInfo, type DatasetPlugin } from '@cl/hub';
import { z } from 'zod';
import * as known from '../catalog/others.ts';
import type { DatasetDescriptor } from '../catalog/descriptor.ts';
import type { Listing } from '../readers/assemble.ts';
import type { FileTree } from '../tree/tree.ts';
import {
  fractionDefaults,
  fractionHelp,
  fractionShape,
  publishedDefaults,
  publishedHelp,
  publishedShape,
  type FractionOptions,
  type PublishedOptions,
} from './common.ts';

/** Options of {@link imagenetA}. */
export interface ImagenetAOptions extends PublishedOptions, FractionOptions {}

/** Options of {@link imagenetR}. */
export interface ImagenetROptions extends ImagenetAOptions {
  /** `coda`: CODA-Prompt's lists, which VQ-Prompt uses too; `fraction`: `testFraction` of each class by `seed`. */
  readonly split: 'coda' | 'fraction';
}

/** ImageNet-R, named by WordNet. A copy with `train/` and `test/`, as PILOT has it, is split by these. */
export const imagenetR: DatasetPlugin<ImagenetROptions> = defineDataset({
  name: known.imagenetR.name,
  description: 'ImageNet-R: 30,000 renditions of 200 ImageNet classes (2.2 GB download).',
  defaults: { ...publishedDefaults(known.imagenetR.templates), ...fractionDefaults, split: 'coda' },
  help: {
    ...publishedHelp,
    ...fractionHelp,
    split: 'coda: CODA-Prompt’s lists; fraction: testFraction of each class is held out',
  },
  schema: z.object({ ...publishedShape, ...fractionShape, split: z.enum(['coda', 'fraction']) }),
  async create({ templates, split, testFraction, seed, ...source }, work = {}) {
    const { assemble, openDataset, readClassFolders } = await import('./reading.ts');
    const lists = known.imagenetR.files.filter(({ name }) => name.endsWith('.yaml'));
    const files = known.imagenetR.files.filter((file) => split === 'coda' || !lists.includes(file));
    const tree = await openDataset({ ...known.imagenetR, files }, source, work);
    const own = {
      folder: '',
      testFraction,
      seed,
      classOf: await namer(known.imagenetR, templates),
    };
    const byFolder = await readClassFolders(tree, own);
    const isSplit = byFolder.images.some(({ name }) => name.startsWith('train/'));
    const listing = split === 'coda' && !isSplit ? await byCodaLists(tree, byFolder) : byFolder;
    return assemble(known.imagenetR, tree, listing, work);
  },
});

/** ImageNet-A, named by WordNet. No split is published: a copy with `train/` and `test/` is split by these, else by seed. */
export const imagenetA: DatasetPlugin<ImagenetAOptions> = defineDataset({
  name: known.imagenetA.name,
  description: 'ImageNet-A: 7,500 natural adversarial examples of 200 classes (688 MB download).',
  defaults: { ...publishedDefaults(known.imagenetA.templates), ...fractionDefaults },
  help: { ...publishedHelp, ...fractionHelp },
  schema: z.object({ ...publishedShape, ...fractionShape }),
  async create({ templates, testFraction, seed, ...source }, work = {}) {
    const { assemble, openDataset, readClassFolders } = await import('./reading.ts');
    const tree = await openDataset(known.imagenetA, source, work);
    const classOf = await namer(known.imagenetA, templates);
    const listing = await readClassFolders(tree, { folder: '', testFraction, seed, classOf });
    return assemble(known.imagenetA, tree, listing, work);
  },
});

/** Tiny ImageNet: the validation images are the test images. */
export const tinyImagenet: DatasetPlugin<PublishedOptions> = defineDataset({
  name: known.tinyImagenet.name,
  description: 'Tiny ImageNet: 110,000 images of 200 classes, 64 pixels (248 MB download).',
  defaults: publishedDefaults(known.tinyImagenet.templates),
  help: publishedHelp,
  schema: z.object(publishedShape),
  async create({ templates, ...source }, work = {}) {
    const { assemble, openDataset, readTinyImagenet } = await import('./reading.ts');
    const tree = await openDataset(known.tinyImagenet, source, work);
    const listing = await readTinyImagenet(known.tinyImagenet, tree, templates);
    return assemble(known.tinyImagenet, tree, listing, work);
  },
});

/**
 * The split of CODA-Prompt's two YAML files: the list `data` holds `data/imagenet-r/WNID/image.jpg`; the labels after it
 * follow from the folders.
 */
async function byCodaLists(tree: FileTree, { classes, folders }: Listing): Promise<Listing> {
  const { readLines } = await import('./reading.ts');
  const read = async (split: 'train' | 'test'): Promise<Listing['images']> => {
    const list = `imagenet-r_${split}.yaml`;
    const images: Listing['images'][number][] = [];
    for (const line of await readLines(tree, list)) {
      const path = /^- data\/imagenet-r\/(.+)$/u.exec(line)?.[1];
      if (path === undefined) continue;
      const classId = `${known.imagenetR.name}/${path.split('/')[0]!}`;
      images.push({ name: path, classId, split });
    }
    if (images.length > 0) return images;
    throw new ClError('CORRUPT_FILE', `imagenet-r: ${list} lists no image. Fetch it again.`);
  };
  return {
    classes,
    images: [...(await read('train')), ...(await read('test'))],
    folders,
    by: 'imagenet-r_*.yaml',
  };
}

/**
 * Names folders that are WordNet ids by the first word of the synset, as ImageNet's class index does. The table holds the
 * 314 classes of both datasets; folders that are no WordNet id are left out.
 */
async function namer(
  descriptor: DatasetDescriptor,
  templates: readonly string[],
): Promise<(folder: string) => ClassInfo | undefined> {
  const { classOf } = await import('./reading.ts');
  const url = new URL('../../assets/imagenet-classes.json', import.meta.url); // from src/ and from dist/
  const text = await readFile(url, 'utf8').catch((cause: unknown) => {
    throw new ClError(
      'NOT_FOUND',
      `${descriptor.name}: cannot read ${fileURLToPath(url)}. Install @cl/datasets again.`,
      { cause },
    );
  });
  const { names } = JSON.parse(text) as { readonly names: Readonly<Record<string, string>> };
  return (folder) =>
    /^n\d{8}$/u.test(folder)
      ? classOf(descriptor, folder, names[folder] ?? folder, templates)
      : undefined;
}
