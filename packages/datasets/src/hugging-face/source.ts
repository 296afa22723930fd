/** Where the files of a dataset come from: a hub, or a folder. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ClError, type WorkOptions } from '@cl/hub';
import { ioError } from '../io-error.ts';
import { storeFolder } from '../source/options.ts';
import { openFolder } from '../tree/folder-tree.ts';
import { readCard, type DatasetCard } from './card.ts';
import type { HfOptions } from './hf.ts';
import { fetchHubFile, listCommit, type HubRepository } from './hub-files.ts';

/** The files of a repository. */
export interface Source {
  readonly name: string;
  readonly where: string;
  readonly paths: readonly string[];
  readonly card: DatasetCard;
  /** Content hash of a file, where it is known. */
  readonly hashes: ReadonlyMap<string, string>;
  fetch(path: string): Promise<string>;
}

/**
 * Opens the folder that the options name, else the repository on the hub.
 *
 * @throws ClError `INVALID_OPTION` when neither is named, and what the hub or the disk gives.
 */
export async function openSource(options: HfOptions, work: WorkOptions): Promise<Source> {
  const { repo, path } = options;
  if (path !== '') {
    const tree = await openFolder(path);
    const readme = await tree.file('README.md');
    return {
      name: basename(repo === '' ? path : repo),
      where: path,
      paths: (await tree.below('')).map(({ name }) => name),
      card: readme?.path === undefined ? await readCard('') : await readCardAt(readme.path),
      hashes: new Map(),
      fetch: async (name) => join(path, name),
    };
  }
  if (repo === '') {
    throw new ClError(
      'INVALID_OPTION',
      'dataset "hf": option repo is empty, expected owner/name of a dataset. Name one, or a folder as path.',
    );
  }
  const folder = join(storeFolder('hf', options), repo.replaceAll('/', '--'));
  const hub = options.hub.replace(/\/+$/u, '');
  const repository: HubRepository = { ...options, hub, folder };
  const commit = await listCommit(repository, work);
  const files = new Map(commit.files.map((file) => [file.path, file]));
  const fetchFile = async (name: string): Promise<string> =>
    fetchHubFile(repository, commit, files.get(name)!, work);
  const readme = files.has('README.md') ? await fetchFile('README.md') : undefined;
  return {
    name: basename(repo),
    where: `${repo} at ${commit.commit.slice(0, 8)}`,
    paths: [...files.keys()],
    card: readme === undefined ? await readCard('') : await readCardAt(readme),
    hashes: new Map(commit.files.map(({ path: name, checksum }) => [name, checksum.sha256 ?? ''])),
    fetch: fetchFile,
  };
}

async function readCardAt(path: string): Promise<DatasetCard> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw ioError('hf', path, cause);
  });
  return readCard(text);
}
