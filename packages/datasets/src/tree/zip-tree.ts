/** Files of a zip, read in place: its directory by yauzl, which is loaded with the first zip; contents one by one. */
import { access } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import { isClError, throwIfAborted, type WorkOptions } from '@cl/hub';
import { ioError } from '../io-error.ts';
import { corrupt, treeOfEntries } from './archive-entries.ts';
import { readRange } from './read-range.ts';
import type { FileTree, TreeFile } from './tree.ts';

const inflate = promisify(inflateRaw);
const stored = 0;
const deflated = 8;
/** A deflated byte can stand for at most 1,032. */
const deflateLimit = 1040;

/**
 * Opens a zip.
 *
 * @throws ClError `CORRUPT_FILE` when it is no whole zip, holds a file twice, or one that announces more than its bytes
 * can hold or whose path leaves the archive; `NOT_FOUND`, `IO_FAILED`, `ABORTED`. Reading a file throws `CORRUPT_FILE`
 * when its CRC-32 is wrong, it is encrypted, or packed otherwise than by deflate.
 */
export async function openZip(path: string, work: WorkOptions = {}): Promise<FileTree> {
  await access(path).catch((cause: unknown) => {
    throw ioError('archive', path, cause);
  });
  const { openPromise } = (await import('yauzl')).default;
  try {
    const zip = await openPromise(path, { autoClose: false });
    try {
      const entries: TreeFile[] = [];
      for await (const entry of zip.eachEntry()) {
        if (entries.length % 1024 === 0) throwIfAborted('archive', work.signal);
        if (entry.fileName.endsWith('/')) continue;
        entries.push(fileOf(path, entry));
      }
      return treeOfEntries(path, entries);
    } finally {
      zip.close();
    }
  } catch (cause) {
    if (isClError(cause)) throw cause;
    throw corrupt(path, `is no whole zip (${(cause as Error).message})`, cause);
  }
}

/** What the zip's directory says of a file. */
interface Entry {
  readonly fileName: string;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  readonly compressionMethod: number;
  readonly generalPurposeBitFlag: number;
  readonly crc32: number;
  readonly relativeOffsetOfLocalHeader: number;
}

function fileOf(path: string, entry: Entry): TreeFile {
  const { fileName: name, compressedSize, uncompressedSize: bytes } = entry;
  if (bytes > (compressedSize + 64) * deflateLimit) {
    throw corrupt(path, `gives ${name} ${bytes} bytes out of ${compressedSize}`);
  }
  return {
    name,
    size: async () => bytes,
    async read(start = 0, end = bytes) {
      const data = await dataStart(path, entry);
      if (entry.compressionMethod === stored && (start > 0 || end < bytes)) {
        return readRange(path, data + start, data + Math.min(end, bytes));
      }
      const whole = await unpack(path, entry, await readRange(path, data, data + compressedSize));
      return start === 0 && end >= bytes ? whole : whole.subarray(start, end);
    },
  };
}

/** The data follow a local header of 30 bytes, the name and extra fields, whose lengths it gives. */
async function dataStart(path: string, entry: Entry): Promise<number> {
  const at = entry.relativeOffsetOfLocalHeader;
  const header = Buffer.from(await readRange(path, at, at + 30));
  if (header.readUInt32LE(0) !== 0x04034b50)
    throw corrupt(path, `has no header for ${entry.fileName}`);
  return at + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
}

async function unpack(path: string, entry: Entry, packed: Uint8Array): Promise<Uint8Array> {
  const { fileName, compressionMethod, uncompressedSize } = entry;
  const encrypted = (entry.generalPurposeBitFlag & 1) !== 0;
  if (encrypted || (compressionMethod !== stored && compressionMethod !== deflated)) {
    throw corrupt(
      path,
      `has ${fileName} ${encrypted ? 'encrypted' : `packed by method ${compressionMethod}`}, expected deflate`,
    );
  }
  let content = packed;
  if (compressionMethod === deflated) {
    try {
      content = await inflate(packed, { maxOutputLength: Math.max(1, uncompressedSize) });
    } catch (cause) {
      throw corrupt(path, `has ${fileName} damaged (${(cause as Error).message})`, cause);
    }
  }
  if (content.length !== uncompressedSize || crc32(content) !== entry.crc32) {
    throw corrupt(path, `has ${fileName} damaged (its CRC-32 is wrong)`);
  }
  return content;
}
