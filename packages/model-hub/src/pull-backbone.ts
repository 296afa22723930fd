/**
 * A backbone from a repository. It has no manifest of its own, so every file is compared with what the hub's tree of the commit
 * says: SHA-256 where it is kept with LFS, the hash of its git blob elsewhere.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClError } from '@cl/hub';
import { listFiles, type ListFileEntry } from '@huggingface/hub';
import { pullCommit, type Pulled, type PullOptions, type PullPlace } from './cached-commit.ts';
import { connect } from './connection.ts';
import { differenceOf, fetchFile, type ExpectedFile } from './fetched-file.ts';
import { assertModel, isModelFile } from './model-files.ts';

/** How a backbone is pulled. */
export interface PullBackboneOptions extends PullOptions {
  /** Which of its files; default: configuration, tokenizer, card, and all graphs under `onnx/`. */
  readonly files?: ((path: string) => boolean) | undefined;
}

/** What was pulled, for checking it again: beside the files, and hidden from models. */
const listName = '.pulled.json';

/**
 * Pulls a backbone into the cache, for instance one that `cl export` wrote. The folder appears only when every file is what the
 * hub says of it; a commit that is there already is checked again and not downloaded.
 *
 * @param repository - `org/name`, `org/name@branch`, or `org/name@<commit>`, which never changes.
 * @returns the folder is for `--backbone`, or the option `model` of `clip` and `vit`.
 * @throws ClError as `pullLearner`.
 */
export function pullBackbone(
  repository: string,
  options: PullBackboneOptions = {},
): Promise<Pulled> {
  return pullCommit(repository, options, {
    kind: 'backbone',
    fill: (place) => download(place, options),
    check: recheck,
  });
}

async function download(place: PullPlace, options: PullBackboneOptions): Promise<void> {
  const { where, id, commit, folder } = place;
  const { signal, onProgress, files: wanted = () => true } = options;
  const connection = connect(where, options);
  const repo = { type: 'model', name: id } as const;
  const files: ExpectedFile[] = [];
  for await (const entry of listFiles({ ...connection, repo, revision: commit, recursive: true })) {
    if (entry.type !== 'file' || !isModelFile(entry.path) || !wanted(entry.path)) continue;
    files.push(expectedOf(where, entry));
  }
  assertModel(
    where,
    files.map(({ name }) => name),
  );
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let before = 0;
  for (const file of files) {
    await fetchFile(place, file, connection, {
      signal,
      onProgress: ({ phase, done }) => onProgress?.({ phase, done: before + done, total }),
    });
    before += file.bytes;
  }
  await writeFile(join(folder, listName), `${JSON.stringify(files, undefined, 1)}\n`);
}

function expectedOf(where: string, { path, size, oid, lfs }: ListFileEntry): ExpectedFile {
  if (lfs !== undefined && /^[0-9a-f]{64}$/u.test(lfs.oid)) {
    return { name: path, bytes: lfs.size, digest: { sha256: lfs.oid } };
  }
  if (oid !== undefined && /^[0-9a-f]{40}$/u.test(oid)) {
    return { name: path, bytes: size, digest: { gitBlob: oid } };
  }
  throw new ClError(
    'DOWNLOAD_FAILED',
    `${where}: the hub gives no hash for ${path}, expected one of LFS or git. Without it nothing can be checked.`,
  );
}

/** A disk forgets, and people edit: what is in the cache is compared again. */
async function recheck({ where, folder }: PullPlace): Promise<void> {
  const text = await readFile(join(folder, listName), 'utf8');
  for (const file of JSON.parse(text) as readonly ExpectedFile[]) {
    const difference = await differenceOf(join(folder, file.name), file).catch(
      () => 'cannot be read, expected what was pulled',
    );
    if (difference === undefined) continue;
    throw new ClError(
      'CHECKSUM_MISMATCH',
      `${where}: ${file.name} in ${folder} ${difference}. Remove that folder and pull again.`,
    );
  }
}
