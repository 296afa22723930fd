/** VQ-Prompt: Jiao, Lai, Li, Xu, "Vector Quantization Prompting for Continual Learning", NeurIPS 2024. */
import { defineLearner, type LearnerPlugin } from '@cl/hub';
import type { VqPromptHooks } from './hooks.ts';
import { defaults, help, presets, schema, type VqPromptOptions } from './options.ts';

const name = 'vq-prompt';

/** VQ-Prompt with parts of it replaced by code: a learner plugin as {@link vqPrompt} is, with the same options. */
export function createVqPrompt(hooks: VqPromptHooks = {}): LearnerPlugin<VqPromptOptions> {
  return defineLearner({
    name,
    description:
      'VQ-Prompt (NeurIPS 2024): prompts from small pools, chosen by quantisation and trained through a frozen ViT.',
    defaults,
    help,
    schema,
    presets,
    needs: ['image-features', 'graph'],
    scenarios: ['class-incremental', 'domain-incremental', 'task-incremental', 'x-tail', 'mtil'],
    capabilities: () => ({
      exemplarFree: true,
      mergeable: false,
      unlearn: false,
      deterministic: true,
      openVocabulary: false,
    }),
    async create(options, context) {
      const { createLearner } = await import('./learner.ts');
      return createLearner(name, hooks, options, context);
    },
    async restore(state, options, context) {
      const { restoreLearner } = await import('./learner.ts');
      return restoreLearner(name, state, hooks, options, context);
    },
  });
}

/** VQ-Prompt as published; options choose its variants. */
export const vqPrompt: LearnerPlugin<VqPromptOptions> = createVqPrompt();
