/** A repository of parquet files as a dataset. */
import { createHash } from 'node:crypto';
import { ClError, type ClassInfo, type Dataset, type Sample, type WorkOptions } from '@cl/hub';
import { splitByFraction } from '../image-folder/split.ts';
import { naturalOrder } from '../natural-order.ts';
import type { Feature } from './card.ts';
import { chooseFiles } from './choose-files.ts';
import type { HfOptions } from './hf.ts';
import { openParquet, type ParquetFile } from './parquet.ts';
import { openSource, type Source } from './source.ts';

/**
 * Fetches the files of the splits and reads their labels; images are read when they are asked for.
 *
 * @throws ClError `INVALID_OPTION` for a split or a column that is not there, `INVALID_DATA`; what fetching throws.
 */
export async function openHf(options: HfOptions, work: WorkOptions): Promise<Dataset> {
  const source = await openSource(options, work);
  const { config, splits } = chooseFiles(source.paths, source.card, options.config, source.where);
  const wanted = options.testSplit === '' ? ['train'] : ['train', 'test'];
  const rows: Row[] = [];
  let columns: Columns | undefined;
  for (const part of wanted as readonly ('train' | 'test')[]) {
    const split = part === 'train' ? options.trainSplit : options.testSplit;
    for (const path of filesOf(splits, split, source.where)) {
      const parquet = await openParquet(await source.fetch(path));
      columns ??= columnsOf(parquet, source.card.features.get(config) ?? [], options);
      const values = await parquet.values(columns.label, work);
      work.onProgress?.({
        phase: `read labels of ${split}`,
        done: values.length,
        total: parquet.rows,
      });
      for (const [row, value] of values.entries()) {
        rows.push({ parquet, path, row, label: labelOf(value, columns, path, row), split: part });
      }
    }
  }
  return datasetOf(source, rows, columns!, options);
}

interface Columns {
  readonly image: string;
  readonly label: string;
  readonly names: readonly string[] | undefined;
}

/** The columns that are asked for, else those of the right kind, else those of the usual names. */
function columnsOf(parquet: ParquetFile, card: readonly Feature[], options: HfOptions): Columns {
  const features = parquet.features.length > 0 ? parquet.features : card;
  const find = (given: string, fitting: string | undefined, usual: readonly string[]): string => {
    const name =
      given !== '' ? given : (fitting ?? usual.find((one) => parquet.columns.includes(one)) ?? '');
    if (parquet.columns.includes(name)) return name;
    throw new ClError(
      'INVALID_OPTION',
      `hf: ${parquet.path} has no column "${name === '' ? usual[0]! : name}", expected one of ` +
        `${parquet.columns.join(', ')}. Set the options image and label.`,
    );
  };
  const labels = features.filter(({ classNames }) => classNames !== undefined);
  const image = find(options.image, features.find(({ isImage }) => isImage)?.name, [
    'image',
    'img',
  ]);
  const label = find(options.label, labels.length === 1 ? labels[0]!.name : undefined, [
    'label',
    'labels',
    'fine_label',
  ]);
  return { image, label, names: features.find(({ name }) => name === label)?.classNames };
}

interface Row {
  readonly parquet: ParquetFile;
  readonly path: string;
  readonly row: number;
  readonly label: string;
  readonly split: 'train' | 'test';
}

/** A number stands for a class name where the features have names; text is the name. */
function labelOf(value: unknown, { names, label }: Columns, path: string, row: number): string {
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'number' || typeof value === 'bigint') {
    const name = names === undefined ? String(value) : names[Number(value)];
    if (name !== undefined) return name;
  }
  throw new ClError(
    'INVALID_DATA',
    `hf: row ${row} of ${path} has ${String(value)} as "${label}", expected ` +
      `${names === undefined ? 'a number or a name' : `0 to ${names.length - 1}`}. Leave such rows out, or name another column.`,
  );
}

function filesOf(
  splits: ReadonlyMap<string, readonly string[]>,
  split: string,
  where: string,
): readonly string[] {
  const files = splits.get(split);
  if (files !== undefined) return files;
  throw new ClError(
    'INVALID_OPTION',
    `hf: ${where} has no split "${split}", expected one of ${[...splits.keys()].join(', ')}. Set trainSplit and ` +
      'testSplit; an empty testSplit holds a part of the training split out.',
  );
}

function datasetOf(
  source: Source,
  rows: readonly Row[],
  { image, names }: Columns,
  options: HfOptions,
): Dataset {
  const used = new Set(rows.map(({ label }) => label));
  const labels = names?.filter((name) => used.has(name)) ?? [...used].sort(naturalOrder);
  const classes = labels.map((name): ClassInfo => {
    const phrase = name.replaceAll('_', ' ');
    return {
      id: `${source.name}/${name}`,
      name,
      ...(phrase === name ? {} : { phrase }),
      ...(options.templates.length === 0 ? {} : { templates: options.templates }),
    };
  });
  const undecided = rows.map(({ split, ...row }) =>
    options.testSplit === '' ? row : { ...row, split },
  );
  const train: Sample[] = [];
  const test: Sample[] = [];
  for (const row of splitByFraction<Omit<Row, 'split'>>(
    undecided,
    options.testFraction,
    options.seed,
  )) {
    (row.split === 'train' ? train : test).push(sampleOf(row, source, image));
  }
  const license = source.card.license;
  return { name: source.name, classes, train, test, ...(license === undefined ? {} : { license }) };
}

function sampleOf(
  { parquet, path, row, label }: Omit<Row, 'split'>,
  source: Source,
  column: string,
): Sample {
  const known = source.hashes.get(path) ?? '';
  const hash = createHash('sha256').update(`${known} ${column} ${row}`).digest('hex');
  return {
    image: {
      id: `${path}/${row}`,
      ...(known === '' ? {} : { hash }),
      source: { kind: 'lazy', load: async () => parquet.image(column, row) },
    },
    classId: `${source.name}/${label}`,
  };
}
