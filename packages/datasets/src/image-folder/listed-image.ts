import type { TreeFile } from '../tree/tree.ts';

/** An image with its class as folders or lists name it. */
export interface ListedImage {
  /** Where it really is: no two images have the same. */
  readonly path: string;
  /** Relative to the root, with forward slashes. */
  readonly name: string;
  readonly label: string;
  readonly file: TreeFile;
  /** Where the layout says so. */
  readonly split?: 'train' | 'test';
}
