/**
 * Files of an uncompressed tar, read in place: ustar, with the long names of GNU tar and of pax (POSIX.1-2001). Only
 * the headers are read to list them. Links, devices and folders are no files here.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isClError, throwIfAborted, type WorkOptions } from '@cl/hub';
import { ioError } from '../io-error.ts';
import { corrupt, treeOfEntries } from './archive-entries.ts';
import { readRange } from './read-range.ts';
import type { FileTree, TreeFile } from './tree.ts';

const block = 512;
/** Long names and pax records are no longer than this. */
const extraLimit = 1 << 20;
/** Headers read between two turns of the event loop: about 2 ms. */
const turn = 512;

/**
 * Opens a tar.
 *
 * @throws ClError `CORRUPT_FILE` when it is no tar, is cut off, or holds a file twice; `NOT_FOUND`, `IO_FAILED`,
 * `ABORTED`.
 */
export async function openTar(path: string, work: WorkOptions = {}): Promise<FileTree> {
  let handle: number | undefined;
  try {
    handle = openSync(path, 'r');
    return treeOfEntries(path, await readEntries(path, handle, work));
  } catch (cause) {
    throw isClError(cause) ? cause : ioError('archive', path, cause);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

async function readEntries(path: string, handle: number, work: WorkOptions): Promise<TreeFile[]> {
  const total = fstatSync(handle).size;
  const entries: TreeFile[] = [];
  const header = Buffer.alloc(block);
  let extra: { name?: string; size?: number } = {};
  let headers = 0;
  for (let at = 0; at < total; headers += 1) {
    if (headers % turn === 0) {
      throwIfAborted('archive', work.signal);
      work.onProgress?.({ phase: 'list archive', done: at, total });
      await nextTurn();
    }
    if (readSync(handle, header, 0, block, at) < block) throw corrupt(path, 'is cut off');
    if (header.every((byte) => byte === 0)) break; // the end: two blocks of zeros
    if (headerSum(header) !== octal(header, 148, 8)) {
      throw corrupt(path, at === 0 ? 'is no tar' : `has no header at byte ${at}`);
    }
    const size = extra.size ?? octal(header, 124, 12);
    const start = at + block;
    if (!Number.isSafeInteger(size) || size < 0 || start + size > total) {
      throw corrupt(path, `is cut off, or gives the file at byte ${at} a wrong size`);
    }
    const type = String.fromCharCode(header[156]!);
    if (type === 'x' || type === 'L') {
      if (size > extraLimit) throw corrupt(path, `has a name of ${size} bytes at byte ${at}`);
      const content = Buffer.alloc(size);
      readSync(handle, content, 0, size, start);
      extra =
        type === 'L' ? { ...extra, name: text(content, 0, size) } : { ...extra, ...pax(content) };
    } else if (type !== 'g' && type !== 'K') {
      if (type === '0' || type === '\0' || type === '7') {
        const name = extra.name ?? nameOf(header);
        if (!name.endsWith('/')) entries.push(entryOf(path, name, start, size));
      }
      extra = {};
    }
    at = start + Math.ceil(size / block) * block;
  }
  return entries;
}

function entryOf(path: string, name: string, offset: number, bytes: number): TreeFile {
  return {
    name,
    size: async () => bytes,
    read: (start = 0, end = bytes) =>
      readRange(path, offset + start, offset + Math.min(end, bytes)),
  };
}

/** The sum of a header's bytes, its own eight counted as blanks. */
function headerSum(header: Buffer): number {
  let sum = 8 * 32;
  for (let i = 0; i < block; i += 1) if (i < 148 || i >= 156) sum += header[i]!;
  return sum;
}

/** A number of octal digits, or, where the first bit is set, of big-endian bytes (GNU tar, from 8 GiB on). */
function octal(header: Buffer, from: number, length: number): number {
  if ((header[from]! & 0x80) !== 0) {
    let value = 0;
    for (let i = from + 1; i < from + length; i += 1) value = value * 256 + header[i]!;
    return value;
  }
  const digits = text(header, from, length).trim();
  return digits === '' ? 0 : /^[0-7]+$/u.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

function text(bytes: Buffer, from: number, length: number): string {
  const end = bytes.indexOf(0, from);
  return bytes.toString('utf8', from, end < 0 || end > from + length ? from + length : end);
}

function nameOf(header: Buffer): string {
  const name = text(header, 0, 100);
  const prefix = text(header, 257, 5) === 'ustar' ? text(header, 345, 155) : '';
  return prefix === '' || text(header, 257, 8) === 'ustar  ' ? name : `${prefix}/${name}`;
}

/** The path and size of pax records, each `length key=value\n`. */
function pax(content: Buffer): { name?: string; size?: number } {
  const found: { name?: string; size?: number } = {};
  for (let at = 0; at < content.length;) {
    const blank = content.indexOf(0x20, at);
    const length = Number.parseInt(content.toString('latin1', at, blank), 10);
    if (blank < 0 || !(length > 0)) break;
    const [key, value] = splitOnce(content.toString('utf8', blank + 1, at + length - 1));
    if (key === 'path') found.name = value;
    if (key === 'size') found.size = Number(value);
    at += length;
  }
  return found;
}

function splitOnce(record: string): [string, string] {
  const at = record.indexOf('=');
  return [record.slice(0, at), record.slice(at + 1)];
}
