/** Class folders: the images below a sub-folder of the root belong to the class that the sub-folder names. */
import { ClError, throwIfAborted, type WorkOptions } from '@cl/hub';
import { naturalOrder } from '../natural-order.ts';
import { isImage } from '../tree/tree.ts';
import type { ListedImage } from './listed-image.ts';
import type { Place, Root } from '../tree/root.ts';

const where = 'image-folder';

/** Names of the sub-folders that hold the two splits; both empty: the sub-folders of the root are the classes. */
export interface SplitFolders {
  readonly trainFolder: string;
  readonly testFolder: string;
}

/**
 * The images of all class folders, `split` set when the root holds both split folders.
 *
 * @throws ClError `EMPTY_STREAM` when there is no class folder, `EMPTY_CLASS` naming every class folder without
 * images, `INVALID_DATA` when a link leaves the root, `ABORTED`.
 */
export async function scanClassFolders(
  root: Root,
  split: SplitFolders,
  work: WorkOptions,
): Promise<ListedImage[]> {
  const top = { real: root.real, name: '' };
  const { folders, files } = await root.entries(top);
  const train = folders.find(({ name }) => name === split.trainFolder);
  const test = folders.find(({ name }) => name === split.testFolder);
  const classes: ClassFolder[] = [];
  if (train !== undefined && test !== undefined) {
    for (const place of (await root.entries(train)).folders)
      classes.push({ place, split: 'train' });
    for (const place of (await root.entries(test)).folders) classes.push({ place, split: 'test' });
  } else {
    assertNoOtherSplit(root.real, split, folders);
    for (const place of folders) classes.push({ place });
  }
  if (classes.length === 0) throw noClass(root.real, files);
  classes.sort((a, b) => naturalOrder(a.place.name, b.place.name));

  const listed: ListedImage[] = [];
  const empty: string[] = [];
  for (const [done, { place, split: part }] of classes.entries()) {
    throwIfAborted(where, work.signal);
    work.onProgress?.({ phase: 'list images', done, total: classes.length });
    const images = await imagesBelow(root, place);
    if (images.length === 0) empty.push(place.name);
    const label = place.name.slice(place.name.lastIndexOf('/') + 1);
    for (const image of images) {
      const { real: path, name } = image;
      const listedImage = { path, name, label, file: root.open(image) };
      listed.push(part === undefined ? listedImage : { ...listedImage, split: part });
    }
  }
  work.onProgress?.({ phase: 'list images', done: classes.length, total: classes.length });
  if (empty.length > 0) throw emptyFolders(root.real, empty);
  return listed;
}

interface ClassFolder {
  readonly place: Place;
  readonly split?: 'train' | 'test';
}

/** All images below a folder, in natural order of their names, sub-folders included. */
async function imagesBelow(root: Root, folder: Place): Promise<Place[]> {
  const images: Place[] = [];
  const open = [folder];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { folders, files } = await root.entries(next);
    for (const file of files) if (isImage(file.name)) images.push(file);
    open.push(...folders);
  }
  return images.sort((a, b) => naturalOrder(a.name, b.name));
}

/** `train/` beside `val/` is a split under other names, not two classes. */
function assertNoOtherSplit(root: string, split: SplitFolders, folders: readonly Place[]): void {
  const names = folders.map(({ name }) => name);
  const other = names.find((name) => /^(?:val|valid|validation|dev)$/u.test(name));
  if (split.trainFolder === '' || !names.includes(split.trainFolder) || other === undefined) return;
  throw new ClError(
    'INVALID_DATA',
    `${where}: ${root} holds "${split.trainFolder}" and "${other}" but no "${split.testFolder}", expected both split ` +
      `folders. Set testFolder to "${other}", or trainFolder to "" if these are classes.`,
  );
}

function noClass(root: string, files: readonly Place[]): ClError {
  const loose = files.filter(({ name }) => isImage(name)).length;
  return new ClError(
    'EMPTY_STREAM',
    `${where}: ${root} has no class folder${loose > 0 ? ` (${loose} images lie beside)` : ''}, expected ` +
      'CLASS/IMAGE.jpg. Put the images of each class into a folder of its name, or give a CSV list.',
  );
}

function emptyFolders(root: string, names: readonly string[]): ClError {
  const shown = names.slice(0, 5).map((name) => `"${name}"`);
  return new ClError(
    'EMPTY_CLASS',
    `${where}: ${names.length} of the class folders in ${root} hold no image (${shown.join(', ')}` +
      `${names.length > 5 ? ', …' : ''}), expected at least one each. Fill or remove them.`,
  );
}
