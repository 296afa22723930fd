/** Checksums of files in one pass. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { throwIfAborted, type WorkOptions } from '@cl/hub';
import { ioError } from '../io-error.ts';

/**
 * What is known of a file, lower-case hex; nothing for some. MD5 and SHA-1 find damage, not malice: some files were
 * published with no other.
 */
export interface Checksum {
  readonly sha256?: string;
  readonly md5?: string;
  /** What git calls the file: SHA-1 of `blob `, its size, a zero and its bytes. */
  readonly gitBlob?: string;
}

/** What a file is. */
export interface Digest extends Required<Checksum> {
  readonly bytes: number;
}

/**
 * Reads a file and sums it up.
 *
 * @throws ClError `NOT_FOUND`, `IO_FAILED`, `ABORTED`.
 */
export async function digestOf(path: string, work: WorkOptions = {}): Promise<Digest> {
  const [sha256, md5, gitBlob] = [createHash('sha256'), createHash('md5'), createHash('sha1')];
  let bytes = 0;
  try {
    gitBlob.update(`blob ${(await stat(path)).size}\0`);
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) {
      throwIfAborted('checksum', work.signal);
      for (const hash of [sha256, md5, gitBlob]) hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
  } catch (cause) {
    throw ioError('checksum', path, cause);
  }
  const [a, b, c] = [sha256, md5, gitBlob].map((hash) => hash.digest('hex'));
  return { sha256: a!, md5: b!, gitBlob: c!, bytes };
}

/** Whether anything is known that a file could be compared with. */
export function isKnown(expected: Checksum): boolean {
  return kinds.some(([key]) => expected[key] !== undefined);
}

/** How a file differs from what is known of it: `SHA-256 …, expected …`; `undefined` when it does not. */
export function difference(found: Digest, expected: Checksum): string | undefined {
  const kind = kinds.find(([key]) => expected[key] !== undefined); // the strongest
  if (kind === undefined) return undefined;
  const [key, name] = kind;
  return found[key] === expected[key]
    ? undefined
    : `${name} ${found[key]}, expected ${expected[key]!}`;
}

const kinds = [
  ['sha256', 'SHA-256'],
  ['md5', 'MD5'],
  ['gitBlob', 'git blob SHA-1'],
] as const;
