/** An archive as the root of an image folder. */
import { posix } from 'node:path';
import { ClError } from '@cl/hub';
import { isImage, type FileTree, type TreeFile } from '../tree/tree.ts';
import type { Place, Root } from '../tree/root.ts';

/** What lies directly in a folder of an archive. */
interface Level {
  readonly folders: Map<string, Place>;
  readonly files: Place[];
}

/**
 * Makes a root of an archive. When everything lies in one outer folder, as most archivers have it, that is the root.
 *
 * @param real - the archive's absolute path.
 */
export async function archiveRoot(real: string, tree: FileTree): Promise<Root> {
  const all = await tree.below('');
  const outer = outerFolder(all);
  const files = new Map<string, TreeFile>();
  const levels = new Map<string, Level>([['', { folders: new Map(), files: [] }]]);
  const placeOf = (name: string): Place => ({ real: `${real}!/${outer}${name}`, name });
  const levelOf = (folder: string): Level => {
    const known = levels.get(folder);
    if (known !== undefined) return known;
    const level: Level = { folders: new Map(), files: [] };
    levels.set(folder, level);
    levelOf(parentOf(folder)).folders.set(folder, placeOf(folder));
    return level;
  };
  for (const file of all) {
    const name = file.name.slice(outer.length);
    files.set(name, { ...file, name });
    levelOf(parentOf(name)).files.push(placeOf(name));
  }
  return {
    real,
    async entries(folder) {
      const level = levels.get(folder.name);
      return { folders: [...(level?.folders.values() ?? [])], files: level?.files ?? [] };
    },
    async file(path) {
      const name = posix.normalize(path.replaceAll('\\', '/')).replace(/^\.\//u, '');
      if (name.startsWith('/') || name === '..' || name.startsWith('../'))
        throw outside(path, real);
      return files.has(name) ? placeOf(name) : undefined;
    },
    open: ({ name }) => files.get(name)!,
  };
}

function parentOf(name: string): string {
  const at = name.lastIndexOf('/');
  return at < 0 ? '' : name.slice(0, at);
}

/** `photos/` when all files are below it and no image directly in it, else nothing. */
function outerFolder(files: readonly TreeFile[]): string {
  const first = files[0]?.name.split('/')[0] ?? '';
  const prefix = `${first}/`;
  const alone = files.every(
    ({ name }) =>
      name.startsWith(prefix) && (name.slice(prefix.length).includes('/') || !isImage(name)),
  );
  return alone && files.length > 0 ? prefix : '';
}

function outside(path: string, archive: string): ClError {
  return new ClError(
    'INVALID_DATA',
    `image-folder: "${path}" leads out of ${archive}, expected files inside it. Mend the list.`,
  );
}
