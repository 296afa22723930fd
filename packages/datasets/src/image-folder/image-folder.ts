/** Images in folders, on disk or in an archive: the class is the folder's name, or what a list says. */
import { ClError, defineDataset, type DatasetPlugin } from '@cl/hub';
import { z } from 'zod';
import { ownDefaults, ownHelp, ownShape, type OwnOptions } from './own-options.ts';

/** Options of {@link imageFolder}. Files are named relative to `root`, and none outside it is read. */
export interface ImageFolderOptions extends OwnOptions {
  /** The folder, or a .zip, .tar, .tar.gz or .tgz of one; has to be given. */
  readonly root: string;
  /** CSV with `path,label[,split]`, or JSON with these keys; empty: the folders are the classes. */
  readonly list: string;
  /** Split file with the test images, one path a line; empty: none. */
  readonly testList: string;
  /** Split file with the training images; empty: all that `testList` leaves. */
  readonly trainList: string;
  /** Sub-folders with the two splits; used when the root holds both. */
  readonly trainFolder: string;
  readonly testFolder: string;
  /** File that gives folders a class name: a JSON object, or lines of folder and name; empty: the folder's own. */
  readonly classNames: string;
}

const schema: z.ZodType<ImageFolderOptions> = z.object({
  root: z.string(),
  list: z.string(),
  testList: z.string(),
  trainList: z.string(),
  trainFolder: z.string(),
  testFolder: z.string(),
  classNames: z.string(),
  ...ownShape,
});

/** A folder of images, one sub-folder a class. */
export const imageFolder: DatasetPlugin<ImageFolderOptions> = defineDataset({
  name: 'image-folder',
  description: 'Your own images: one folder a class, or a list; a folder or an archive.',
  defaults: {
    root: '',
    list: '',
    testList: '',
    trainList: '',
    trainFolder: 'train',
    testFolder: 'test',
    classNames: '',
    ...ownDefaults,
  },
  help: {
    root: 'folder or archive with one sub-folder a class (or train/CLASS and test/CLASS)',
    list: 'CSV or JSON in it with path, label and perhaps split instead of class folders',
    testList: 'file in it that lists the test images, one path a line',
    trainList: 'file in it that lists the training images; empty: all that testList leaves',
    trainFolder: 'sub-folder of the training split, used when both are there; empty: none',
    testFolder: 'sub-folder of the test split, used when both are there; empty: none',
    classNames: 'file in it that names the classes: a JSON object, or lines of folder and name',
    ...ownHelp,
  },
  schema,
  async create(options, work = {}) {
    if (options.root === '') {
      throw new ClError(
        'INVALID_OPTION',
        'dataset "image-folder": option root is empty, expected a folder of images. Name the folder.',
      );
    }
    const { openImageFolder } = await import('./open-image-folder.ts');
    return openImageFolder(options, work);
  },
});
