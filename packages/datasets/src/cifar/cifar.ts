/**
 * CIFAR-10 and CIFAR-100 (Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009) from their original
 * binary archives: 50,000 training and 10,000 test images of 32 × 32 pixels.
 */
import { createHash } from 'node:crypto';
import {
  ClError,
  defineDataset,
  type ClassInfo,
  type Dataset,
  type DatasetPlugin,
  type Sample,
  type WorkOptions,
} from '@cl/hub';
import { z } from 'zod';
import { cifar100Files, cifar10Files } from '../catalog/cifar.ts';
import type { DatasetDescriptor } from '../catalog/descriptor.ts';
import { openDataset } from '../source/open-dataset.ts';
import { sourceDefaults, sourceHelp, sourceShape, type SourceOptions } from '../source/options.ts';
import { readLines, type FileTree } from '../tree/tree.ts';
import { cifar100Format, cifar10Format, type CifarFormat, type CifarLabels } from './format.ts';
import { readLabels, readPixels } from './records.ts';

/** Options of {@link cifar10}. */
export interface CifarOptions extends SourceOptions {
  /** Accept files with fewer images than published: a cut-down copy. */
  readonly partial: boolean;
}

/** Options of {@link cifar100}. */
export interface Cifar100Options extends CifarOptions {
  /** `fine`: a hundred classes; `coarse`: their twenty groups. */
  readonly labels: 'fine' | 'coarse';
}

const defaults: CifarOptions = { ...sourceDefaults, partial: false };
const help = { ...sourceHelp, partial: 'accept files with fewer images than published' };
const shape = { ...sourceShape, partial: z.boolean() };

/** CIFAR-10: ten classes. */
export const cifar10: DatasetPlugin<CifarOptions> = defineDataset({
  name: 'cifar10',
  description: 'CIFAR-10: 60,000 photographs of ten classes, 32 pixels (162 MB download).',
  defaults,
  help,
  schema: z.object(shape),
  create: async (options, work = {}) =>
    openCifar(cifar10Files, cifar10Format, 'fine', options, work),
});

/** CIFAR-100: a hundred classes, or their twenty groups. */
export const cifar100: DatasetPlugin<Cifar100Options> = defineDataset({
  name: 'cifar100',
  description: 'CIFAR-100: 60,000 photographs of a hundred classes, 32 pixels (161 MB download).',
  defaults: { ...defaults, labels: 'fine' },
  help: { ...help, labels: 'fine: a hundred classes; coarse: their twenty groups' },
  schema: z.object({ ...shape, labels: z.enum(['fine', 'coarse']) }),
  create: async (options, work = {}) =>
    openCifar(cifar100Files, cifar100Format, options.labels, options, work),
});

async function openCifar(
  descriptor: DatasetDescriptor,
  format: CifarFormat,
  kind: 'fine' | 'coarse',
  options: CifarOptions,
  work: WorkOptions,
): Promise<Dataset> {
  const tree = await openDataset(descriptor, options, work);
  const labels = format.labels[kind]!;
  const name = kind === 'fine' ? format.name : `${format.name}-coarse`;
  const classes = await readClasses(tree, name, labels);
  const total = Object.keys(format.train).length + Object.keys(format.test).length;
  let done = 0;
  const samplesOf = async (files: Readonly<Record<string, number>>): Promise<readonly Sample[]> => {
    const samples: Sample[] = [];
    for (const [file, images] of Object.entries(files)) {
      work.onProgress?.({ phase: `read labels of ${name}`, done: done++, total });
      const records = await tree.file(file);
      if (records === undefined) throw lacks(tree.where, file);
      const layout = { labelBytes: format.labelBytes, labelAt: labels.at, classes: labels.count };
      const { labels: found, sha256 } = await readLabels(records, layout, work);
      if (found.length !== images && !(options.partial && found.length < images)) {
        throw otherLength(file, found.length, images);
      }
      for (let i = 0; i < found.length; i += 1) {
        const load = (): ReturnType<typeof readPixels> => readPixels(records, i, format.labelBytes);
        const hash = createHash('sha256').update(`${sha256} image ${i}`).digest('hex');
        const image = { id: `${file}/${i}`, hash, source: { kind: 'lazy', load } } as const;
        samples.push({ image, classId: classes[found[i]!]!.id });
      }
    }
    return samples;
  };
  return {
    name,
    classes,
    train: await samplesOf(format.train),
    test: await samplesOf(format.test),
    license: descriptor.license,
    citation: descriptor.citation,
  };
}

/** The classes in the order of their labels, named as the archive names them. */
async function readClasses(
  tree: FileTree,
  dataset: string,
  { file, count }: CifarLabels,
): Promise<readonly ClassInfo[]> {
  const names = await readLines(tree, file);
  if (names.length !== count) {
    throw new ClError(
      'CORRUPT_FILE',
      `cifar: ${file} names ${names.length} classes, expected ${count}. Fetch the archive again.`,
    );
  }
  return names.map((name) => {
    const phrase = name.replaceAll('_', ' ');
    return { id: `${dataset}/${name}`, name, ...(phrase === name ? {} : { phrase }) };
  });
}

function lacks(where: string, file: string): ClError {
  return new ClError('CORRUPT_FILE', `cifar: ${where} lacks ${file}. Fetch the archive again.`);
}

function otherLength(file: string, found: number, expected: number): ClError {
  return new ClError(
    'CORRUPT_FILE',
    `cifar: ${file} has ${found} images, expected ${expected}. Fetch the archive again, or set the option partial for ` +
      'a cut-down copy.',
  );
}
