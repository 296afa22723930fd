/**
 * SoTU, sparse orthogonal task updates: Ning, Ke, Liu, Yao, Tian, Yuan, "Sparse Orthogonal Parameters Tuning for Continual
 * Learning", arXiv 2411.02813. A reconstruction from what its abstract says: README.md lists what is assumed.
 */
import { defineLearner, type LearnerPlugin } from '@cl/hub';
import { canUnlearn, defaults, help, presets, schema, type SotuOptions } from './options.ts';

/** Fine-tunes the backbone for each task, keeps a sparse random part of the difference, and adds these parts up. */
export const sotu: LearnerPlugin<SotuOptions> = defineLearner({
  name: 'sotu',
  description:
    'SoTU (reconstruction): fine-tuning deltas of each task, sparse and nearly orthogonal, added to the backbone.',
  defaults,
  help,
  schema,
  presets,
  needs: ['graph'],
  scenarios: ['class-incremental', 'domain-incremental', 'task-incremental', 'x-tail', 'mtil'],
  capabilities: (options) => ({
    exemplarFree: options.prototypes !== 'exemplars',
    mergeable: false, // masks are drawn by the number of a task, and two learners both begin with 0
    unlearn: canUnlearn(options),
    deterministic: true,
    openVocabulary: false,
  }),
  async create(options, context) {
    const { createSotu } = await import('./create-learner.ts');
    return createSotu(options, context);
  },
  async restore(state, options, context) {
    const { restoreSotu } = await import('./create-learner.ts');
    return restoreSotu(state, options, context);
  },
});
