/** Content hashes of images: what feature caches are keyed by. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ImageRef } from '@cl/hub';
import { loadImage } from './decode.ts';
import { unreadable } from './unreadable.ts';

/** Bytes hashed between two turns of the event loop: about 2 ms. */
const slice = 4 << 20;

/**
 * The hash that stands for an image: `ref.hash` when given, else the SHA-256 of the encoded bytes, or, for
 * decoded pixels, of `"pixels <width>x<height>\n"` and the pixels. So the same picture stored in two formats has
 * two hashes, and a renamed file keeps its own.
 *
 * @returns lower-case hex, 64 characters (`ref.hash` is passed on as it is).
 * @throws ClError `UNREADABLE_IMAGE` when the file or lazy source cannot be read.
 */
export async function hashImage(ref: ImageRef): Promise<string> {
  if (ref.hash !== undefined) return ref.hash;
  const source = await loadImage(ref);
  const hash = createHash('sha256');
  if (source.kind === 'file') {
    try {
      for await (const chunk of createReadStream(source.path, { highWaterMark: 1 << 18 })) {
        hash.update(chunk as Buffer);
      }
    } catch (cause) {
      throw unreadable(ref, cause);
    }
  } else if (source.kind === 'encoded') {
    await update(hash, source.bytes);
  } else {
    hash.update(`pixels ${source.width}x${source.height}\n`);
    await update(hash, source.data);
  }
  return hash.digest('hex');
}

/**
 * {@link hashImage} as 64 lower-case hex digits whatever a reference calls its hash: a key that is a file name too.
 *
 * @throws ClError `UNREADABLE_IMAGE` as {@link hashImage}.
 */
export async function imageKey(ref: ImageRef): Promise<string> {
  const hash = await hashImage(ref);
  if (/^[0-9a-f]{64}$/u.test(hash)) return hash;
  return createHash('sha256').update(`image ${hash}`).digest('hex');
}

async function update(hash: Hash, bytes: Uint8Array): Promise<void> {
  for (let start = 0; start < bytes.length; start += slice) {
    if (start > 0) await nextTurn();
    hash.update(bytes.subarray(start, start + slice));
  }
}
