/**
 * CIFAR-10 and CIFAR-100 (Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009) from their original
 * binary archives: 50,000 training and 10,000 test images of 32 × 32 pixels.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
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
import { ioError } from '../io-error.ts';
import { cifar100Format, cifar10Format, type CifarFormat, type CifarLabels } from './format.ts';
import { locate, type CifarSource } from './locate.ts';
import { readLabels, readPixels } from './records.ts';

/** Options of {@link cifar10}. */
export interface CifarOptions extends CifarSource {
  /** Accept files with fewer images than published: a cut-down copy. */
  readonly partial: boolean;
}

/** Options of {@link cifar100}. */
export interface Cifar100Options extends CifarOptions {
  /** `fine`: a hundred classes; `coarse`: their twenty groups. */
  readonly labels: 'fine' | 'coarse';
}

const shape = {
  path: z.string(),
  url: z.url({ protocol: /^https?$/u }),
  sha256: z.string().regex(/^[0-9a-f]{64}$/u, 'expected 64 lower-case hex digits'),
  cacheDir: z.string(),
  timeoutMs: z.int().min(1),
  retries: z.int().min(0),
  partial: z.boolean(),
};

const defaultsOf = ({ url, sha256 }: CifarFormat): CifarOptions => ({
  path: '',
  url,
  sha256,
  cacheDir: '',
  timeoutMs: 30_000,
  retries: 4,
  partial: false,
});

const help = {
  path: 'local copy: the .tar.gz or the extracted folder; empty: downloaded once (about 170 MB)',
  url: 'where the archive is fetched from',
  sha256: 'SHA-256 that the archive must have',
  cacheDir: 'where it is kept; empty: $CL_CACHE_DIR, else ~/.cache/cl',
  timeoutMs: 'a connection silent for this long is given up and tried again',
  retries: 'how often to try again without getting further',
  partial: 'accept files with fewer images than published',
};

/** CIFAR-10: ten classes. */
export const cifar10: DatasetPlugin<CifarOptions> = defineDataset({
  name: 'cifar10',
  description: 'CIFAR-10: 60,000 photographs of ten classes, 32 pixels (162 MB download).',
  defaults: defaultsOf(cifar10Format),
  help,
  schema: z.object(shape),
  create: async (options, work = {}) => openCifar(cifar10Format, 'fine', options, work),
});

/** CIFAR-100: a hundred classes, or their twenty groups. */
export const cifar100: DatasetPlugin<Cifar100Options> = defineDataset({
  name: 'cifar100',
  description: 'CIFAR-100: 60,000 photographs of a hundred classes, 32 pixels (161 MB download).',
  defaults: { ...defaultsOf(cifar100Format), labels: 'fine' },
  help: { ...help, labels: 'fine: a hundred classes; coarse: their twenty groups' },
  schema: z.object({ ...shape, labels: z.enum(['fine', 'coarse']) }),
  create: async (options, work = {}) => openCifar(cifar100Format, options.labels, options, work),
});

async function openCifar(
  format: CifarFormat,
  kind: 'fine' | 'coarse',
  options: CifarOptions,
  work: WorkOptions,
): Promise<Dataset> {
  const folder = await locate(format, options, work);
  const labels = format.labels[kind]!;
  const name = kind === 'fine' ? format.name : `${format.name}-coarse`;
  const classes = await readClasses(folder, name, labels);
  const total = Object.keys(format.train).length + Object.keys(format.test).length;
  let done = 0;
  const samplesOf = async (files: Readonly<Record<string, number>>): Promise<readonly Sample[]> => {
    const samples: Sample[] = [];
    for (const [file, images] of Object.entries(files)) {
      work.onProgress?.({ phase: `read labels of ${name}`, done: done++, total });
      const path = join(folder, file);
      const layout = { labelBytes: format.labelBytes, labelAt: labels.at, classes: labels.count };
      const { labels: found, sha256 } = await readLabels(path, layout, work);
      if (found.length !== images && !(options.partial && found.length < images)) {
        throw otherLength(path, found.length, images);
      }
      for (let i = 0; i < found.length; i += 1) {
        const load = (): ReturnType<typeof readPixels> => readPixels(path, i, format.labelBytes);
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
    license: 'No licence stated by the authors; the page asks users to cite the report',
    citation:
      'A. Krizhevsky. Learning Multiple Layers of Features from Tiny Images. Technical report, 2009',
  };
}

/** The classes in the order of their labels, named as the archive names them. */
async function readClasses(
  folder: string,
  dataset: string,
  { file, count }: CifarLabels,
): Promise<readonly ClassInfo[]> {
  const path = join(folder, file);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw ioError('cifar', path, cause);
  });
  const names = text
    .split(/\r?\n/u)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (names.length !== count) {
    throw new ClError(
      'CORRUPT_FILE',
      `cifar: ${path} names ${names.length} classes, expected ${count}. Fetch the archive again.`,
    );
  }
  return names.map((name) => {
    const phrase = name.replaceAll('_', ' ');
    return { id: `${dataset}/${name}`, name, ...(phrase === name ? {} : { phrase }) };
  });
}

function otherLength(path: string, found: number, expected: number): ClError {
  return new ClError(
    'CORRUPT_FILE',
    `cifar: ${path} has ${found} images, expected ${expected}. Fetch the archive again, or set the option partial for ` +
      'a cut-down copy.',
  );
}
