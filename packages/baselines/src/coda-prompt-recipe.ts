/** The prompts of CODA-Prompt in a tower: see {@link codaPrompt}. */
import type { Emitter, Value } from '@cl/autodiff';
import type { Random, Tensor } from '@cl/hub';
import type { ImageModel } from '@cl/training';
import type { CodaPromptOptions } from './coda-prompt.ts';
import { appended, promptedTower, promptWidth, savedTensors, unitRows } from './prompted-tower.ts';
import type { Recipe } from './tower-method.ts';

/** Components that grow with the experiences. */
export function recipeOf(name: string, model: ImageModel, options: CodaPromptOptions): Recipe {
  const { layers, components, promptLength, orthogonality } = options;
  /** Shapes with so many components. */
  const shapesOf = (count: number): Record<string, readonly number[]> =>
    Object.fromEntries(
      layers.flatMap((layer) => [
        [`keys.${layer}`, [count, model.featureDim]],
        [`attention.${layer}`, [count, model.featureDim]],
        [`prompts.${layer}`, [count, promptLength, promptWidth(name, model, layer)]],
      ]),
    );
  const fresh = shapesOf(components);
  return {
    queried: true,
    start: {},
    grow: (tensors, _lesson, random) =>
      Object.fromEntries(
        Object.entries(fresh).map(([tensor, dims]) => {
          const before = tensors[tensor];
          return [tensor, appended(before, orthonormal(dims, before, random.fork(tensor)))];
        }),
      ),
    graph: (rows, tensors, lesson) =>
      promptedTower(model, rows, (g, query) => {
        const losses: Value[] = [];
        const prompts = layers.map((layer) => {
          const [keys, attention, pool] = ['keys', 'attention', 'prompts'].map((part) => {
            const dims = tensors[`${part}.${layer}`]!.dims;
            const value = g.input(`${part}.${layer}`, 'float32', dims);
            return lesson === undefined ? value : guarded(g, value, dims[0]! - components);
          }) as [Value, Value, Value];
          const [count, length, width] = pool.dims as [number, number, number];
          const flat = g.reshape(pool, [count, length * width]);
          for (const rowsOf of [keys, attention, flat]) losses.push(notOrthogonal(g, rowsOf));
          const prompt = g.matMul(weightsOf(g, query, keys, attention), flat);
          return [layer, g.reshape(prompt, [rows, length, width])] as const;
        });
        const sum = losses.reduce((a, b) => g.add(a, b), g.scalar(0, 'float32'));
        const penalized = lesson !== undefined && orthogonality > 0;
        return {
          prompts: new Map(prompts),
          penalty: penalized ? g.mul(sum, orthogonality) : undefined,
        };
      }),
    restore: (state) => savedTensors(name, state, shapesOf(components * state.experiences)),
    keeps: 'prompt components of each experience',
  };
}

/** α [rows, M]: Σ_d q_d A_md K̂_md over the length of q ⊙ A_m, both as products of matrices. */
function weightsOf(g: Emitter, query: Value, keys: Value, attention: Value): Value {
  const along = g.matMul(query, g.swap(g.mul(attention, unitRows(g, keys))));
  const squares = g.matMul(g.mul(query, query), g.swap(g.mul(attention, attention)));
  return g.div(along, g.sqrt(g.add(squares, 1e-24)));
}

/** The value, with no gradient at its first rows. */
function guarded(g: Emitter, x: Value, still: number): Value {
  if (still === 0) return x;
  const dims = x.dims.map((size, axis) => (axis === 0 ? size : 1));
  const data = Uint8Array.from({ length: dims[0]! }, (_, i) => (i < still ? 0 : 1));
  return g.where(g.constant({ dtype: 'bool', dims, data }, 'free'), x, g.stopGradient(x));
}

/** The mean of (TTᵀ − I)². */
function notOrthogonal(g: Emitter, rows: Value): Value {
  const count = rows.dims[0]!;
  const identity = Float32Array.from({ length: count * count }, (_, i) =>
    i % (count + 1) === 0 ? 1 : 0,
  );
  const one = g.constant({ dtype: 'float32', dims: [count, count], data: identity }, 'identity');
  const error = g.sub(g.matMul(rows, g.swap(rows)), one);
  return g.mul(g.sumAll(g.mul(error, error)), 1 / (count * count));
}

/** Rows of unit length at right angles to each other and to those before, as far as the dimensions reach. */
function orthonormal(
  dims: readonly number[],
  before: Tensor<'float32'> | undefined,
  random: Random,
): Tensor<'float32'> {
  const [count, ...rest] = dims as [number, ...number[]];
  const size = rest.reduce((product, dim) => product * dim, 1);
  const rows: Float64Array[] = [];
  for (let i = 0; i < (before?.dims[0] ?? 0); i += 1) {
    rows.push(unit(Float64Array.from(before!.data.subarray(i * size, (i + 1) * size))));
  }
  const data = new Float32Array(count * size);
  for (let i = 0; i < count; i += 1) {
    const draw = Float64Array.from({ length: size }, () => random.normal());
    const row = unit(rows.length < size ? rows.reduce(without, draw) : draw);
    rows.push(row);
    data.set(row, i * size);
  }
  return { dtype: 'float32', dims, data };
}

/** x less its part along a unit vector. */
function without(x: Float64Array, direction: Float64Array): Float64Array {
  let along = 0;
  for (let d = 0; d < x.length; d += 1) along += x[d]! * direction[d]!;
  return x.map((value, d) => value - along * direction[d]!);
}

function unit(x: Float64Array): Float64Array {
  const length = Math.hypot(...x);
  return x.map((value) => value / length);
}
