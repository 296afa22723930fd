/** Images that a list names as a dataset. */
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { ClError, type Dataset, type WorkOptions } from '@cl/hub';
import { readList } from '../image-folder/lists.ts';
import { openImages } from '../image-folder/open.ts';
import { ownDataset } from '../image-folder/own-dataset.ts';
import { ioError } from '../io-error.ts';
import type { ImageListOptions } from './image-list.ts';

/**
 * Reads the list and finds its images.
 *
 * @throws ClError `NOT_FOUND`, `INVALID_DATA`, `EMPTY_STREAM`, `EMPTY_CLASS`, `CORRUPT_FILE`, `IO_FAILED`, `ABORTED`.
 */
export async function openImageList(
  options: ImageListOptions,
  work: WorkOptions,
): Promise<Dataset> {
  const { list, path, label, split } = options;
  const bytes = await readFile(list).catch((cause: unknown) => {
    throw ioError('image-list', list, cause);
  });
  const root = await openImages(options.root === '' ? dirname(list) : options.root, work);
  const text = new TextDecoder().decode(bytes);
  const images = await readList(root, { file: list, text }, { path, label, split }, work);
  if (images.length === 0) {
    throw new ClError('EMPTY_STREAM', `image-list: ${list} lists no image. Add rows to it.`);
  }
  return ownDataset(basename(list).replace(/\.\w+$/u, ''), list, images, options);
}
