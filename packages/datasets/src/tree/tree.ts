/** Files by name, wherever they lie: in a folder, in a zip, in a tar, or in several of them laid over each other. */
import { basename } from 'node:path';
import { ClError, type ImageSource } from '@cl/hub';
import { decodeBmp } from '../bmp.ts';

/** A file of a tree. */
export interface TreeFile {
  /** Relative to the tree's root, with forward slashes. */
  readonly name: string;
  /** Where it is, when it is a file of its own on disk. */
  readonly path?: string;
  /** Its size in bytes. */
  size(): Promise<number>;
  /**
   * Bytes `start` to `end` (not included, at most the size); all of them by default.
   *
   * @throws ClError `CORRUPT_FILE` when the archive contradicts itself or ends early, `NOT_FOUND`, `IO_FAILED`.
   */
  read(start?: number, end?: number): Promise<Uint8Array>;
}

/** A read-only view of files. Nothing outside it can be named: no `..`, no absolute path, no link that leaves it. */
export interface FileTree {
  /** The folder or archive, for messages. */
  readonly where: string;
  /** The file of this name, or `undefined`. */
  file(name: string): Promise<TreeFile | undefined>;
  /**
   * All files below a folder, by name (from the root) in natural order; the empty name is the root. Hidden files and
   * folders, and macOS's `__MACOSX`, are left out.
   */
  below(folder: string): Promise<readonly TreeFile[]>;
}

/** Whether a file is called as an image is. */
export function isImage(name: string): boolean {
  return /\.(?:jpe?g|png|webp|avif|gif|tiff?|bmp)$/iu.test(name);
}

/** Whether a part of a path is hidden, so that nobody sees what is at or below it. */
export function isHidden(part: string): boolean {
  return part.startsWith('.') || part === '__MACOSX';
}

/** The image that a file holds; a bitmap is decoded here, for libvips cannot. */
export function imageSource(file: TreeFile): ImageSource {
  const { path, name } = file;
  if (/\.bmp$/iu.test(name))
    return { kind: 'lazy', load: async () => decodeBmp(await file.read()) };
  if (path !== undefined) return { kind: 'file', path };
  return { kind: 'lazy', load: async () => ({ kind: 'encoded', bytes: await file.read() }) };
}

/** Text files of a dataset are below this size. */
const textLimit = 64 << 20;

/**
 * The text of a file that must be there.
 *
 * @throws ClError `NOT_FOUND` naming the file and the place, `CORRUPT_FILE` when it is larger than 64 MiB.
 */
export async function readText(tree: FileTree, name: string): Promise<string> {
  const file = await tree.file(name);
  if (file === undefined) {
    throw new ClError(
      'NOT_FOUND',
      `dataset: ${tree.where} holds no ${name}. Add the file, name the folder that holds it, ` +
        'or leave the option path empty to have it downloaded.',
    );
  }
  const bytes = await file.size();
  if (bytes > textLimit) {
    throw new ClError(
      'CORRUPT_FILE',
      `dataset: ${name} in ${tree.where} has ${bytes} bytes, expected at most ${textLimit}. Fetch it again.`,
    );
  }
  return new TextDecoder().decode(await file.read()).replace(/^\uFEFF/u, '');
}

/** The lines of a text file that must be there, trimmed, without empty ones. */
export async function readLines(tree: FileTree, name: string): Promise<readonly string[]> {
  const text = await readText(tree, name);
  return text
    .split(/\r?\n/u)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** A tree that begins at a folder of another one. */
export function subTree(tree: FileTree, folder: string): FileTree {
  const prefix = `${folder}/`;
  const inside = (file: TreeFile): TreeFile => ({ ...file, name: file.name.slice(prefix.length) });
  return {
    where: `${tree.where}/${folder}`,
    async file(name) {
      const file = await tree.file(prefix + name);
      return file && inside(file);
    },
    below: async (name) => (await tree.below(name === '' ? folder : prefix + name)).map(inside),
  };
}

/** Several trees as one; of files with the same name the first tree's is taken. */
export function joinTrees(trees: readonly FileTree[]): FileTree {
  if (trees.length === 1) return trees[0]!;
  return {
    where: trees.map(({ where }) => basename(where)).join(' + '),
    async file(name) {
      for (const tree of trees) {
        const file = await tree.file(name);
        if (file !== undefined) return file;
      }
      return undefined;
    },
    async below(folder) {
      const files = new Map<string, TreeFile>();
      for (const tree of trees) {
        for (const file of await tree.below(folder)) {
          if (!files.has(file.name)) files.set(file.name, file);
        }
      }
      return [...files.values()];
    },
  };
}
