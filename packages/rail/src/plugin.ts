/**
 * RAIL, Regression-based Analytic Incremental Learning: Xu, Chen, Nie, Wang, Zhuang, Okumura, "Advancing Cross-domain
 * Discriminability in Continual Learning of Vision-Language Models", NeurIPS 2024.
 */
import { defineLearner, type LearnerPlugin } from '@cl/hub';
import { defaults, help, presets, schema, type RailOptions } from './options.ts';

/** Closed-form ridge regression on CLIP features, fused with zero-shot; equals joint training whatever the order. */
export const rail: LearnerPlugin<RailOptions> = defineLearner({
  name: 'rail',
  description:
    'RAIL (NeurIPS 2024): ridge regression on CLIP features in closed form, fused with zero-shot; never forgets.',
  defaults,
  help,
  schema,
  presets,
  needs: ['image-features', 'text-features'],
  scenarios: ['class-incremental', 'domain-incremental', 'task-incremental', 'x-tail', 'mtil'],
  capabilities: ({ form, memory }) => ({
    exemplarFree: form === 'primal' && memory === 'statistics',
    mergeable: true,
    unlearn: true,
    deterministic: true,
    openVocabulary: true,
  }),
  async create(options, context) {
    const { createRail } = await import('./create-learner.ts');
    return createRail(options, context);
  },
  async restore(state, options, context) {
    const { restoreRail } = await import('./create-learner.ts');
    return restoreRail(state, options, context);
  },
});
