/** One file as a tree, expanded in memory when it is a .gz. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ioError } from '../io-error.ts';
import { corrupt } from './archive-entries.ts';
import { diskFile } from './disk-file.ts';
import type { FileTree, TreeFile } from './tree.ts';

/** A .gz is expanded in memory up to this size; MNIST's largest has 47 MB. */
const gzipLimit = 1 << 28;

/** A tree of one file, called as it is; nothing is read yet. */
export function singleFile(path: string): FileTree {
  return treeOf(path, diskFile(basename(path), path));
}

/** A tree of the file that a .gz holds, called as that without `.gz`; expanded by the first who reads it, and kept. */
export function singleGzip(path: string): FileTree {
  let content: Promise<Uint8Array> | undefined;
  const whole = (): Promise<Uint8Array> => {
    content ??= expand(path).catch((error: unknown) => {
      content = undefined; // a file put right afterwards can be read
      throw error;
    });
    return content;
  };
  return treeOf(path, {
    name: basename(path).replace(/\.gz$/iu, ''),
    size: async () => (await whole()).length,
    read: async (start = 0, end = Infinity) => (await whole()).subarray(start, end),
  });
}

async function expand(path: string): Promise<Uint8Array> {
  const packed = await readFile(path).catch((cause: unknown) => {
    throw ioError('dataset', path, cause);
  });
  try {
    return await promisify(gunzip)(packed, { maxOutputLength: gzipLimit });
  } catch (cause) {
    throw corrupt(path, `is no whole gzip, or holds more than ${gzipLimit} bytes`, cause);
  }
}

function treeOf(where: string, file: TreeFile): FileTree {
  return {
    where,
    file: async (name) => (name === file.name ? file : undefined),
    below: async (folder) => (folder === '' ? [file] : []),
  };
}
