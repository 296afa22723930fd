/**
 * Prompts inside a frozen image tower: what L2P, DualPrompt and CODA-Prompt share. All three read prefixes for the
 * attentions of some layers out of what they learned, by a query: the feature of the image without prompts. As in
 * CODA-Prompt's code, which the published comparisons of the three come from, the first half of a prompt goes before the
 * keys and the second before the values.
 */
import { Emitter, type Value } from '@cl/autodiff';
import { ClError, stateTensor, type LearnerState, type Random, type Tensor } from '@cl/hub';
import { attentionSites, type OnnxGraph } from '@cl/onnx';
import { attachPrefixes, type ImageModel } from '@cl/training';
import { penaltyName, type Tensors } from './tower-training.ts';

/** Prompts for a batch. */
export interface WrittenPrompts {
  /** By layer: [rows, tokens, width]. */
  readonly prompts: ReadonlyMap<number, Value>;
  /** A loss beside cross-entropy: a scalar. */
  readonly penalty?: Value | undefined;
}

/** The tower with prompts: inputs `pixels`, `query` [rows, D] and what `write` adds; outputs `features`, maybe a penalty. */
export function promptedTower(
  model: ImageModel,
  rows: number,
  write: (g: Emitter, query: Value) => WrittenPrompts,
): OnnxGraph {
  const graph = model.graph(rows);
  const sites = attentionSites(graph);
  const g = new Emitter(graph);
  const query = g.input('query', 'float32', [rows, model.featureDim]);
  const { prompts, penalty } = write(g, query);
  const outputs = ['features', ...(penalty === undefined ? [] : [g.rename(penalty, penaltyName)])];
  const extended = g.build([...outputs, ...prompts.values()]);
  const places = [...prompts].map(([layer, { name }]) => ({ layer, prompt: name }));
  return attachPrefixes(extended, sites, places);
}

/**
 * The width of prompts for a layer: heads times the width of one.
 *
 * @throws ClError `INVALID_OPTION` for a layer that the model does not have.
 */
export function promptWidth(where: string, model: ImageModel, layer: number): number {
  const sites = attentionSites(model.graph(2));
  const site = sites[layer];
  if (site !== undefined) return site.heads * site.headDim;
  throw new ClError(
    'INVALID_OPTION',
    `${where}: the options name attention layer ${layer}, expected one of the ${sites.length} of the model, from 0. ` +
      'Choose among its layers.',
  );
}

/** cos(q, k) for all queries and keys, [rows, N]. */
export function cosines(g: Emitter, query: Value, keys: Value): Value {
  return g.matMul(unitRows(g, query), g.swap(unitRows(g, keys)));
}

/** Rows divided by their length; none is zero to the last bit. */
export function unitRows(g: Emitter, x: Value): Value {
  return g.div(x, g.sqrt(g.add(g.sumOver(g.mul(x, x), [1]), 1e-24)));
}

/** The mean over a batch of the sum of 1 − cos over the columns that `chosen` [rows, N] marks with 1. */
export function distance(g: Emitter, cosine: Value, chosen: Value): Value {
  return g.mul(g.sumAll(g.mul(chosen, g.sub(1, cosine))), 1 / cosine.dims[0]!);
}

/** Numbers uniform in [0, 1), as the authors' code draws prompts and keys. */
export function drawn(dims: readonly number[], random: Random): Tensor<'float32'> {
  const length = dims.reduce((product, size) => product * size, 1);
  return { dtype: 'float32', dims, data: Float32Array.from({ length }, () => random.uniform()) };
}

/** A tensor with the rows of another behind its own. */
export function appended(
  before: Tensor<'float32'> | undefined,
  more: Tensor<'float32'>,
): Tensor<'float32'> {
  if (before === undefined) return more;
  const data = new Float32Array(before.data.length + more.data.length);
  data.set(before.data);
  data.set(more.data, before.data.length);
  return { dtype: 'float32', dims: more.dims.with(0, before.dims[0]! + more.dims[0]!), data };
}

/**
 * Tensors of a saved state with these shapes.
 *
 * @throws ClError `CORRUPT_FILE`.
 */
export function savedTensors(
  where: string,
  state: LearnerState,
  shapes: Readonly<Record<string, readonly number[]>>,
): Tensors {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, dims]) => [
      name,
      stateTensor(where, state, name, ['float32'], dims),
    ]),
  );
}
