/** Tiny ImageNet's layout: `wnids.txt`, `words.txt`, `train/WNID/images/`, and `val/` with `val_annotations.txt`. */
import { ClError } from '@cl/hub';
import type { DatasetDescriptor } from '../catalog/descriptor.ts';
import { isImage, readLines, type FileTree } from '../tree/tree.ts';
import { classOf, type ListedFile, type Listing } from './assemble.ts';

/**
 * Reads the layout; the 10,000 validation images are the test images, for those of `test/` have no published labels.
 *
 * @throws ClError `NOT_FOUND`, `CORRUPT_FILE` when an annotation names no class.
 */
export async function readTinyImagenet(
  descriptor: DatasetDescriptor,
  tree: FileTree,
  templates: readonly string[],
): Promise<Listing> {
  const words = new Map(
    (await readLines(tree, 'words.txt')).map((line) => {
      const [wnid = '', names = ''] = line.split('\t');
      return [wnid, names.split(',')[0]!.trim()] as const; // the first of its synonyms
    }),
  );
  const classes = (await readLines(tree, 'wnids.txt')).map((wnid) =>
    classOf(descriptor, wnid, words.get(wnid) ?? wnid, templates),
  );
  const ids = new Map(classes.map(({ id }) => [id.slice(id.lastIndexOf('/') + 1), id]));
  const images: ListedFile[] = [];
  for (const { name } of await tree.below('train')) {
    const classId = ids.get(name.split('/')[1]!);
    if (classId !== undefined && isImage(name)) images.push({ name, classId, split: 'train' });
  }
  for (const line of await readLines(tree, 'val/val_annotations.txt')) {
    const [image = '', wnid = ''] = line.split('\t');
    const classId = ids.get(wnid);
    if (classId === undefined) {
      throw new ClError(
        'CORRUPT_FILE',
        `tiny-imagenet: val_annotations.txt gives ${image} the class "${wnid}", which wnids.txt does not list. Fetch ` +
          'the archive again.',
      );
    }
    images.push({ name: `val/images/${image}`, classId, split: 'test' });
  }
  return { classes, images, folders: ['train', 'val/images'], by: 'val_annotations.txt' };
}
