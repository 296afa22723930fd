/**
 * Models in files: needs Node's file system; all else is in `@cl/onnx`.
 *
 * @packageDocumentation
 */
import { ClError, isClError } from '@cl/hub';
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readExternalData, type ExternalRange } from './external-data.ts';
import { readModel, type Model } from './model.ts';
import { outlineOf } from './outline.ts';

/** What is read of a file at once: most fields of a model are small. */
const windowBytes = 64 << 10;

/**
 * Reads a model file, and the files beside it that hold its weights.
 *
 * @throws ClError `NOT_FOUND` when the file, or one that it names, does not exist; `IO_FAILED` when it cannot be read.
 * @throws ClError as `readModel` and `readExternalData` do.
 */
export async function readModelFile(path: string): Promise<Model> {
  const model = readModel(await guarded('readModelFile', path, () => readFile(path)));
  const files = new Map<string, FileHandle>();
  try {
    return await readExternalData(model, async (range) => {
      const file = join(dirname(path), range.location);
      return guarded('readModelFile', file, async () => {
        const handle = files.get(file) ?? (await open(file));
        files.set(file, handle);
        return readRange(handle, range);
      });
    });
  } finally {
    for (const handle of files.values()) await handle.close();
  }
}

/**
 * Reads a model file but for its large weights, which become external data that lies in the file itself. It takes
 * milliseconds and hardly memory, however large the file is. `rewriteModel` rewrites such a model; to run what
 * `writeModel` makes of it, tell onnxruntime the folder of the file (`session.model_external_initializers_file_folder_path`).
 *
 * @throws ClError `NOT_FOUND` when the file does not exist; `IO_FAILED` when it cannot be read.
 * @throws ClError as `readModel` does.
 */
export async function readModelOutline(path: string): Promise<Model> {
  return guarded('readModelOutline', path, async () => {
    const handle = await open(path);
    try {
      const { size } = await handle.stat();
      let window = { start: 0, bytes: new Uint8Array(0) };
      const read = async (offset: number, length: number): Promise<Uint8Array> => {
        const { start, bytes } = window;
        const from = offset - start;
        if (from >= 0 && from + length <= bytes.length) return bytes.subarray(from, from + length);
        const wanted = { location: path, offset, length: Math.max(length, windowBytes) };
        window = { start: offset, bytes: await readRange(handle, wanted) };
        return window.bytes.subarray(0, length);
      };
      return readModel(await outlineOf({ location: basename(path), size, read }));
    } finally {
      await handle.close();
    }
  });
}

async function readRange(
  file: FileHandle,
  { offset, length }: ExternalRange,
): Promise<Uint8Array<ArrayBuffer>> {
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

async function guarded<T>(where: string, path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (isClError(cause)) throw cause;
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new ClError(
      missing ? 'NOT_FOUND' : 'IO_FAILED',
      `${where}: ${path} ${missing ? 'does not exist' : 'cannot be read'}, expected a model and the files that it ` +
        'names beside it. Check the path, or fetch the missing file.',
      { cause },
    );
  }
}
