import { defineDataset, type DatasetPlugin } from '@cl/hub';
import { z } from 'zod';
import { cub200 as known } from '../catalog/others.ts';
import {
  publishedDefaults,
  publishedHelp,
  publishedShape,
  type PublishedOptions,
} from './common.ts';

/** CUB-200-2011 (Wah et al., 2011) in its authors' split: 5,994 training and 5,794 test images of 200 birds. */
export const cub200: DatasetPlugin<PublishedOptions> = defineDataset({
  name: known.name,
  description: 'CUB-200-2011: 11,788 photographs of 200 birds (1.2 GB download).',
  defaults: publishedDefaults(known.templates),
  help: publishedHelp,
  schema: z.object(publishedShape),
  async create({ templates, ...source }, work = {}) {
    const { assemble, openDataset, readCubLists } = await import('./reading.ts');
    const tree = await openDataset(known, source, work);
    return assemble(known, tree, await readCubLists(known, tree, templates), work);
  },
});
