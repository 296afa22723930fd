/**
 * CODA-Prompt (Smith et al., CVPR 2023): a prompt is a weighted sum of components, and every experience brings new ones
 * while old ones stay as they are. With keys K, attentions A and components P of a layer (eq. 3 to 5):
 *
 *   α_m = cos(q ⊙ A_m, K_m),   p = Σ_m α_m P_m.
 */
import type { LearnerPlugin } from '@cl/hub';
import { z } from 'zod';
import { definePromptLearner } from './prompt-learner.ts';
import {
  codaTraining,
  layersShape,
  promptDefaults,
  promptHelp,
  promptShape,
  type PromptOptions,
} from './prompt-options.ts';

/** Options of {@link codaPrompt}. */
export interface CodaPromptOptions extends PromptOptions {
  readonly layers: readonly number[];
  readonly components: number;
  readonly promptLength: number;
  readonly orthogonality: number;
}

/** Components that grow with the experiences. */
export const codaPrompt: LearnerPlugin<CodaPromptOptions> = definePromptLearner(
  {
    name: 'coda-prompt',
    description:
      'CODA-Prompt (CVPR 2023): prompts as attention-weighted sums of growing components.',
    defaults: {
      layers: [0, 1, 2, 3, 4],
      components: 10,
      promptLength: 8,
      orthogonality: 0,
      ...promptDefaults,
    },
    help: {
      layers: 'Attention layers with prompts, from 0.',
      components: 'Components that each experience adds to a layer.',
      promptLength: 'Lp: tokens of a prompt, half of them for keys, half for values.',
      orthogonality:
        'Weight of the mean of (TTᵀ − I)² for the rows T of keys, attentions and components; 0 in the authors’ latest code.',
      ...promptHelp,
    },
    schema: z.object({
      layers: layersShape,
      components: z.int().min(1).max(10_000),
      promptLength: z.int().min(2).max(10_000).multipleOf(2),
      orthogonality: z.number().min(0).max(1e6),
      ...promptShape,
    }),
    presets: {
      paper: {
        help: 'As published for 10 experiences of ImageNet-R: 100 components in all, 8 tokens, 50 epochs.',
        values: { components: 10, promptLength: 8, epochs: 50, ...codaTraining },
      },
    },
  },
  async () => (await import('./coda-prompt-recipe.ts')).recipeOf,
);
