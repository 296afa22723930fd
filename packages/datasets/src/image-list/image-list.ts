/** Images that a list names: a CSV, a JSON array or JSON lines beside them, or anywhere else. */
import { ClError, defineDataset, type DatasetPlugin } from '@cl/hub';
import { z } from 'zod';
import { ownDefaults, ownHelp, ownShape, type OwnOptions } from '../image-folder/own-options.ts';

/** Options of {@link imageList}. */
export interface ImageListOptions extends OwnOptions {
  /** The list; has to be given. `.jsonl` and `.ndjson` are JSON lines, `.json` is an array of objects, others are CSV. */
  readonly list: string;
  /** Folder or archive that the paths begin at; empty: the list's folder. None outside it is read. */
  readonly root: string;
  /** Columns or keys of the path, the label and the split; rows without a split are divided by `testFraction`. */
  readonly path: string;
  readonly label: string;
  readonly split: string;
}

/** Images named by a list; `path=file_name` reads the metadata files of Hugging Face image folders. */
export const imageList: DatasetPlugin<ImageListOptions> = defineDataset({
  name: 'image-list',
  description: 'Your own images, named by a CSV, JSON or JSONL file with paths and labels.',
  defaults: { list: '', root: '', path: 'path', label: 'label', split: 'split', ...ownDefaults },
  help: {
    list: 'the list: .csv, .json or .jsonl with a path and a label each',
    root: 'folder or archive that the paths begin at; empty: the list’s folder',
    path: 'column of the path',
    label: 'column of the label',
    split: 'column of the split, train or test; need not be there',
    ...ownHelp,
  },
  schema: z.object({
    list: z.string(),
    root: z.string(),
    path: z.string().min(1),
    label: z.string().min(1),
    split: z.string().min(1),
    ...ownShape,
  }),
  async create(options, work = {}) {
    if (options.list === '') {
      throw new ClError(
        'INVALID_OPTION',
        'dataset "image-list": option list is empty, expected a CSV, JSON or JSONL file. Name the file.',
      );
    }
    const { openImageList } = await import('./open-image-list.ts');
    return openImageList(options, work);
  },
});
