/**
 * Models in files: needs Node's file system; all else is in `@cl/onnx`.
 *
 * @packageDocumentation
 */
import { ClError } from '@cl/hub';
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readExternalData, type ExternalRange } from './external-data.ts';
import { readModel, type Model } from './model.ts';

/**
 * Reads a model file, and the files beside it that hold its weights.
 *
 * @throws ClError `NOT_FOUND` when the file, or one that it names, does not exist; `IO_FAILED` when it cannot be read.
 * @throws ClError as `readModel` and `readExternalData` do.
 */
export async function readModelFile(path: string): Promise<Model> {
  const model = readModel(await guarded(path, () => readFile(path)));
  const files = new Map<string, FileHandle>();
  try {
    return await readExternalData(model, async (range) => {
      const file = join(dirname(path), range.location);
      return guarded(file, async () => {
        const handle = files.get(file) ?? (await open(file));
        files.set(file, handle);
        return readRange(handle, range);
      });
    });
  } finally {
    for (const handle of files.values()) await handle.close();
  }
}

async function readRange(file: FileHandle, { offset, length }: ExternalRange): Promise<Uint8Array> {
  const { size } = await file.stat();
  const wanted = length ?? Math.max(0, size - offset);
  const bytes = new Uint8Array(Math.min(wanted, Math.max(0, size - offset)));
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

async function guarded<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new ClError(
      missing ? 'NOT_FOUND' : 'IO_FAILED',
      `readModelFile: ${path} ${missing ? 'does not exist' : 'cannot be read'}, expected a model and the files that it ` +
        'names beside it. Check the path, or fetch the missing file.',
      { cause },
    );
  }
}
