/** A folder on disk as a tree of files. Links are followed inside the folder and refused where they leave it. */
import { naturalOrder } from '../natural-order.ts';
import { openRoot, type Place, type Root } from './root.ts';
import { isHidden, type FileTree, type TreeFile } from './tree.ts';

/**
 * Opens a folder.
 *
 * @throws ClError `NOT_FOUND` when it does not exist or is no folder, `IO_FAILED`; using the tree throws `INVALID_DATA`
 * when a path or link leaves it.
 */
export async function openFolder(path: string): Promise<FileTree> {
  const root = await openRoot(path);
  return {
    where: path,
    async file(name) {
      if (name.split('/').some(isHidden)) return undefined;
      const place = await root.file(name);
      return place && root.open(place);
    },
    async below(folder) {
      const top = await folderAt(root, folder);
      return top === undefined ? [] : filesBelow(root, top);
    },
  };
}

async function folderAt(root: Root, name: string): Promise<Place | undefined> {
  let place: Place | undefined = { real: root.real, name: '' };
  for (const part of name.split('/').filter((one) => one !== '')) {
    const { folders } = await root.entries(place);
    place = folders.find((folder) => folder.name.split('/').at(-1) === part);
    if (place === undefined) return undefined;
  }
  return place;
}

async function filesBelow(root: Root, top: Place): Promise<readonly TreeFile[]> {
  const places: Place[] = [];
  const open = [top];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { folders, files } = await root.entries(next);
    places.push(...files);
    open.push(...folders);
  }
  places.sort((a, b) => naturalOrder(a.name, b.name));
  return places.map((place) => root.open(place));
}
