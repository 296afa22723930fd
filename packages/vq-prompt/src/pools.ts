/** The pools of prompts and keys: what stage 1 trains. Never modified; training gives others. */
import { stateTensor, type LearnerState, type Random, type Tensor } from '@cl/hub';
import { keysName, promptsName, type PoolSize } from './prompted-model.ts';

/** The pool of one layer. */
export interface Pool {
  readonly layer: number;
  /** P [N, Lp, D]. */
  readonly prompts: Tensor<'float32'>;
  /** K [N, Dq]. */
  readonly keys: Tensor<'float32'>;
}

/** Sizes of the entries of a pool, and of the numbers in new ones. */
export interface EntrySize {
  /** Lp. */
  readonly length: number;
  /** D. */
  readonly width: number;
  /** Dq. */
  readonly queryWidth: number;
  /** Prompts are drawn below it. */
  readonly scale: number;
}

/** N entries: keys uniform in [0, 1), prompts in [0, scale); the authors' code has a scale of 1. */
export function drawPool(layer: number, entries: number, size: EntrySize, random: Random): Pool {
  const draw = (dims: readonly number[], scale: number): Tensor<'float32'> => {
    const length = dims.reduce((product, dim) => product * dim, 1);
    const data = Float32Array.from({ length }, () => scale * random.uniform());
    return { dtype: 'float32', dims, data };
  };
  const prompts = draw([entries, size.length, size.width], size.scale);
  return { layer, prompts, keys: draw([entries, size.queryWidth], 1) };
}

/** N and Lp of each pool. */
export function sizesOf(pools: readonly Pool[]): readonly PoolSize[] {
  return pools.map(({ prompts }) => ({ entries: prompts.dims[0]!, length: prompts.dims[1]! }));
}

/** Pools as tensors by name: parameters of graphs, and part of a saved state. */
export function poolTensors(pools: readonly Pool[]): Map<string, Tensor<'float32'>> {
  return new Map(
    pools.flatMap(({ layer, prompts, keys }): [string, Tensor<'float32'>][] => [
      [promptsName(layer), prompts],
      [keysName(layer), keys],
    ]),
  );
}

/** The pools of some layers out of tensors that hold them by name, as {@link poolTensors} gives them. */
export function poolsFrom(
  layers: readonly number[],
  tensors: Readonly<Record<string, Tensor<'float32'>>>,
): readonly Pool[] {
  return layers.map((layer) => ({
    layer,
    prompts: tensors[promptsName(layer)]!,
    keys: tensors[keysName(layer)]!,
  }));
}

/**
 * The pools of a saved state.
 *
 * @throws ClError `CORRUPT_FILE`.
 */
export function savedPools(
  state: LearnerState,
  layers: readonly number[],
  size: EntrySize,
): readonly Pool[] {
  return layers.map((layer) => {
    const keys = stateTensor(
      'vq-prompt',
      state,
      keysName(layer),
      ['float32'],
      [undefined, size.queryWidth],
    );
    const shape = [keys.dims[0], size.length, size.width];
    return {
      layer,
      keys,
      prompts: stateTensor('vq-prompt', state, promptsName(layer), ['float32'], shape),
    };
  });
}

/** A pool with entries changed and appended: a copy that may be written to while it is made. */
export function resized(pool: Pool, entries: Pool | undefined): Pool {
  if (entries === undefined) return { ...pool, prompts: copy(pool.prompts), keys: copy(pool.keys) };
  return {
    layer: pool.layer,
    prompts: joined(pool.prompts, entries.prompts),
    keys: joined(pool.keys, entries.keys),
  };
}

function copy(tensor: Tensor<'float32'>): Tensor<'float32'> {
  return { ...tensor, data: tensor.data.slice() };
}

function joined(a: Tensor<'float32'>, b: Tensor<'float32'>): Tensor<'float32'> {
  const data = new Float32Array(a.data.length + b.data.length);
  data.set(a.data);
  data.set(b.data, a.data.length);
  return { dtype: 'float32', dims: a.dims.with(0, a.dims[0]! + b.dims[0]!), data };
}
