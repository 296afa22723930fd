/**
 * DualPrompt (Wang et al., ECCV 2022) as CODA-Prompt's code runs it: general prompts in some layers, shared by all, and in
 * others an expert prompt for each experience. An experience trains its own expert and pulls that expert's key to its
 * queries; an image of unknown origin takes the expert whose key is nearest:
 *
 *   L = L_CE + λ (1 − cos(q, k_t)),  here the mean over a batch (eq. 8 to 10).
 */
import { type LearnerPlugin, type LearnerState } from '@cl/hub';
import type { ImageModel } from '@cl/training';
import { z } from 'zod';
import { definePromptLearner } from './prompt-learner.ts';
import {
  appended,
  codaTraining,
  cosines,
  distance,
  drawn,
  layersShape,
  promptDefaults,
  promptedTower,
  promptHelp,
  promptShape,
  promptWidth,
  savedTensors,
  type PromptOptions,
} from './prompted-tower.ts';
import type { Recipe } from './tower-method.ts';
import type { Tensors } from './tower-training.ts';

/** Options of {@link dualPrompt}. */
export interface DualPromptOptions extends PromptOptions {
  readonly generalLayers: readonly number[];
  readonly generalLength: number;
  readonly expertLayers: readonly number[];
  readonly expertLength: number;
  readonly matchWeight: number;
}

const name = 'dual-prompt';

/** General prompts, and an expert for each experience. */
export const dualPrompt: LearnerPlugin<DualPromptOptions> = definePromptLearner(
  {
    name,
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
  recipeOf,
);

function recipeOf(model: ImageModel, options: DualPromptOptions): Recipe {
  const { generalLayers, generalLength, expertLayers, expertLength, matchWeight } = options;
  const width = (layer: number): number => promptWidth(name, model, layer);
  /** Shapes with so many experts. */
  const shapesOf = (experts: number): Record<string, readonly number[]> =>
    Object.fromEntries([
      ...generalLayers.map((layer) => [`general.${layer}`, [1, generalLength, width(layer)]]),
      ...expertLayers.flatMap((layer) => [
        [`keys.${layer}`, [experts, model.featureDim]],
        [`prompts.${layer}`, [experts, expertLength, width(layer)]],
      ]),
    ]) as Record<string, readonly number[]>;
  const one = shapesOf(1);
  return {
    queried: true,
    start: {},
    grow: (tensors, { index }, random): Tensors =>
      Object.fromEntries(
        Object.entries(one).map(([tensor, dims]) => {
          if (index > 0 && tensor.startsWith('general.')) return [tensor, tensors[tensor]!];
          return [tensor, appended(tensors[tensor], drawn(dims, random.fork(tensor)))];
        }),
      ),
    graph: (rows, tensors, lesson) =>
      promptedTower(model, rows, (g, query) => {
        const input = (tensor: string) => g.input(tensor, 'float32', tensors[tensor]!.dims);
        const general = generalLayers.map((layer) => {
          const prompt = input(`general.${layer}`);
          return [layer, g.expand(prompt, prompt.dims.with(0, rows))] as const;
        });
        const experts = expertLayers.map((layer) => {
          const [keys, pool] = [input(`keys.${layer}`), input(`prompts.${layer}`)];
          const cosine = cosines(g, query, keys);
          const last = pool.dims[0]! - 1; // the expert of the lesson
          const prompt =
            lesson === undefined
              ? g.gather(pool, g.argMin(g.neg(cosine), 1))
              : g.expand(g.slice(pool, 0, last, last + 1), pool.dims.with(0, rows));
          const own = g.slice(cosine, 1, last, last + 1);
          return { layer, prompt, pull: distance(g, own, g.scalar(1, 'float32')) };
        });
        const pulls = experts.reduce((sum, { pull }) => g.add(sum, pull), g.scalar(0, 'float32'));
        return {
          prompts: new Map([...general, ...experts.map((e) => [e.layer, e.prompt] as const)]),
          penalty: lesson === undefined ? undefined : g.mul(pulls, matchWeight),
        };
      }),
    restore: (state: LearnerState) => savedTensors(name, state, shapesOf(state.experiences)),
    keeps: 'general prompts, and a prompt and key for each experience',
  };
}
