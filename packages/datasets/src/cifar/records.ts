/** Files of CIFAR records: labels are read once, pixels when somebody looks. */
import { createHash } from 'node:crypto';
import { ClError, throwIfAborted, type PixelImage, type WorkOptions } from '@cl/hub';
import type { TreeFile } from '../tree/tree.ts';
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
  file: TreeFile,
  { labelBytes, labelAt, classes }: RecordLayout,
  { signal }: WorkOptions,
): Promise<RecordFile> {
  const record = labelBytes + pixelBytes;
  const bytes = await file.size();
  if (bytes === 0 || bytes % record !== 0) {
    throw corrupt(file.name, `has ${bytes} bytes, expected a multiple of ${record}`);
  }
  const labels = new Uint8Array(bytes / record);
  const hash = createHash('sha256');
  for (let first = 0; first < labels.length; first += recordsARead) {
    throwIfAborted('cifar', signal);
    const last = Math.min(labels.length, first + recordsARead);
    const block = await file.read(first * record, last * record);
    hash.update(block);
    for (let i = first; i < last; i += 1) labels[i] = block[(i - first) * record + labelAt]!;
  }
  const stray = labels.findIndex((label) => label >= classes);
  if (stray >= 0) {
    throw corrupt(
      file.name,
      `gives image ${stray} label ${labels[stray]!}, expected 0 to ${classes - 1}`,
    );
  }
  return { labels, sha256: hash.digest('hex') };
}

/**
 * Image `index` of a file as 32 × 32 RGB: the file keeps three planes, the result interleaves them.
 *
 * @throws ClError `CORRUPT_FILE` when the file has become shorter; `NOT_FOUND`, `IO_FAILED`.
 */
export async function readPixels(
  file: TreeFile,
  index: number,
  labelBytes: number,
): Promise<PixelImage> {
  const start = index * (labelBytes + pixelBytes) + labelBytes;
  const planes = await file.read(start, start + pixelBytes);
  if (planes.length < pixelBytes) throw corrupt(file.name, `ends before image ${index}`);
  const plane = pixelBytes / 3;
  const data = new Uint8Array(pixelBytes);
  for (let i = 0, o = 0; i < plane; i += 1, o += 3) {
    data[o] = planes[i]!;
    data[o + 1] = planes[plane + i]!;
    data[o + 2] = planes[2 * plane + i]!;
  }
  return { kind: 'pixels', width: 32, height: 32, data };
}

/** About 1 MB. */
const recordsARead = 340;

function corrupt(file: string, found: string): ClError {
  return new ClError('CORRUPT_FILE', `cifar: ${file} ${found}. Delete it and fetch it again.`);
}
