/**
 * L2P, learning to prompt (Wang et al., CVPR 2022), as prefixes in CODA-Prompt's code ("L2P++"): a pool of prompts with
 * keys; an image takes the k prompts whose keys are nearest to its query, and pulls these keys towards it:
 *
 *   L = L_CE + λ Σ_{chosen} (1 − cos(q, k_i)),  here the mean over a batch (eq. 5).
 */
import type { Emitter, Value } from '@cl/autodiff';
import { type LearnerPlugin, type Random } from '@cl/hub';
import type { ImageModel } from '@cl/training';
import { z } from 'zod';
import { definePromptLearner } from './prompt-learner.ts';
import {
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

/** Options of {@link l2p}. */
export interface L2pOptions extends PromptOptions {
  readonly layers: readonly number[];
  readonly poolSize: number;
  readonly promptLength: number;
  readonly topK: number;
  readonly matchWeight: number;
}

const name = 'l2p';

/** One pool for all experiences. */
export const l2p: LearnerPlugin<L2pOptions> = definePromptLearner(
  {
    name,
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
  recipeOf,
);

function recipeOf(model: ImageModel, options: L2pOptions): Recipe {
  const { layers, poolSize, promptLength, matchWeight } = options;
  const shapes: Record<string, readonly number[]> = {};
  for (const layer of layers) {
    shapes[`keys.${layer}`] = [poolSize, model.featureDim];
    shapes[`prompts.${layer}`] = [poolSize, promptLength, promptWidth(name, model, layer)];
  }
  const first = (random: Random) =>
    Object.fromEntries(
      Object.entries(shapes).map(([tensor, dims]) => [tensor, drawn(dims, random.fork(tensor))]),
    );
  return {
    queried: true,
    start: {},
    grow: (tensors, { index }, random) => (index === 0 ? first(random) : tensors),
    graph: (rows, _tensors, lesson) =>
      promptedTower(model, rows, (g, query) => {
        const chosen = layers.map((layer) => {
          const keys = g.input(`keys.${layer}`, 'float32', shapes[`keys.${layer}`]!);
          const pool = g.input(`prompts.${layer}`, 'float32', shapes[`prompts.${layer}`]!);
          return choose(g, cosines(g, query, keys), pool, options);
        });
        const pulls = chosen.map(({ pull }) => pull).reduce((sum, pull) => g.add(sum, pull));
        return {
          prompts: new Map(layers.map((layer, i) => [layer, chosen[i]!.prompt])),
          penalty: lesson === undefined ? undefined : g.mul(pulls, matchWeight),
        };
      }),
    restore: (state) => savedTensors(name, state, shapes),
    keeps: 'a pool of prompts and keys',
  };
}

/** The k prompts of each row, halves for keys and for values side by side, and how far their keys are. */
function choose(
  g: Emitter,
  cosine: Value,
  pool: Value,
  { topK }: L2pOptions,
): { readonly prompt: Value; readonly pull: Value } {
  const rows = cosine.dims[0]!;
  const [entries, length, width] = pool.dims as [number, number, number];
  const k = Math.min(topK, entries);
  const [, indices] = g.nodes(
    'TopK',
    [g.stopGradient(cosine), g.ints([k])],
    [
      { elementType: 'float32', dims: [rows, k] },
      { elementType: 'int64', dims: [rows, k] },
    ],
    { axis: 1n, largest: 1n, sorted: 1n },
  );
  const taken = g.gather(pool, indices!); // [rows, k, Lp, width]
  const half = (from: number): Value =>
    g.reshape(g.slice(taken, 2, from, from + length / 2), [rows, (k * length) / 2, width]);
  const numbers = g.ints(Array.from({ length: entries }, (_, i) => i));
  const marks = g.cast(g.equal(g.reshape(indices!, [rows, k, 1]), numbers), 'float32');
  return {
    prompt: g.concat([half(0), half(length / 2)], 1),
    pull: distance(g, cosine, g.sumOver(marks, [1], 'squeeze')),
  };
}
