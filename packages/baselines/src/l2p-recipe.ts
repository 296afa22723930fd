/** The prompts of L2P in a tower: see {@link l2p}. */
import type { Emitter, Value } from '@cl/autodiff';
import type { Random } from '@cl/hub';
import type { ImageModel } from '@cl/training';
import type { L2pOptions } from './l2p.ts';
import {
  cosines,
  distance,
  drawn,
  promptedTower,
  promptWidth,
  savedTensors,
} from './prompted-tower.ts';
import type { Recipe } from './tower-method.ts';

/** Prompts of a pool, chosen by their keys. */
export function recipeOf(name: string, model: ImageModel, options: L2pOptions): Recipe {
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
