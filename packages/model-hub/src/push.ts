/** From a folder to a repository: checked before anything is sent, and sent as one commit. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { commitIter, createRepo, HubApiError, type CommitOutput } from '@huggingface/hub';
import type { HubKind } from './cached-commit.ts';
import type { PushedCard } from './card.ts';
import { connect, hubError, type Connection, type HubOptions } from './connection.ts';
import { manifestName } from './pull-learner.ts';
import {
  backboneFiles,
  learnerFiles,
  type PushedContent,
  type PushedFile,
} from './pushed-files.ts';
import { parseRepository } from './repository.ts';

/** How something is pushed. */
export interface PushOptions extends HubOptions, PushedCard {
  /** Whether a repository that is made for it is private; default `true`. One that exists stays as it is. */
  readonly private?: boolean | undefined;
  /** First line of the commit. */
  readonly message?: string | undefined;
}

/** Where it went. */
export interface Pushed {
  readonly id: string;
  /** 40 hexadecimal digits: pull `id@commit` to get exactly this. */
  readonly commit: string;
  readonly url: string;
}

/**
 * Pushes a saved learner, its card included, as one commit. The repository is made when it does not exist.
 *
 * @param folder - what `saveLearner` wrote; read whole and checked before anything is sent.
 * @param repository - `org/name`, or `org/name@branch`.
 * @throws ClError as `readSavedLearner`; `ACCESS_DENIED`, `NOT_FOUND` (no such branch), `UPLOAD_FAILED`, `INVALID_OPTION`,
 * `ABORTED`: the repository is then as it was.
 */
export function pushLearner(
  folder: string,
  repository: string,
  options: PushOptions = {},
): Promise<Pushed> {
  return send(repository, options, () => learnerFiles(folder, options, options.signal));
}

/**
 * Pushes a backbone in Hugging Face layout, for instance what `cl export` wrote, as one commit. Configuration, tokenizer, card,
 * licence and `onnx/` are sent, and nothing else of the folder.
 *
 * @param folder - holds `config.json` and `onnx/*.onnx`.
 * @throws ClError `NOT_FOUND` when it does not; `CORRUPT_FILE` for a Git LFS pointer; else as {@link pushLearner}.
 */
export function pushBackbone(
  folder: string,
  repository: string,
  options: PushOptions = {},
): Promise<Pushed> {
  return send(repository, options, () => backboneFiles(resolve(folder), options));
}

/**
 * Pushes a saved learner or a backbone: a folder with `MANIFEST.json` is a learner.
 *
 * @throws ClError as {@link pushLearner} and {@link pushBackbone}.
 */
export async function push(
  folder: string,
  repository: string,
  options: PushOptions = {},
): Promise<Pushed & { readonly kind: HubKind }> {
  const kind =
    existsSync(join(folder, manifestName)) || !existsSync(join(folder, 'config.json'))
      ? 'learner'
      : 'backbone';
  const pushed = await (kind === 'learner' ? pushLearner : pushBackbone)(
    folder,
    repository,
    options,
  );
  return { kind, ...pushed };
}

async function send(
  repository: string,
  options: PushOptions,
  contents: () => Promise<PushedContent>,
): Promise<Pushed> {
  const { id, revision } = parseRepository(repository);
  const where = `push to ${id}`;
  const { title, files } = await contents();
  const connection = connect(where, options);
  const kept = 'The repository is as it was.';
  try {
    await makeRepository(id, connection, options.private ?? true);
    const done = await commit(id, revision, options.message ?? title, files, connection, options);
    return { id, commit: done.commit.oid, url: done.commit.url };
  } catch (error) {
    throw hubError(error, { where, code: 'UPLOAD_FAILED', kept, signal: options.signal });
  }
}

async function makeRepository(id: string, connection: Connection, hidden: boolean): Promise<void> {
  try {
    await createRepo({
      ...credentials(connection),
      repo: { type: 'model', name: id },
      visibility: hidden ? 'private' : 'public',
    });
  } catch (error) {
    if (!(error instanceof HubApiError) || error.statusCode !== 409) throw error; // 409: it is there
  }
}

async function commit(
  id: string,
  branch: string,
  title: string,
  files: readonly PushedFile[],
  connection: Connection,
  { signal, onProgress }: HubOptions,
): Promise<CommitOutput> {
  const total = files.reduce((sum, { content }) => sum + content.size, 0);
  const sent = new Map<string, number>();
  const steps = commitIter({
    ...credentials(connection),
    repo: { type: 'model', name: id },
    branch,
    title,
    operations: files.map(({ name, content }) => ({
      operation: 'addOrUpdate',
      path: name,
      content,
    })),
    ...(signal && { abortSignal: signal }),
  });
  for (;;) {
    const step = await steps.next();
    if (step.done === true) {
      onProgress?.({ phase: 'upload', done: total, total });
      if (step.value === undefined) throw new Error('the hub gave no commit');
      return step.value;
    }
    if (step.value.event !== 'fileProgress' || step.value.state !== 'uploading') continue;
    const { path, progress } = step.value;
    const size = files.find(({ name }) => name === path)?.content.size ?? 0;
    sent.set(path, Math.round(progress * size));
    onProgress?.({ phase: 'upload', done: [...sent.values()].reduce((a, b) => a + b, 0), total });
  }
}

/** A hub without a token lets `@huggingface/hub` make requests without one, though its types want it. */
function credentials(connection: Connection): Connection & { readonly accessToken: string } {
  return connection as Connection & { readonly accessToken: string };
}
