/** Lists of images: CSV, JSON or JSON lines with a path and a label each, or split files with one path a line. */
import { ClError, throwIfAborted, type WorkOptions } from '@cl/hub';
import { ioError } from '../io-error.ts';
import type { ListedImage } from './listed-image.ts';
import type { Root } from '../tree/root.ts';

const where = 'image-folder';

/** What the columns of a list, or the keys of its objects, are called. */
export interface Columns {
  readonly path: string;
  readonly label: string;
  /** May be missing: then the images have no split. */
  readonly split: string;
}

/** A row of a list before its file was looked up. */
interface Row {
  readonly line: number;
  readonly path: string;
  readonly label: string;
  readonly split?: 'train' | 'test';
}

/**
 * The images that a list names, by its name: `.jsonl` and `.ndjson` have an object a line, `.json` an array of them,
 * anything else is a CSV with a header. Paths are relative to the root; a split is `train` or `test` (rows of `val`, `valid`
 * and `validation` are left out); other columns are ignored. The text comes without a byte order mark.
 *
 * @throws ClError `NOT_FOUND` naming the missing files, `INVALID_DATA` naming the line: no such column, an empty cell, an
 * unknown split, a path given twice or leaving the root; `CORRUPT_FILE` when it is no such list.
 */
export async function readList(
  root: Root,
  list: { readonly file: string; readonly text: string },
  columns: Columns,
  work: WorkOptions,
): Promise<ListedImage[]> {
  const { file, text } = list;
  const parseRecords = /\.(?:jsonl|ndjson)$/iu.test(file)
    ? jsonLines
    : /\.json$/iu.test(file)
      ? jsonArray
      : csv;
  const rows = (await parseRecords(file, text)).flatMap(({ record, line }) => {
    const row = rowOf(file, record, line, columns);
    return row === undefined ? [] : [row];
  });
  return lookUp(root, file, rows, work);
}

/** A record with the line, or the place in the array, that it stands in. */
interface ListRecord {
  readonly record: Readonly<Record<string, unknown>>;
  readonly line: number;
}

async function csv(file: string, text: string): Promise<readonly ListRecord[]> {
  const { parse } = await import('csv-parse/sync');
  try {
    const options = { columns: true, info: true, bom: true, skip_empty_lines: true, trim: true };
    const records = parse(text, options) as unknown as readonly {
      readonly record: Readonly<Record<string, string>>;
      readonly info: { readonly lines: number };
    }[];
    return records.map(({ record, info }) => ({ record, line: info.lines }));
  } catch (cause) {
    throw unlike(file, 'a CSV', cause);
  }
}

function jsonLines(file: string, text: string): readonly ListRecord[] {
  return text.split(/\r?\n/u).flatMap((json, i) => {
    if (json.trim() === '') return [];
    try {
      return [{ record: asRecord(JSON.parse(json)), line: i + 1 }];
    } catch (cause) {
      throw unlike(file, `JSON lines at line ${i + 1}`, cause);
    }
  });
}

function jsonArray(file: string, text: string): readonly ListRecord[] {
  try {
    const values = JSON.parse(text) as unknown;
    if (!Array.isArray(values)) throw new Error('it is no array');
    return values.map((value, i) => ({ record: asRecord(value), line: i + 1 }));
  } catch (cause) {
    throw unlike(file, 'a JSON array of objects', cause);
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new Error('it holds something that is no object');
}

function unlike(file: string, expected: string, cause: unknown): ClError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ClError(
    'CORRUPT_FILE',
    `${where}: ${file} is not ${expected}: ${reason}. Mend the file.`,
    { cause },
  );
}

/**
 * A text file of the root.
 *
 * @throws ClError `NOT_FOUND`, `INVALID_DATA` when it lies outside the root, `IO_FAILED`.
 */
export async function readRootText(root: Root, file: string): Promise<string> {
  const place = await root.file(file);
  if (place === undefined) throw ioError(where, file, { code: 'ENOENT' });
  return new TextDecoder().decode(await root.open(place).read()); // leaves a byte order mark out
}

/**
 * The paths that a split file lists, one a line, relative to the root; lines that are empty or start with `#` are
 * left out.
 *
 * @throws ClError `NOT_FOUND` when the file does not exist, `INVALID_DATA` when it lies outside the root.
 */
export async function readPaths(root: Root, file: string): Promise<string[]> {
  return (await readRootText(root, file))
    .split(/\r?\n/u)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

const leftOut = new Set(['val', 'valid', 'validation']);

function rowOf(
  file: string,
  record: Readonly<Record<string, unknown>>,
  line: number,
  columns: Columns,
): Row | undefined {
  const cell = (column: string): string | undefined => {
    const value = record[column];
    if (typeof value === 'number') return String(value);
    return typeof value === 'string' ? value.trim() : undefined;
  };
  const [path, label, split] = [columns.path, columns.label, columns.split].map(cell);
  for (const [column, value] of [
    [columns.path, path],
    [columns.label, label],
  ] as const) {
    if (value !== undefined && value !== '') continue;
    const found = value === undefined ? `has no column "${column}"` : `has an empty ${column}`;
    throw new ClError(
      'INVALID_DATA',
      `${where}: line ${line} of ${file} ${found}, expected the columns ${columns.path}, ${columns.label} and perhaps ` +
        `${columns.split} (found ${Object.keys(record).join(', ')}). Mend the list.`,
    );
  }
  if (split !== undefined && leftOut.has(split)) return undefined;
  if (split !== undefined && split !== '' && split !== 'train' && split !== 'test') {
    throw new ClError(
      'INVALID_DATA',
      `${where}: line ${line} of ${file} has split "${split}", expected train or test. Mend the list.`,
    );
  }
  const row = { line, path: path!, label: label! };
  return split === 'train' || split === 'test' ? { ...row, split } : row;
}

/** The files of the rows: all there, none twice. */
async function lookUp(
  root: Root,
  file: string,
  rows: readonly Row[],
  work: WorkOptions,
): Promise<ListedImage[]> {
  const listed: ListedImage[] = [];
  const missing: string[] = [];
  const lines = new Map<string, number>();
  for (const [done, { line, path, label, split }] of rows.entries()) {
    if (done % 256 === 0) {
      throwIfAborted(where, work.signal);
      work.onProgress?.({ phase: 'list images', done, total: rows.length });
    }
    const place = await root.file(path);
    if (place === undefined) {
      missing.push(path);
      continue;
    }
    const earlier = lines.get(place.real);
    if (earlier !== undefined) {
      throw new ClError(
        'INVALID_DATA',
        `${where}: lines ${earlier} and ${line} of ${file} both list ${path}, expected each image once. Remove one.`,
      );
    }
    lines.set(place.real, line);
    const image = { path: place.real, name: place.name, label, file: root.open(place) };
    listed.push(split === undefined ? image : { ...image, split });
  }
  work.onProgress?.({ phase: 'list images', done: rows.length, total: rows.length });
  if (missing.length > 0) throw missingFiles(root.real, file, missing, rows.length);
  return listed;
}

/** The error about files that a list names and nobody has. */
export function missingFiles(
  root: string,
  list: string,
  missing: readonly string[],
  total: number,
): ClError {
  return new ClError(
    'NOT_FOUND',
    `${where}: ${missing.length} of ${total} files that ${list} lists are not in ${root} ` +
      `(${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ', …' : ''}). Add the files or mend the list.`,
  );
}
