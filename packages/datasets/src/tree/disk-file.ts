import { stat } from 'node:fs/promises';
import { ioError } from '../io-error.ts';
import { readRange } from './read-range.ts';
import type { TreeFile } from './tree.ts';

/** A file of its own on disk; it is opened when somebody reads it. */
export function diskFile(name: string, path: string): TreeFile {
  const size = async (): Promise<number> => {
    const found = await stat(path).catch((cause: unknown) => {
      throw ioError('dataset', path, cause);
    });
    return found.size;
  };
  return {
    name,
    path,
    size,
    read: async (start = 0, end = Infinity) => readRange(path, start, Math.min(end, await size())),
  };
}
