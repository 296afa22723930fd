/**
 * __DESCRIPTION__
 *
 * As it stands: drawn stripes. Three classes of small pictures, drawn from a seed. Replace `create` with a reader of
 * your data: list samples there, and open files only when an image is loaded.
 */
import {
  createRandom,
  defineDataset,
  type ClassInfo,
  type DatasetPlugin,
  type PixelImage,
  type Random,
  type Sample,
} from '@cl/hub';
import { z } from 'zod';

/** What users may choose; `cl` makes a flag of each. */
export interface MyPluginOptions {
  /** Training images a class. */
  readonly train: number;
  /** Test images a class. */
  readonly test: number;
}

/** The plugin. */
export const myPlugin: DatasetPlugin<MyPluginOptions> = defineDataset<MyPluginOptions>({
  name: 'my-plugin',
  description: '__DESCRIPTION__',
  defaults: { train: 16, test: 8 },
  help: { train: 'Training images a class.', test: 'Test images a class.' },
  schema: z.object({ train: z.int().min(1), test: z.int().min(1) }),
  async create({ train, test }) {
    return {
      name: 'my-plugin',
      classes,
      train: classes.flatMap((info) => samples(info, 'train', train)),
      test: classes.flatMap((info) => samples(info, 'test', test)),
      license: 'CC0-1.0',
    };
  },
});

const classes: readonly ClassInfo[] = ['rows', 'columns', 'diagonals'].map((name) => ({
  id: `my-plugin/${name}`, // ids are for ever; positions are not
  name,
  phrase: `a drawing of ${name}`,
}));

function samples(info: ClassInfo, split: string, count: number): Sample[] {
  return Array.from({ length: count }, (_, i): Sample => {
    const id = `${info.id}/${split}-${i}`;
    // lazy: nothing is drawn before somebody looks
    const load = async (): Promise<PixelImage> => draw(info.name, createRandom(id));
    return { classId: info.id, image: { id, source: { kind: 'lazy', load } } };
  });
}

/** Grey stripes with noise, 16 × 16. */
function draw(name: string, random: Random): PixelImage {
  const size = 16;
  const data = new Uint8Array(size * size * 3);
  const phase = random.integer(4);
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const along = name === 'rows' ? y : name === 'columns' ? x : x + y;
      const grey = ((along + phase) & 2 ? 200 : 20) + random.integer(40);
      data.fill(grey, (y * size + x) * 3, (y * size + x) * 3 + 3);
    }
  }
  return { kind: 'pixels', width: size, height: size, data };
}
