/** Lists of images: a CSV with `path,label[,split]`, or split files with one path a line. */
import { readFile } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { ClError, throwIfAborted, type WorkOptions } from '@cl/hub';
import { parse } from 'csv-parse';
import { ioError } from '../io-error.ts';
import type { ListedImage } from './listed-image.ts';
import type { Root } from './root.ts';

const where = 'image-folder';

/** A row of a list before its file was looked up. */
interface Row {
  readonly line: number;
  readonly path: string;
  readonly label: string;
  readonly split?: 'train' | 'test';
}

/**
 * The images that a CSV lists. Its header names the columns `path` (relative to the root), `label` and, if wanted,
 * `split` (`train` or `test`; rows of `val`, `valid` and `validation` are left out); others are ignored.
 *
 * @throws ClError `NOT_FOUND` naming the missing files, `INVALID_DATA` naming the line: no such column, an empty cell, an
 * unknown split, a path given twice or leaving the root; `CORRUPT_FILE` when it is no CSV.
 */
export async function readCsv(root: Root, file: string, work: WorkOptions): Promise<ListedImage[]> {
  const place = await root.file(file);
  if (place === undefined) throw ioError(where, file, { code: 'ENOENT' });
  const rows: Row[] = [];
  const parser = parse({
    columns: true,
    info: true,
    bom: true,
    skip_empty_lines: true,
    trim: true,
  });
  const source = createReadStream(place.real);
  source.on('error', (error) => parser.destroy(error));
  try {
    for await (const { record, info } of source.pipe(parser) as AsyncIterable<CsvRecord>) {
      const row = rowOf(file, record, info.lines);
      if (row !== undefined) rows.push(row);
    }
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause) || !String(cause.code).startsWith('CSV_')) {
      throw ioError(where, file, cause);
    }
    throw new ClError(
      'CORRUPT_FILE',
      `${where}: ${file} is not a CSV: ${cause.message}. Mend the file.`,
      {
        cause,
      },
    );
  }
  return lookUp(root, file, rows, work);
}

/**
 * The paths that a split file lists, one a line, relative to the root; lines that are empty or start with `#` are
 * left out.
 *
 * @throws ClError `NOT_FOUND` when the file does not exist, `INVALID_DATA` when it lies outside the root.
 */
export async function readPaths(root: Root, file: string): Promise<string[]> {
  const place = await root.file(file);
  if (place === undefined) throw ioError(where, file, { code: 'ENOENT' });
  const text = await readFile(place.real, 'utf8').catch((cause: unknown) => {
    throw ioError(where, file, cause);
  });
  return text
    .replace(/^\uFEFF/u, '')
    .split(/\r?\n/u)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

interface CsvRecord {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

const leftOut = new Set(['val', 'valid', 'validation']);

function rowOf(file: string, record: CsvRecord['record'], line: number): Row | undefined {
  const { path, label, split } = record;
  for (const [column, value] of Object.entries({ path, label })) {
    if (value !== undefined && value !== '') continue;
    const found = value === undefined ? `has no column "${column}"` : `has an empty ${column}`;
    throw new ClError(
      'INVALID_DATA',
      `${where}: line ${line} of ${file} ${found}, expected the columns path, label and perhaps split (found ` +
        `${Object.keys(record).join(', ')}). Mend the list.`,
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
    const image = { path: place.real, name: place.name, label };
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
