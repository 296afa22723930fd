/** Files of CIFAR records: labels are read once, pixels when somebody looks. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { ClError, throwIfAborted, type PixelImage, type WorkOptions } from '@cl/hub';
import { ioError } from '../io-error.ts';
import { pixelBytes } from './format.ts';

/** Where the label is in a record of `labelBytes` + 3,072 bytes. */
export interface RecordLayout {
  readonly labelBytes: number;
  readonly labelAt: number;
  /** Labels are below this. */
  readonly classes: number;
}

/** What one pass over a file gives. */
export interface RecordFile {
  /** One label an image. */
  readonly labels: Uint8Array;
  /** Of the whole file, lower-case hex. */
  readonly sha256: string;
}

/**
 * Reads the labels of a file and hashes it, a block at a time.
 *
 * @throws ClError `CORRUPT_FILE` when it ends inside a record or has a label out of range; `NOT_FOUND`, `IO_FAILED`,
 * `ABORTED`.
 */
export async function readLabels(
  path: string,
  { labelBytes, labelAt, classes }: RecordLayout,
  { signal }: WorkOptions,
): Promise<RecordFile> {
  const record = labelBytes + pixelBytes;
  const labels: number[] = [];
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      throwIfAborted('cifar', signal);
      const block = chunk as Buffer;
      hash.update(block);
      // The next label is at the first place of this block that is `labelAt` into a record.
      for (let i = (labelAt - (bytes % record) + record) % record; i < block.length; i += record) {
        labels.push(block[i]!);
      }
      bytes += block.length;
    }
  } catch (cause) {
    throw ioError('cifar', path, cause);
  }
  if (bytes === 0 || bytes % record !== 0) {
    throw corrupt(path, `has ${bytes} bytes, expected a multiple of ${record}`);
  }
  const stray = labels.findIndex((label) => label >= classes);
  if (stray >= 0) {
    throw corrupt(
      path,
      `gives image ${stray} label ${labels[stray]!}, expected 0 to ${classes - 1}`,
    );
  }
  return { labels: Uint8Array.from(labels), sha256: hash.digest('hex') };
}

/**
 * Image `index` of a file as 32 × 32 RGB: the file keeps three planes, the result interleaves them.
 *
 * @throws ClError `CORRUPT_FILE` when the file has become shorter; `NOT_FOUND`, `IO_FAILED`.
 */
export async function readPixels(
  path: string,
  index: number,
  labelBytes: number,
): Promise<PixelImage> {
  const planes = new Uint8Array(pixelBytes);
  let read = 0;
  try {
    const file = await open(path);
    try {
      const start = index * (labelBytes + pixelBytes) + labelBytes;
      while (read < pixelBytes) {
        const { bytesRead } = await file.read(planes, read, pixelBytes - read, start + read);
        if (bytesRead === 0) break;
        read += bytesRead;
      }
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw ioError('cifar', path, cause);
  }
  if (read < pixelBytes) throw corrupt(path, `ends before image ${index}`);
  const plane = pixelBytes / 3;
  const data = new Uint8Array(pixelBytes);
  for (let i = 0, o = 0; i < plane; i += 1, o += 3) {
    data[o] = planes[i]!;
    data[o + 1] = planes[plane + i]!;
    data[o + 2] = planes[2 * plane + i]!;
  }
  return { kind: 'pixels', width: 32, height: 32, data };
}

function corrupt(path: string, found: string): ClError {
  return new ClError('CORRUPT_FILE', `cifar: ${path} ${found}. Delete it and fetch it again.`);
}
