/** MNIST's idx files: a big-endian header of magic number and sizes, then one byte a pixel or label. */
import { createHash } from 'node:crypto';
import { ClError, throwIfAborted, type PixelImage, type WorkOptions } from '@cl/hub';
import type { TreeFile } from '../tree/tree.ts';

const headerBytes = { images: 16, labels: 8 } as const;
const magics = { images: 0x803, labels: 0x801 } as const;
/** Bytes hashed at a time. */
const block = 1 << 20;

/** A file of grey images. */
export interface IdxImages {
  readonly count: number;
  /** Of the whole file, lower-case hex. */
  readonly sha256: string;
  /** Image `index`, its grey as red, green and blue. */
  pixels(index: number): Promise<PixelImage>;
}

/**
 * Opens a file of images; they are read one by one.
 *
 * @throws ClError `CORRUPT_FILE` when it is no such file or has another length than its header says; `ABORTED`.
 */
export async function openIdxImages(file: TreeFile, work: WorkOptions): Promise<IdxImages> {
  const header = await headerOf(file, 'images');
  const [count, height, width] = [4, 8, 12].map((at) => header.getUint32(at)) as [
    number,
    number,
    number,
  ];
  const bytes = width * height;
  const size = await file.size();
  if (size !== headerBytes.images + count * bytes || bytes === 0) {
    throw corrupt(file, `has ${size} bytes for ${count} images of ${width} × ${height}`);
  }
  const hash = createHash('sha256');
  for (let at = 0; at < size; at += block) {
    throwIfAborted('idx', work.signal);
    hash.update(await file.read(at, Math.min(size, at + block)));
  }
  return {
    count,
    sha256: hash.digest('hex'),
    async pixels(index) {
      const start = headerBytes.images + index * bytes;
      const grey = await file.read(start, start + bytes);
      const data = new Uint8Array(3 * bytes);
      for (let i = 0, o = 0; i < bytes; i += 1) {
        data[o++] = grey[i]!;
        data[o++] = grey[i]!;
        data[o++] = grey[i]!;
      }
      return { kind: 'pixels', width, height, data };
    },
  };
}

/**
 * The labels of a file.
 *
 * @throws ClError `CORRUPT_FILE` when it is no such file, has another length than its header says, or a label that is
 * not below `classes`.
 */
export async function readIdxLabels(file: TreeFile, classes: number): Promise<Uint8Array> {
  const header = await headerOf(file, 'labels');
  const count = header.getUint32(4);
  const labels = (await file.read()).subarray(headerBytes.labels);
  if (labels.length !== count) {
    throw corrupt(file, `has ${labels.length} labels, and its header says ${count}`);
  }
  const stray = labels.findIndex((label) => label >= classes);
  if (stray >= 0)
    throw corrupt(file, `gives image ${stray} label ${labels[stray]!}, of ${classes}`);
  return labels;
}

async function headerOf(file: TreeFile, kind: keyof typeof magics): Promise<DataView> {
  const bytes = await file.read(0, headerBytes[kind]);
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < headerBytes[kind] || header.getUint32(0) !== magics[kind]) {
    throw corrupt(file, `is no idx file of ${kind}`);
  }
  return header;
}

function corrupt({ name }: TreeFile, found: string): ClError {
  return new ClError('CORRUPT_FILE', `idx: ${name} ${found}. Fetch it again.`);
}
