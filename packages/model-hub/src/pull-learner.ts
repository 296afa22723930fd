/** A saved learner from a repository: everything in it is compared with its own manifest. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseManifest, readSavedLearner } from '@cl/hub/node';
import { pullCommit, type Pulled, type PullOptions, type PullPlace } from './cached-commit.ts';
import { connect } from './connection.ts';
import { assertNoPointer, fetchBounded, fetchFile } from './fetched-file.ts';

/** The file that names the others of a saved learner, with sizes and hashes. */
export const manifestName = 'MANIFEST.json';

/** More than any manifest needs. */
const manifestLimit = 2 ** 20;

/**
 * Pulls a saved learner into the cache. Every file is compared with the size and SHA-256 of its manifest, and the folder
 * appears only when all of them fit; a commit that is there already is checked again and not downloaded.
 *
 * @param repository - `org/name`, `org/name@branch`, or `org/name@<commit>`, which never changes.
 * @returns the folder is for `loadLearner`.
 * @throws ClError `ACCESS_DENIED`, `NOT_FOUND`, `DOWNLOAD_FAILED`, `CHECKSUM_MISMATCH` (the file is kept aside, and named),
 * `CORRUPT_FILE` (a Git LFS pointer in a file's place too), `IO_FAILED`, `ABORTED`.
 */
export function pullLearner(repository: string, options: PullOptions = {}): Promise<Pulled> {
  return pullCommit(repository, options, {
    kind: 'learner',
    fill: (place) => download(place, options),
    check: async ({ folder }) => {
      await readSavedLearner(folder, { signal: options.signal });
    },
  });
}

async function download(place: PullPlace, options: PullOptions): Promise<void> {
  const { where, folder } = place;
  const { signal, onProgress } = options;
  const connection = connect(where, options);
  await fetchBounded(place, manifestName, manifestLimit, connection, { signal });
  const bytes = new Uint8Array(await readFile(join(folder, manifestName)));
  assertNoPointer(where, manifestName, bytes);
  const digests = parseManifest(`${where}: ${manifestName}`, bytes);
  const total = [...digests.values()].reduce((sum, digest) => sum + digest.bytes, 0);
  let before = 0;
  for (const [name, { bytes: size, sha256 }] of digests) {
    await fetchFile(place, { name, bytes: size, digest: { sha256 } }, connection, {
      signal,
      onProgress: ({ phase, done }) => onProgress?.({ phase, done: before + done, total }),
    });
    before += size;
  }
}
