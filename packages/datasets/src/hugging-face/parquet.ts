/** Parquet files of images and labels, row by row; hyparquet is loaded with the first of them. */
import { stat } from 'node:fs/promises';
import { ClError, throwIfAborted, type EncodedImage, type WorkOptions } from '@cl/hub';
import type { AsyncBuffer, FileMetaData } from 'hyparquet';
import { ioError } from '../io-error.ts';
import { readRange } from '../tree/read-range.ts';
import type { Feature } from './card.ts';

/** A parquet file that was opened. */
export interface ParquetFile {
  readonly path: string;
  readonly rows: number;
  readonly columns: readonly string[];
  /** What `datasets` wrote about the columns into the file; empty when something else wrote it. */
  readonly features: readonly Feature[];
  /** The values of a column. */
  values(column: string, work: WorkOptions): Promise<readonly unknown[]>;
  /**
   * The image in a row: bytes, or a struct of `bytes` and `path`. Rows near each other are read together.
   *
   * @throws ClError `INVALID_DATA` when the row holds no bytes.
   */
  image(column: string, row: number): Promise<EncodedImage>;
}

/**
 * Opens a file.
 *
 * @throws ClError `CORRUPT_FILE` when it is no whole parquet file, `NOT_FOUND`, `IO_FAILED`.
 */
export async function openParquet(path: string): Promise<ParquetFile> {
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  const file = await bufferOf(path);
  await assertNoPointer(path, file.byteLength);
  const metadata = await guarded(path, async () => parquetMetadataAsync(file));
  const groups = groupsOf(metadata);
  const read = async (column: string, rowStart: number, rowEnd: number): Promise<unknown[]> =>
    guarded(path, async () => {
      const options = {
        file,
        metadata,
        columns: [column],
        rowStart,
        rowEnd,
        compressors,
        utf8: false,
      };
      return (await parquetReadObjects(options)).map((row) => row[column] as unknown);
    });
  let last: { readonly key: string; readonly rows: Promise<unknown[]> } | undefined;
  return {
    path,
    rows: Number(metadata.num_rows),
    columns: parquetSchema(metadata).children.map(({ element }) => element.name),
    features: featuresOf(metadata),
    async values(column, work) {
      const values: unknown[] = [];
      for (const { start, end } of groups) {
        throwIfAborted('parquet', work.signal);
        for (const value of await read(column, start, end)) values.push(value);
      }
      return values;
    },
    async image(column, row) {
      const { start, end } = groups.find((group) => row >= group.start && row < group.end)!;
      const key = `${column} ${start}`;
      // One group of rows is kept, for images are mostly asked for in order.
      if (last?.key !== key) last = { key, rows: read(column, start, end) };
      const held = last;
      const rows = await held.rows.catch((error: unknown) => {
        if (last === held) last = undefined;
        throw error;
      });
      return imageOf(path, column, row, rows[row - start]);
    },
  };
}

function imageOf(path: string, column: string, row: number, cell: unknown): EncodedImage {
  const bytes = cell instanceof Uint8Array ? cell : (cell as { bytes?: unknown } | null)?.bytes;
  if (bytes instanceof Uint8Array && bytes.length > 0) return { kind: 'encoded', bytes };
  throw new ClError(
    'INVALID_DATA',
    `hf: row ${row} of ${path} has no image bytes in "${column}", expected bytes or a struct of bytes and path. ` +
      'Name another column.',
  );
}

/** The groups of rows that are packed together. */
function groupsOf({ row_groups: all }: FileMetaData): readonly { start: number; end: number }[] {
  let start = 0;
  return all.map(({ num_rows: rows }) => {
    const group = { start, end: start + Number(rows) };
    start = group.end;
    return group;
  });
}

/** `datasets` keeps its features as JSON under the key `huggingface`. */
function featuresOf({ key_value_metadata: pairs = [] }: FileMetaData): readonly Feature[] {
  try {
    const text = pairs.find(({ key }) => key === 'huggingface')?.value ?? '{}';
    const { info } = JSON.parse(text) as {
      info?: { features?: Record<string, { _type?: string; names?: string[] }> };
    };
    return Object.entries(info?.features ?? {}).map(([name, { _type: type, names }]) => ({
      name,
      isImage: type === 'Image',
      ...(type === 'ClassLabel' && names !== undefined ? { classNames: names } : {}),
    }));
  } catch {
    return [];
  }
}

async function bufferOf(path: string): Promise<AsyncBuffer> {
  const found = await stat(path).catch((cause: unknown) => {
    throw ioError('hf', path, cause);
  });
  return {
    byteLength: found.size,
    slice: async (start, end = found.size) =>
      (await readRange(path, start, Math.min(end, found.size))).buffer as ArrayBuffer,
  };
}

/** A clone without Git LFS holds a few lines in the place of each large file. */
async function assertNoPointer(path: string, bytes: number): Promise<void> {
  if (bytes > 1024) return;
  const text = new TextDecoder().decode(await readRange(path, 0, bytes));
  if (!text.startsWith('version https://git-lfs')) return;
  throw new ClError(
    'CORRUPT_FILE',
    `hf: ${path} is a Git LFS pointer, expected the file it stands for. Run git lfs pull there.`,
  );
}

async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ClError) throw cause;
    throw new ClError(
      'CORRUPT_FILE',
      `hf: ${path} is no whole parquet file: ${(cause as Error).message}. Delete it and fetch it again.`,
      { cause },
    );
  }
}
