/** The prompts of DualPrompt in a tower: see {@link dualPrompt}. */
import type { LearnerState } from '@cl/hub';
import type { ImageModel } from '@cl/training';
import type { DualPromptOptions } from './dual-prompt.ts';
import {
  appended,
  cosines,
  distance,
  drawn,
  promptedTower,
  promptWidth,
  savedTensors,
} from './prompted-tower.ts';
import type { Recipe } from './tower-method.ts';
import type { Tensors } from './tower-training.ts';

/** General prompts, and an expert for each experience. */
export function recipeOf(name: string, model: ImageModel, options: DualPromptOptions): Recipe {
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
