/**
 * L2P, learning to prompt (Wang et al., CVPR 2022), as prefixes in CODA-Prompt's code ("L2P++"): a pool of prompts with
 * keys; an image takes the k prompts whose keys are nearest to its query, and pulls these keys towards it:
 *
 *   L = L_CE + λ Σ_{chosen} (1 − cos(q, k_i)),  here the mean over a batch (eq. 5).
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

/** Options of {@link l2p}. */
export interface L2pOptions extends PromptOptions {
  readonly layers: readonly number[];
  readonly poolSize: number;
  readonly promptLength: number;
  readonly topK: number;
  readonly matchWeight: number;
}

/** One pool for all experiences. */
export const l2p: LearnerPlugin<L2pOptions> = definePromptLearner(
  {
    name: 'l2p',
    description: 'L2P (CVPR 2022) as prefixes: the prompts of a pool whose keys are nearest.',
    defaults: {
      layers: [0],
      poolSize: 10,
      promptLength: 8,
      topK: 5,
      matchWeight: 1,
      ...promptDefaults,
    },
    help: {
      layers: 'Attention layers with a pool, from 0.',
      poolSize: 'N: prompts in the pool of a layer.',
      promptLength: 'Lp: tokens of a prompt, half of them for keys, half for values.',
      topK: 'k: prompts that an image takes.',
      matchWeight: 'λ: how strongly chosen keys are pulled to queries.',
      ...promptHelp,
    },
    schema: z.object({
      layers: layersShape,
      poolSize: z.int().min(1).max(100_000),
      promptLength: z.int().min(2).max(10_000).multipleOf(2),
      topK: z.int().min(1).max(1000),
      matchWeight: z.number().min(0).max(1e6),
      ...promptShape,
    }),
    presets: {
      paper: {
        help: 'L2P++ of the published comparisons, ImageNet-R: layer 0, 30 prompts of 20 tokens, 50 epochs.',
        values: { layers: [0], poolSize: 30, promptLength: 20, epochs: 50, ...codaTraining },
      },
      deep: {
        help: 'Deep L2P++: the same in layers 0 to 4.',
        values: {
          layers: [0, 1, 2, 3, 4],
          poolSize: 30,
          promptLength: 20,
          epochs: 50,
          ...codaTraining,
        },
      },
    },
  },
  async () => (await import('./l2p-recipe.ts')).recipeOf,
);
