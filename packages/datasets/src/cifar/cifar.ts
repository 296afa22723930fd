/**
 * CIFAR-10 and CIFAR-100 (Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009) from their original
 * binary archives: 50,000 training and 10,000 test images of 32 × 32 pixels.
 */
import { defineDataset, type DatasetPlugin } from '@cl/hub';
import { z } from 'zod';
import { cifar100Files, cifar10Files } from '../catalog/cifar.ts';
import { sourceDefaults, sourceHelp, sourceShape, type SourceOptions } from '../source/options.ts';
import { cifar100Format, cifar10Format } from './format.ts';

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
  async create(options, work = {}) {
    const { openCifar } = await import('./open-cifar.ts');
    return openCifar(cifar10Files, cifar10Format, 'fine', options, work);
  },
});

/** CIFAR-100: a hundred classes, or their twenty groups. */
export const cifar100: DatasetPlugin<Cifar100Options> = defineDataset({
  name: 'cifar100',
  description: 'CIFAR-100: 60,000 photographs of a hundred classes, 32 pixels (161 MB download).',
  defaults: { ...defaults, labels: 'fine' },
  help: { ...help, labels: 'fine: a hundred classes; coarse: their twenty groups' },
  schema: z.object({ ...shape, labels: z.enum(['fine', 'coarse']) }),
  async create(options, work = {}) {
    const { openCifar } = await import('./open-cifar.ts');
    return openCifar(cifar100Files, cifar100Format, options.labels, options, work);
  },
});
