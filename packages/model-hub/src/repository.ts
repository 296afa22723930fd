/** Names of repositories: `org/name`, with a revision after `@`, with `hf://` in front or without. */
import { ClError } from '@cl/hub';

/** A repository at a revision. */
export interface Repository {
  /** `org/name`. */
  readonly id: string;
  /** A branch, a tag, or a commit of 40 hexadecimal digits. */
  readonly revision: string;
}

/**
 * Reads the name of a repository.
 *
 * @throws ClError `INVALID_OPTION` when it is none; nothing that could lead out of a folder passes.
 */
export function parseRepository(text: string): Repository {
  const [id = '', revision = 'main', ...more] = text.replace(/^hf:\/\//u, '').split('@');
  const part = '[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_-])?';
  const isName = new RegExp(`^${part}/${part}$`, 'u').test(id) && !id.includes('..');
  const isRevision = /^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,120}[A-Za-z0-9_-])?$/u.test(revision);
  if (isName && isRevision && !revision.includes('..') && more.length === 0)
    return { id, revision };
  throw new ClError(
    'INVALID_OPTION',
    `model hub: repository is ${JSON.stringify(text)}, expected org/name or org/name@revision. ` +
      'Write me/my-learner, or me/my-learner@v1.',
  );
}

/** Whether a revision names one commit for ever. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/u.test(revision);
}
