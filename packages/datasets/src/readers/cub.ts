/** CUB-200-2011's lists: `images.txt`, `image_class_labels.txt`, `train_test_split.txt`, `classes.txt`. */
import { ClError, type ClassInfo } from '@cl/hub';
import type { DatasetDescriptor } from '../catalog/descriptor.ts';
import { readLines, type FileTree } from '../tree/tree.ts';
import { classOf, type Listing } from './assemble.ts';

/**
 * Reads the lists; each line is an image's or class's number, a blank, and what is said of it.
 *
 * @throws ClError `NOT_FOUND`, `CORRUPT_FILE` when the lists contradict each other.
 */
export async function readCubLists(
  descriptor: DatasetDescriptor,
  tree: FileTree,
  templates: readonly string[],
): Promise<Listing> {
  const classes = new Map<string, ClassInfo>();
  for (const [number, name] of await pairs(tree, 'classes.txt')) {
    // "001.Black_footed_Albatross"
    const bird = name.replace(/^\d+\./u, '');
    classes.set(number, classOf(descriptor, bird, bird, templates));
  }
  const labels = new Map(await pairs(tree, 'image_class_labels.txt'));
  const training = new Map(await pairs(tree, 'train_test_split.txt'));
  const images = (await pairs(tree, 'images.txt')).map(([number, path]) => {
    const info = classes.get(labels.get(number) ?? '');
    const flag = training.get(number);
    if (info === undefined || (flag !== '0' && flag !== '1')) {
      throw corrupt(`image ${number} (${path}) without a class or a split`);
    }
    const split: 'train' | 'test' = flag === '1' ? 'train' : 'test';
    return { name: `images/${path}`, classId: info.id, split };
  });
  return { classes: [...classes.values()], images, folders: ['images'], by: 'images.txt' };
}

async function pairs(
  tree: FileTree,
  list: string,
): Promise<readonly (readonly [string, string])[]> {
  return (await readLines(tree, list)).map((line) => {
    const at = line.indexOf(' ');
    if (at < 0) throw corrupt(`the line "${line}" in ${list}`);
    return [line.slice(0, at), line.slice(at + 1)] as const;
  });
}

function corrupt(found: string): ClError {
  return new ClError(
    'CORRUPT_FILE',
    `cub-200: found ${found}, expected a number and a value on each line, the same numbers in each list. ` +
      'Fetch the archive again.',
  );
}
