/** Datasets of CoOp's that can be read without its split file too. */
import { defineDataset, type Dataset, type DatasetPlugin, type WorkOptions } from '@cl/hub';
import { z } from 'zod';
import * as known from '../catalog/coop.ts';
import type { DatasetDescriptor } from '../catalog/descriptor.ts';
import type { Listing } from '../readers/assemble.ts';
import type { FileTree } from '../tree/tree.ts';
import {
  fractionDefaults,
  fractionHelp,
  fractionShape,
  publishedDefaults,
  railPreset,
  validationHelp,
  validationShape,
  type FractionOptions,
  type ValidationOptions,
} from './common.ts';
import { splitOf } from './coop.ts';
import type * as Reading from './reading.ts';

/** Options of datasets whose authors publish lists of their own. */
export interface ListedOptions extends ValidationOptions {
  /** `coop`: CoOp's split file; `authors`: the authors' own lists. */
  readonly split: 'coop' | 'authors';
}

/** Options of datasets that come as class folders without a split. */
export interface FolderOptions extends ValidationOptions, FractionOptions {
  /** `coop`: CoOp's split file; `fraction`: `testFraction` of each class is held out by `seed`. */
  readonly split: 'coop' | 'fraction';
}

/** Describable Textures; `authors` is the first of their ten splits. */
export const dtd: DatasetPlugin<ListedOptions> = listed(
  known.dtd,
  'Describable Textures: 5,640 photographs of 47 textures (625 MB download).',
  'readTextureLists',
);

/** Food-101; `authors`: 75,750 training images (some labels are wrong on purpose) and 25,250 test images. */
export const food101: DatasetPlugin<ListedOptions> = listed(
  known.food101,
  'Food-101: 101,000 photographs of 101 dishes (5.0 GB download).',
  'readFoodLists',
);

/** Oxford-IIIT Pets; `authors`: 3,680 training and 3,669 test images. */
export const pets: DatasetPlugin<ListedOptions> = listed(
  known.pets,
  'Oxford-IIIT Pets: 7,349 photographs of 37 breeds (811 MB download).',
  'readPetLists',
);

/** Caltech-101 without its background class and the cropped faces, as CoOp takes it: 100 classes. */
export const caltech101: DatasetPlugin<FolderOptions> = inFolders(
  known.caltech101,
  'Caltech-101: 8,242 photographs of 100 objects (137 MB download).',
  '101_ObjectCategories',
  (folder) =>
    folder === 'BACKGROUND_Google' || folder === 'Faces_easy'
      ? undefined
      : (caltechNames[folder] ?? folder),
);

const caltechNames: Readonly<Record<string, string>> = {
  airplanes: 'airplane',
  Faces: 'face',
  Leopards: 'leopard',
  Motorbikes: 'motorbike',
};

/** EuroSAT's RGB images of 64 pixels, named as CoOp names them; the preset `rail` adds RAIL's suffix. */
export const eurosat: DatasetPlugin<FolderOptions> = inFolders(
  known.eurosat,
  'EuroSAT: 27,000 satellite images of ten kinds of land, 64 pixels (94 MB download).',
  '2750',
  (folder) => eurosatNames[folder] ?? folder,
  railPreset('a photo of a {} satellite location.'),
);

const eurosatNames: Readonly<Record<string, string>> = {
  AnnualCrop: 'Annual Crop Land',
  HerbaceousVegetation: 'Herbaceous Vegetation Land',
  Highway: 'Highway or Road',
  Industrial: 'Industrial Buildings',
  Pasture: 'Pasture Land',
  PermanentCrop: 'Permanent Crop Land',
  Residential: 'Residential Buildings',
  SeaLake: 'Sea or Lake',
};

/** The readers of authors' lists. */
type ListReader = 'readTextureLists' | 'readFoodLists' | 'readPetLists';

function listed(
  descriptor: DatasetDescriptor,
  description: string,
  reader: ListReader,
): DatasetPlugin<ListedOptions> {
  return defineDataset<ListedOptions>({
    name: descriptor.name,
    description,
    defaults: {
      ...publishedDefaults(descriptor.templates),
      validation: 'leave-out',
      split: 'coop',
    },
    help: { ...validationHelp, split: 'coop: CoOp’s split file; authors: the authors’ own lists' },
    schema: z.object({ ...validationShape, split: z.enum(['coop', 'authors']) }),
    presets: railPreset(),
    create: async (options, work = {}) =>
      open(descriptor, options, 'images', work, async (reading, tree) =>
        reading[reader](descriptor, tree, {
          templates: options.templates,
          withValidation: options.validation === 'train',
        }),
      ),
  });
}

function inFolders(
  descriptor: DatasetDescriptor,
  description: string,
  folder: string,
  nameOf: (folder: string) => string | undefined,
  presets: ReturnType<typeof railPreset> = railPreset(),
): DatasetPlugin<FolderOptions> {
  return defineDataset<FolderOptions>({
    name: descriptor.name,
    description,
    defaults: {
      ...publishedDefaults(descriptor.templates),
      validation: 'leave-out',
      ...fractionDefaults,
      split: 'coop',
    },
    help: {
      ...validationHelp,
      ...fractionHelp,
      split: 'coop: CoOp’s split file; fraction: testFraction of each class is held out',
    },
    schema: z.object({
      ...validationShape,
      ...fractionShape,
      split: z.enum(['coop', 'fraction']),
    }),
    presets,
    create: async (options, work = {}) =>
      open(descriptor, options, folder, work, async ({ classOf, readClassFolders }, tree) =>
        readClassFolders(tree, {
          folder,
          testFraction: options.testFraction,
          seed: options.seed,
          classOf: (name) => {
            const known = nameOf(name);
            return known === undefined
              ? undefined
              : classOf(descriptor, known, known, options.templates);
          },
        }),
      ),
  });
}

/** Reads CoOp's split, or what `readOwn` reads; then the split file is not asked for. */
async function open(
  descriptor: DatasetDescriptor,
  { split, templates, validation, ...source }: ListedOptions | FolderOptions,
  images: string,
  work: WorkOptions,
  readOwn: (reading: typeof Reading, tree: FileTree) => Promise<Listing>,
): Promise<Dataset> {
  const reading = await import('./reading.ts');
  const { assemble, openDataset } = reading;
  const splitFile = splitOf(descriptor);
  if (split === 'coop') {
    const tree = await openDataset(descriptor, source, work);
    const request = { split: splitFile, images, templates, withValidation: validation === 'train' };
    return assemble(descriptor, tree, await reading.readCoopSplit(descriptor, tree, request), work);
  }
  const files = descriptor.files.filter(({ name }) => name !== splitFile);
  const tree = await openDataset({ ...descriptor, files }, source, work);
  return assemble(descriptor, tree, await readOwn(reading, tree), work);
}
