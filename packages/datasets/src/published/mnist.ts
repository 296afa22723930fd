/** MNIST (LeCun et al., 1998): 70,000 handwritten digits of 28 × 28 pixels, from its four idx files, packed or not. */
import { createHash } from 'node:crypto';
import { ClError, defineDataset, type DatasetPlugin, type Sample } from '@cl/hub';
import { z } from 'zod';
import { mnist as known } from '../catalog/others.ts';
import type { FileTree, TreeFile } from '../tree/tree.ts';
import {
  publishedDefaults,
  publishedHelp,
  publishedShape,
  railPreset,
  type PublishedOptions,
} from './common.ts';

/** Names as torchvision has them; ZSCL's and RAIL's prompts use these. */
const digits = 'zero one two three four five six seven eight nine'
  .split(' ')
  .map((word, digit) => `${digit} - ${word}`);

/** MNIST: ten classes. */
export const mnist: DatasetPlugin<PublishedOptions> = defineDataset<PublishedOptions>({
  name: known.name,
  description: 'MNIST: 70,000 handwritten digits, 28 pixels (12 MB download).',
  defaults: publishedDefaults(known.templates),
  help: publishedHelp,
  schema: z.object(publishedShape),
  presets: railPreset('a photo of a number: "{}".'),
  async create({ templates, ...source }, work = {}) {
    const { classOf, openDataset, openIdxImages, readIdxLabels } = await import('./reading.ts');
    const tree = await openDataset(known, source, work);
    const classes = digits.map((name, digit) => classOf(known, String(digit), name, templates));
    const samplesOf = async (part: 'train' | 't10k'): Promise<readonly Sample[]> => {
      const images = await openIdxImages(await fileOf(tree, `${part}-images`, 3), work);
      const labels = await readIdxLabels(await fileOf(tree, `${part}-labels`, 1), digits.length);
      if (labels.length !== images.count) throw unlike(part, images.count, labels.length);
      return Array.from(labels, (label, i): Sample => {
        const hash = createHash('sha256').update(`${images.sha256} image ${i}`).digest('hex');
        const source = { kind: 'lazy', load: async () => images.pixels(i) } as const;
        return { image: { id: `${part}/${i}`, hash, source }, classId: classes[label]!.id };
      });
    };
    const { name, license, citation } = known;
    return {
      name,
      classes,
      train: await samplesOf('train'),
      test: await samplesOf('t10k'),
      license,
      citation,
    };
  },
});

/** Some copies are called `train-images.idx3-ubyte`. */
async function fileOf(tree: FileTree, part: string, dims: number): Promise<TreeFile> {
  for (const mark of ['-', '.']) {
    const file = await tree.file(`${part}${mark}idx${dims}-ubyte`);
    if (file !== undefined) return file;
  }
  throw new ClError(
    'NOT_FOUND',
    `mnist: ${tree.where} holds no ${part}-idx${dims}-ubyte (nor .gz). Name the folder with the four files.`,
  );
}

function unlike(part: string, images: number, labels: number): ClError {
  return new ClError(
    'CORRUPT_FILE',
    `mnist: ${part} has ${images} images and ${labels} labels, expected as many. Fetch the files again.`,
  );
}
