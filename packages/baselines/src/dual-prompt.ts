/**
 * DualPrompt (Wang et al., ECCV 2022) as CODA-Prompt's code runs it: general prompts in some layers, shared by all, and in
 * others an expert prompt for each experience. An experience trains its own expert and pulls that expert's key to its
 * queries; an image of unknown origin takes the expert whose key is nearest:
 *
 *   L = L_CE + λ (1 − cos(q, k_t)),  here the mean over a batch (eq. 8 to 10).
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

/** Options of {@link dualPrompt}. */
export interface DualPromptOptions extends PromptOptions {
  readonly generalLayers: readonly number[];
  readonly generalLength: number;
  readonly expertLayers: readonly number[];
  readonly expertLength: number;
  readonly matchWeight: number;
}

/** General prompts, and an expert for each experience. */
export const dualPrompt: LearnerPlugin<DualPromptOptions> = definePromptLearner(
  {
    name: 'dual-prompt',
    description:
      'DualPrompt (ECCV 2022): general prompts, and an expert prompt for each experience.',
    defaults: {
      generalLayers: [0, 1],
      generalLength: 6,
      expertLayers: [2, 3, 4],
      expertLength: 20,
      matchWeight: 1,
      ...promptDefaults,
    },
    help: {
      generalLayers: 'Attention layers with a general prompt, from 0.',
      generalLength: 'Tokens of a general prompt, half of them for keys, half for values.',
      expertLayers: 'Attention layers with an expert prompt for each experience; other ones.',
      expertLength: 'Tokens of an expert prompt.',
      matchWeight: 'λ: how strongly the key of an expert is pulled to queries.',
      ...promptHelp,
    },
    schema: z
      .object({
        generalLayers: layersShape,
        generalLength: z.int().min(2).max(10_000).multipleOf(2),
        expertLayers: layersShape,
        expertLength: z.int().min(2).max(10_000).multipleOf(2),
        matchWeight: z.number().min(0).max(1e6),
        ...promptShape,
      })
      .refine(
        ({ generalLayers, expertLayers }) => !generalLayers.some((l) => expertLayers.includes(l)),
        {
          path: ['expertLayers'],
          message: 'a layer is general and expert; give each layer one prompt',
        },
      ),
    presets: {
      paper: {
        help: 'The settings of the published comparisons, ImageNet-R: lengths 6 and 20, 50 epochs.',
        values: { generalLength: 6, expertLength: 20, epochs: 50, ...codaTraining },
      },
    },
  },
  async () => (await import('./dual-prompt-recipe.ts')).recipeOf,
);
