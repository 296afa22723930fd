/** Datasets that CoOp gathered and split: X-TAIL's and MTIL's domains. */
import { defineDataset, type DatasetPlugin } from '@cl/hub';
import { z } from 'zod';
import * as known from '../catalog/coop.ts';
import type { DatasetDescriptor } from '../catalog/descriptor.ts';
import {
  publishedDefaults,
  railPreset,
  validationHelp,
  validationShape,
  type ValidationOptions,
} from './common.ts';

/** The 100 variants of FGVC-Aircraft, by its authors' lists, as CoOp reads them. */
export const aircraft: DatasetPlugin<ValidationOptions> = defineDataset<ValidationOptions>({
  name: known.aircraft.name,
  description: 'FGVC-Aircraft: 10,000 photographs of 100 aircraft variants (2.8 GB download).',
  defaults: { ...publishedDefaults(known.aircraft.templates), validation: 'leave-out' },
  help: validationHelp,
  schema: z.object(validationShape),
  presets: railPreset(),
  async create({ templates, validation, ...source }, work = {}) {
    const { assemble, openDataset, readAircraftLists } = await import('./reading.ts');
    const tree = await openDataset(known.aircraft, source, work);
    const request = { templates, withValidation: validation === 'train' };
    return assemble(
      known.aircraft,
      tree,
      await readAircraftLists(known.aircraft, tree, request),
      work,
    );
  },
});

/** Oxford 102 Flowers in CoOp's split. */
export const flowers: DatasetPlugin<ValidationOptions> = coopDataset(
  known.flowers,
  'Oxford 102 Flowers: 8,189 photographs (345 MB download).',
  'jpg',
);

/** Stanford Cars in CoOp's split; class names begin with the year. */
export const cars: DatasetPlugin<ValidationOptions> = coopDataset(
  known.cars,
  'Stanford Cars: 16,185 photographs of 196 models (2.0 GB download).',
  '',
);

/** SUN397 in CoOp's split; class names put `indoor` and `outdoor` first. */
export const sun397: DatasetPlugin<ValidationOptions> = coopDataset(
  known.sun397,
  'SUN397: 39,700 photographs of 397 scenes (39 GB download).',
  'SUN397',
);

/** A dataset that is read by its CoOp split file alone. */
function coopDataset(
  descriptor: DatasetDescriptor,
  description: string,
  images: string,
): DatasetPlugin<ValidationOptions> {
  return defineDataset<ValidationOptions>({
    name: descriptor.name,
    description,
    defaults: { ...publishedDefaults(descriptor.templates), validation: 'leave-out' },
    help: validationHelp,
    schema: z.object(validationShape),
    presets: railPreset(),
    async create({ templates, validation, ...source }, work = {}) {
      const { assemble, openDataset, readCoopSplit } = await import('./reading.ts');
      const tree = await openDataset(descriptor, source, work);
      const listing = await readCoopSplit(descriptor, tree, {
        split: splitOf(descriptor),
        images,
        templates,
        withValidation: validation === 'train',
      });
      return assemble(descriptor, tree, listing, work);
    },
  });
}

/** The name of a dataset's CoOp split file. */
export function splitOf({ files }: DatasetDescriptor): string {
  return files.find(({ name }) => name.startsWith('split_zhou_'))!.name;
}
