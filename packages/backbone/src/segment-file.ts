/**
 * Segments: the append-only files of the feature cache. Each is written by one process only and read by all, so no
 * lock is needed. A segment is a sequence of blocks, all integers little-endian:
 *
 *   "CLF1" | u32 count n | u32 width D | u32 CRC-32 of the index | index: n × (32-byte key, u32 CRC-32 of the row) | n × D float32
 *
 * A block is appended with one write. What a killed writer left half done is the tail of a file: its index does not
 * match its checksum, or the file ends before its rows do; readers stop there. Every row is checked again when read.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

const magic = 0x31464c43; // "CLF1"
const headerBytes = 16;
const keyBytes = 32;
const entryBytes = keyBytes + 4;
const extension = '.features';

/** Where a row is. */
export interface RowPlace {
  readonly segment: FileHandle;
  readonly offset: number;
  readonly checksum: number;
}

/** A row and its key: 64 hex digits. */
export interface Row {
  readonly key: string;
  readonly values: Float32Array;
}

/** Reads the segments of a folder, and what is appended to them between two calls of `refresh`. */
export class SegmentReader {
  readonly #folder: string;
  readonly #width: number;
  readonly #segments = new Map<string, { file: FileHandle; end: number }>();
  readonly #places = new Map<string, RowPlace>();

  /** Rows of another width are not found. */
  constructor(folder: string, width: number) {
    this.#folder = folder;
    this.#width = width;
  }

  /** Takes in what is new on disk. A folder that does not exist is empty. */
  async refresh(): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names) {
      if (!name.endsWith(extension)) continue;
      let segment = this.#segments.get(name);
      if (segment === undefined) {
        const file = await open(join(this.#folder, name)).catch(() => undefined);
        if (file === undefined) continue; // removed since it was listed
        segment = { file, end: 0 };
        this.#segments.set(name, segment);
      }
      const { size } = await segment.file.stat();
      if (size > segment.end) segment.end = await this.#index(segment.file, segment.end, size);
    }
  }

  /** Where a row is, or `undefined`. */
  find(key: string): RowPlace | undefined {
    return this.#places.get(key);
  }

  /** The rows at some places, `undefined` where the bytes do not match their checksum. Neighbours are read at once. */
  async read(places: readonly RowPlace[]): Promise<readonly (Float32Array | undefined)[]> {
    const rowBytes = this.#width * 4;
    const rows = new Array<Float32Array | undefined>(places.length);
    const order = places.map((_, i) => i).sort((i, j) => places[i]!.offset - places[j]!.offset);
    for (const segment of new Set(places.map((place) => place.segment))) {
      const own = order.filter((i) => places[i]!.segment === segment);
      for (let from = 0, to = 1; from < own.length; from = to, to += 1) {
        while (to < own.length && follows(places[own[to - 1]!]!, places[own[to]!]!, rowBytes))
          to += 1;
        const bytes = new Uint8Array((to - from) * rowBytes);
        await segment.read(bytes, 0, bytes.length, places[own[from]!]!.offset);
        for (let i = from; i < to; i += 1) {
          const row = bytes.slice((i - from) * rowBytes, (i - from + 1) * rowBytes);
          const sound = crc32(row) === places[own[i]!]!.checksum;
          if (sound) rows[own[i]!] = new Float32Array(row.buffer);
        }
      }
    }
    return rows;
  }

  /** Closes the files. */
  async close(): Promise<void> {
    const files = [...this.#segments.values()].map(({ file }) => file);
    this.#segments.clear();
    this.#places.clear();
    for (const file of files) await file.close();
  }

  /** Indexes the whole blocks from `start` on and gives the end of the last one. */
  async #index(file: FileHandle, start: number, size: number): Promise<number> {
    const header = Buffer.alloc(headerBytes);
    for (let at = start; ;) {
      if (at + headerBytes > size) return at;
      await file.read(header, 0, headerBytes, at);
      const count = header.readUInt32LE(4);
      const width = header.readUInt32LE(8);
      const rows = at + headerBytes + count * entryBytes;
      const end = rows + count * width * 4;
      if (header.readUInt32LE(0) !== magic || count === 0 || end > size) return at;
      const index = Buffer.alloc(count * entryBytes);
      await file.read(index, 0, index.length, at + headerBytes);
      if (crc32(index) !== header.readUInt32LE(12)) return at;
      for (let i = 0; i < count && width === this.#width; i += 1) {
        const entry = i * entryBytes;
        this.#places.set(index.toString('hex', entry, entry + keyBytes), {
          segment: file,
          offset: rows + i * width * 4,
          checksum: index.readUInt32LE(entry + keyBytes),
        });
      }
      at = end;
    }
  }
}

function follows(before: RowPlace, after: RowPlace, rowBytes: number): boolean {
  return after.offset === before.offset + rowBytes;
}

/** Appends to a segment of its own, which it creates with the first rows. */
export class SegmentWriter {
  readonly #folder: string;
  #file: Promise<FileHandle> | undefined;

  /** Writes nothing yet. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Appends rows of one width as a block. Throws what the file system throws; what was written before stays good. */
  async append(rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    this.#file ??= this.#create();
    const file = await this.#file;
    await file.writeFile(block(rows));
  }

  /** Closes the file. */
  async close(): Promise<void> {
    const file = await this.#file?.catch(() => undefined);
    this.#file = undefined;
    await file?.close();
  }

  async #create(): Promise<FileHandle> {
    await mkdir(this.#folder, { recursive: true });
    return open(join(this.#folder, `${randomUUID()}${extension}`), 'ax');
  }
}

function block(rows: readonly Row[]): Buffer {
  const width = rows[0]!.values.length;
  const indexEnd = headerBytes + rows.length * entryBytes;
  const bytes = Buffer.alloc(indexEnd + rows.length * width * 4);
  rows.forEach(({ key, values }, i) => {
    const entry = headerBytes + i * entryBytes;
    const row = new Uint8Array(values.buffer, values.byteOffset, width * 4);
    bytes.write(key, entry, 'hex');
    bytes.writeUInt32LE(crc32(row), entry + keyBytes);
    bytes.set(row, indexEnd + i * width * 4);
  });
  bytes.writeUInt32LE(magic, 0);
  bytes.writeUInt32LE(rows.length, 4);
  bytes.writeUInt32LE(width, 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(headerBytes, indexEnd)), 12);
  return bytes;
}
