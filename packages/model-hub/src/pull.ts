/** Whatever a repository holds: a saved learner or a backbone. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles } from '@huggingface/hub';
import {
  cachedCommit,
  notCached,
  rootOf,
  type HubKind,
  type Pulled,
  type PullOptions,
} from './cached-commit.ts';
import { connect, hubError } from './connection.ts';
import { pullBackbone } from './pull-backbone.ts';
import { manifestName, pullLearner } from './pull-learner.ts';
import { isCommit, parseRepository } from './repository.ts';

/** What was pulled, and which of the two it is. */
export interface PulledKind extends Pulled {
  readonly kind: HubKind;
}

/**
 * Pulls a saved learner or a backbone into the cache: a repository with `MANIFEST.json` holds a learner.
 *
 * @throws ClError as `pullLearner`.
 */
export async function pull(repository: string, options: PullOptions = {}): Promise<PulledKind> {
  const kind = await kindOf(repository, options);
  const pulled = await (kind === 'learner' ? pullLearner : pullBackbone)(repository, options);
  return { kind, ...pulled };
}

async function kindOf(repository: string, options: PullOptions): Promise<HubKind> {
  const { id, revision } = parseRepository(repository);
  const where = `pull ${id}@${revision}`;
  const roots = (['learner', 'backbone'] as const).map((kind) => {
    return { kind, root: rootOf(kind, id, options) };
  });
  if (options.offline === true || isCommit(revision)) {
    for (const { kind, root } of roots) {
      const commit = await cachedCommit(root, revision);
      if (commit !== undefined && existsSync(join(root, commit))) return kind;
    }
    if (options.offline === true) throw notCached(where, roots[0]!.root);
  }
  const repo = { type: 'model', name: id } as const;
  try {
    for await (const { path } of listFiles({ ...connect(where, options), repo, revision })) {
      if (path === manifestName) return 'learner';
    }
    return 'backbone';
  } catch (error) {
    const kept = 'What was pulled before is unchanged.';
    throw hubError(error, { where, code: 'DOWNLOAD_FAILED', kept, signal: options.signal });
  }
}
