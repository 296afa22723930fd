/** From a whole delta to a masked one, as the options want it. */
import { ClError } from '@cl/hub';
import type { ParameterStore } from '@cl/autodiff';
import { maskDelta, subtract, type SparseParameter, type TaskDelta } from './delta.ts';
import type { Weights } from './extractor.ts';
import { tilesOf } from './groups.ts';
import { topPositions } from './importance.ts';
import { keptPositions, type MaskShape } from './mask.ts';
import type { SotuOptions } from './options.ts';
import type { TunedParameter } from './parameters.ts';

/** Masks of one task. */
export interface Masking {
  readonly options: SotuOptions;
  readonly parameters: readonly TunedParameter[];
  readonly base: string;
  readonly seed: number;
  readonly task: number;
  /** Masks of earlier tasks, for disjoint ones: how much of each parameter they took. */
  readonly taken: ReadonlyMap<string, number>;
}

/** q = 1 − p of a parameter, at some point of the fine-tuning. */
export function keepRate(
  { options, parameters, task }: Masking,
  { name, layer }: TunedParameter,
  progress: number,
): number {
  const { p, pLast, pAlong } = options;
  const layers = parameters.reduce((most, parameter) => Math.max(most, parameter.layer), 0) + 1;
  if (typeof p === 'function') {
    const chosen = p({ task, layer, layers, progress });
    if (chosen >= 0 && chosen <= 1) return 1 - chosen;
    throw new ClError(
      'INVALID_OPTION',
      `sotu: option p gives ${chosen} for "${name}" in block ${layer} of task ${task}, expected a number from 0 (keep all) ` +
        'to 1 (keep nothing). Correct the function.',
    );
  }
  const along = { none: 0, layers: layers > 1 ? layer / (layers - 1) : 0, progress }[pAlong];
  return 1 - (p + (pLast - p) * along);
}

/** The drawn mask of a parameter. */
function maskShape(masking: Masking, parameter: TunedParameter, progress = 1): MaskShape {
  const { group, blockSize, mask } = masking.options;
  const { dims, heads, name } = parameter;
  return {
    tiling: tilesOf(dims, group, { blockSize, heads }),
    keep: keepRate(masking, parameter, progress),
    ...(mask === 'disjoint' && { taken: masking.taken.get(name) ?? 0 }),
  };
}

/** What survivors of a parameter are multiplied with. */
export function survivorScale({ options }: Masking, keep: number): number {
  return options.rescale === 'inverse-keep' && keep > 0 ? 1 / keep : 1;
}

/** Importances that are asked for: by the mask, by the merge rule. */
export interface TaskImportance {
  readonly forMask?: Weights | undefined;
  readonly forMerge?: Weights | undefined;
}

/**
 * The masked delta of a task.
 *
 * @param masking - options, parameters, seed and task.
 * @param whole - δ_t.
 * @param importance - by which masks by importance choose, and which goes along for the merge rule that weighs by it.
 */
export function maskTask(masking: Masking, whole: Weights, importance: TaskImportance): TaskDelta {
  const { base, seed, task } = masking;
  const sparse = masking.parameters.map((parameter): [string, SparseParameter] => {
    const { name } = parameter;
    const owner = { seed, task, parameter: name };
    const shape = maskShape(masking, parameter);
    const chosen = importance.forMask?.get(name);
    const positions = chosen === undefined ? shape : topPositions(chosen, shape.keep);
    const kept = maskDelta(owner, whole.get(name)!, positions, survivorScale(masking, shape.keep));
    const weights = importance.forMerge?.get(name);
    if (weights === undefined) return [name, kept];
    const at = positions instanceof Uint32Array ? positions : keptPositions(owner, positions);
    return [name, { ...kept, importance: Float32Array.from(at, (i) => weights[i]!) }];
  });
  return { base, seed, task, parameters: new Map(sparse) };
}

/** During fine-tuning: puts every coordinate that the mask of this moment drops back to where it started. */
export function projectOnMask(
  masking: Masking,
  start: Weights,
  store: ParameterStore,
  progress: number,
): void {
  const { seed, task } = masking;
  for (const parameter of masking.parameters) {
    const { name } = parameter;
    const shape = maskShape(masking, parameter, progress);
    const values = store.view(name);
    const from = start.get(name)!;
    const moved = subtract(values, from);
    values.set(from);
    for (const i of keptPositions({ seed, task, parameter: name }, shape)) values[i]! += moved[i]!;
  }
}
