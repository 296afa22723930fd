/** What is known of a published dataset, apart from how it is read. */
import type { Checksum } from '../fetch/checksum.ts';

/** A file that the authors publish. */
export interface PublishedFile {
  /** Its name, by which a copy on disk is known too. */
  readonly name: string;
  /** Its size, where it is known. */
  readonly bytes?: number;
  readonly checksum: Checksum;
  /** Where it is: the authors' own place first, mirrors after it. */
  readonly urls: readonly string[];
  /** The archive inside this zip that holds the files. */
  readonly inner?: string;
  /** The folder inside the archive that becomes the dataset's root. */
  readonly root?: string;
  /** A file or folder that is in the root once this has been extracted. */
  readonly mark: string;
}

/** A published dataset. */
export interface DatasetDescriptor {
  /** Of the plugin that reads it. */
  readonly name: string;
  readonly title: string;
  /** SPDX expression, or what the authors say. */
  readonly license: string;
  readonly citation: string;
  readonly homepage: string;
  readonly classes: number;
  /** Images of the split that is read by default. */
  readonly train: number;
  readonly test: number;
  /** Bytes on disk when it is in the cache, about. */
  readonly diskBytes: number;
  readonly files: readonly PublishedFile[];
  /** Names under which Python toolboxes keep the root, for instance below CoOp's `$DATA`. */
  readonly folders: readonly string[];
  /** Sentence patterns of its classes. */
  readonly templates: readonly string[];
}

/** Bytes of all files to download, as far as they are known. */
export function downloadBytes({ files }: DatasetDescriptor): number {
  return files.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
}
