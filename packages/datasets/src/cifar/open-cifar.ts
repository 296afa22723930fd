/** CIFAR's archives as a dataset. */
import { createHash } from 'node:crypto';
import { ClError, type ClassInfo, type Dataset, type Sample, type WorkOptions } from '@cl/hub';
import type { DatasetDescriptor } from '../catalog/descriptor.ts';
import { openDataset } from '../source/open-dataset.ts';
import { readLines, type FileTree } from '../tree/tree.ts';
import type { CifarOptions } from './cifar.ts';
import type { CifarFormat, CifarLabels } from './format.ts';
import { readLabels, readPixels } from './records.ts';

/**
 * Opens the files and reads their labels; pixels are read when they are asked for.
 *
 * @throws ClError `CORRUPT_FILE` when they are not what the format says; what opening them throws.
 */
export async function openCifar(
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
