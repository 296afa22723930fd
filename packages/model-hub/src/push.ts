/** From a folder to a repository: checked before anything is sent, and sent as one commit. */
import { openAsBlob } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ClError } from '@cl/hub';
import { readSavedLearner } from '@cl/hub/node';
import { commitIter, createRepo, HubApiError, type CommitOutput } from '@huggingface/hub';
import { connect, hubError, type Connection, type HubOptions } from './connection.ts';
import { parseRepository } from './repository.ts';

/** How a learner is pushed. */
export interface PushOptions extends HubOptions {
  /** Whether a repository that is made for it is private; default `true`. One that exists stays as it is. */
  readonly private?: boolean | undefined;
  /** First line of the commit. */
  readonly message?: string | undefined;
}

/** Where it went. */
export interface PushedLearner {
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
 * @throws ClError as `readSavedLearner`; `ACCESS_DENIED`, `NOT_FOUND` (no such branch), `UPLOAD_FAILED`, `ABORTED`: the
 * repository is then as it was.
 */
export async function pushLearner(
  folder: string,
  repository: string,
  options: PushOptions = {},
): Promise<PushedLearner> {
  const { id, revision } = parseRepository(repository);
  const where = `push to ${id}`;
  const saved = await readSavedLearner(folder, { signal: options.signal });
  const files = await filesOf(folder);
  const connection = connect(where, options);
  const kept = 'The repository is as it was.';
  try {
    await makeRepository(id, connection, options.private ?? true);
    const title = options.message ?? `${saved.plugin.name}: ${saved.state.classes.length} classes`;
    const done = await send(id, revision, title, files, connection, options);
    return { id, commit: done.commit.oid, url: done.commit.url };
  } catch (error) {
    throw hubError(error, { where, code: 'UPLOAD_FAILED', kept, signal: options.signal });
  }
}

interface PushedFile {
  readonly name: string;
  readonly content: Blob;
}

/** The six files, opened and not read. */
async function filesOf(folder: string): Promise<readonly PushedFile[]> {
  const names = await readdir(folder);
  if (names.includes('.next')) {
    throw new ClError(
      'INVALID_DATA',
      `push: ${folder} was being saved when a process ended, expected a folder at rest. Save the learner once more.`,
    );
  }
  const own = names.filter((name) => !name.startsWith('.')).sort();
  return Promise.all(
    own.map(async (name) => ({ name, content: await openAsBlob(join(folder, name)) })),
  );
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

async function send(
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
      onProgress?.({ phase: 'push', done: total, total });
      if (step.value === undefined) throw new Error('the hub gave no commit');
      return step.value;
    }
    if (step.value.event !== 'fileProgress' || step.value.state !== 'uploading') continue;
    const { path, progress } = step.value;
    const size = files.find(({ name }) => name === path)?.content.size ?? 0;
    sent.set(path, Math.round(progress * size));
    onProgress?.({ phase: 'push', done: [...sent.values()].reduce((a, b) => a + b, 0), total });
  }
}

/** A hub without a token lets `@huggingface/hub` make requests without one, though its types want it. */
function credentials(connection: Connection): Connection & { readonly accessToken: string } {
  return connection as Connection & { readonly accessToken: string };
}
