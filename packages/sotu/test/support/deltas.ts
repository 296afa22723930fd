/** Deltas made of numbers. */
import { createRandom } from '@cl/hub';
import { maskDelta, tilesOf, type MaskShape, type TaskDelta } from '@cl/sotu';

/** n numbers from the standard normal distribution. */
export function normals(label: string, n: number): Float32Array {
  const random = createRandom(label);
  return Float32Array.from({ length: n }, () => random.normal());
}

/** A mask over a vector of n numbers. */
export function vectorMask(n: number, keep: number, taken?: number): MaskShape {
  return { tiling: tilesOf([n], 'element'), keep, ...(taken !== undefined && { taken }) };
}

/** The masked delta of a task with one parameter, `w`. */
export function deltaOf(
  task: number,
  dense: Float32Array,
  positions: MaskShape | Uint32Array = vectorMask(dense.length, 1),
  { seed = 1 as number | string, base = 'theta0', scale = 1 } = {},
): TaskDelta {
  const owner = { seed, task, parameter: 'w' };
  return {
    base,
    seed,
    task,
    parameters: new Map([['w', maskDelta(owner, dense, positions, scale)]]),
  };
}
