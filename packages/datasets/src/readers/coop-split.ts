/** CoOp's split files: `{ "train": [[path, label, class name], …], "val": […], "test": […] }`. */
import { ClError } from '@cl/hub';
import { z } from 'zod';
import type { DatasetDescriptor } from '../catalog/descriptor.ts';
import { readText, type FileTree } from '../tree/tree.ts';
import { classOf, type ListedFile, type Listing } from './assemble.ts';

const rows = z.array(z.tuple([z.string(), z.coerce.number().int().min(0), z.string().min(1)]));
const format = z.object({ train: rows, val: rows, test: rows });

/** How a split file is read. */
export interface CoopSplitRequest {
  /** Its name. */
  readonly split: string;
  /** The folder that its paths begin at; empty: the root. */
  readonly images: string;
  /** Whether the validation images are training images too; CoOp and RAIL leave them out. */
  readonly withValidation: boolean;
  readonly templates: readonly string[];
}

/**
 * Reads a split file.
 *
 * @throws ClError `NOT_FOUND` when it is missing, `CORRUPT_FILE` when it is no such file, or gives a label two names.
 */
export async function readCoopSplit(
  descriptor: DatasetDescriptor,
  tree: FileTree,
  { split, images, withValidation, templates }: CoopSplitRequest,
): Promise<Listing> {
  const { train, val, test } = parse(split, await readText(tree, split));
  const names: string[] = [];
  for (const [path, label, name] of [...train, ...val, ...test]) {
    names[label] ??= name;
    if (names[label] !== name) {
      throw corrupt(split, `calls label ${label} "${names[label]}" and, for ${path}, "${name}"`);
    }
  }
  const gap = Array.from(names).indexOf(undefined as never);
  if (gap >= 0) throw corrupt(split, `has no image of label ${gap}`);
  const classes = names.map((name) => classOf(descriptor, name, name, templates));
  const prefix = images === '' ? '' : `${images}/`;
  const listed = (part: typeof train, of: ListedFile['split']): ListedFile[] =>
    part.map(([path, label]) => ({ name: prefix + path, classId: classes[label]!.id, split: of }));
  return {
    classes,
    images: [
      ...listed(train, 'train'),
      ...(withValidation ? listed(val, 'train') : []),
      ...listed(test, 'test'),
    ],
    folders:
      images === ''
        ? [...new Set(train.concat(test).map(([path]) => path.split('/')[0]!))]
        : [images],
    by: split,
  };
}

function parse(split: string, text: string): z.infer<typeof format> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw corrupt(split, `is no JSON (${(cause as Error).message})`);
  }
  const read = format.safeParse(value);
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0]!;
  throw corrupt(split, `has at ${path.join('.') || 'its root'}: ${message}`);
}

function corrupt(split: string, found: string): ClError {
  return new ClError(
    'CORRUPT_FILE',
    `dataset: ${split} ${found}, expected train, val and test with [path, label, class name] each. Fetch it again.`,
  );
}
