/** An image with its class as folders or lists name it. */
export interface ListedImage {
  /** Absolute. */
  readonly path: string;
  /** Relative to the root, with forward slashes. */
  readonly name: string;
  readonly label: string;
  /** Where the layout says so. */
  readonly split?: 'train' | 'test';
}
