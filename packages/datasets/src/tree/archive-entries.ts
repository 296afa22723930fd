/** What archives have in common: a list of entries, checked once, becomes a tree. */
import { ClError } from '@cl/hub';
import { naturalOrder } from '../natural-order.ts';
import { isHidden, type FileTree, type TreeFile } from './tree.ts';

/**
 * Makes a tree of the files of an archive; hidden ones are left out.
 *
 * @throws ClError `CORRUPT_FILE` when a file is there twice or its path leaves the archive (`..`, absolute, a drive).
 */
export function treeOfEntries(where: string, entries: readonly TreeFile[]): FileTree {
  const files = new Map<string, TreeFile>();
  for (const entry of entries) {
    const name = safeName(where, entry.name);
    if (name === undefined) continue;
    if (files.has(name)) throw corrupt(where, `holds ${name} twice`);
    files.set(name, name === entry.name ? entry : { ...entry, name });
  }
  const sorted = [...files.values()].sort((a, b) => naturalOrder(a.name, b.name));
  return {
    where,
    file: async (name) => files.get(name),
    below: async (folder) =>
      folder === '' ? sorted : sorted.filter(({ name }) => name.startsWith(`${folder}/`)),
  };
}

/** The name from the root, or `undefined` when it is hidden. */
function safeName(where: string, raw: string): string | undefined {
  const parts = raw.split('/').filter((part) => part !== '' && part !== '.');
  if (/^[/\\]|^[a-z]:|[\\\0]/iu.test(raw) || parts.includes('..') || parts.length === 0) {
    throw corrupt(where, `holds the path ${JSON.stringify(raw)}, which leaves the archive`);
  }
  return parts.some(isHidden) ? undefined : parts.join('/');
}

/** The error about an archive that contradicts itself. */
export function corrupt(archive: string, found: string, cause?: unknown): ClError {
  return new ClError('CORRUPT_FILE', `archive: ${archive} ${found}. Fetch it again.`, { cause });
}
