/**
 * Task vectors: δ_t = θ_t − θ₀, masked to δ̂_t = m_t ⊙ δ_t. Kept are the values at the mask's positions; positions that were
 * drawn come from the seed again, and only those that were chosen by importance are kept beside them.
 */
import { ClError } from '@cl/hub';
import { keptPositions, type MaskOwner, type MaskShape } from './mask.ts';

/** What is kept of one parameter. */
export interface SparseParameter {
  /** How many numbers the parameter holds. */
  readonly length: number;
  /** Where the values go, ascending: drawn anew by this mask, or listed. */
  readonly positions: MaskShape | Uint32Array;
  /** One for each position. */
  readonly values: Float32Array;
  /** Importance of each value, for the rule that weighs by it. */
  readonly importance?: Float32Array;
}

/** The masked delta of a task. */
export interface TaskDelta {
  /** Fingerprint of θ₀: deltas from different starting points do not add up to anything. */
  readonly base: string;
  readonly seed: number | string;
  /** Number of the task, which its masks are drawn with. */
  readonly task: number;
  readonly parameters: ReadonlyMap<string, SparseParameter>;
}

/** How survivors are scaled: as they are, or divided by the share q that is kept, so that E[δ̂] = δ (DARE). */
export type Rescale = 'none' | 'inverse-keep';

/** Coordinates of a parameter of a delta and what belongs there. */
export interface DeltaPart {
  /** Ascending. */
  readonly positions: Uint32Array;
  readonly values: Float32Array;
  readonly importance?: Float32Array;
}

/** Everything of one parameter of a delta, positions drawn again where they are not listed. */
export function partOf(delta: TaskDelta, name: string): DeltaPart {
  const parameter = delta.parameters.get(name);
  if (parameter === undefined) throw missing(delta, name);
  const { values, importance } = parameter;
  const positions = positionsOf(delta, name, parameter);
  if (positions.length !== values.length) {
    throw new ClError(
      'SHAPE_MISMATCH',
      `sotu: task ${delta.task} keeps ${values.length} values of "${name}", expected the ${positions.length} that its mask ` +
        'draws. The delta was made with another seed, p or grouping.',
    );
  }
  return { positions, values, ...(importance && { importance }) };
}

/**
 * Masks a delta.
 *
 * @param owner - whose mask.
 * @param dense - θ_t − θ₀ of the parameter.
 * @param positions - the mask, or the positions chosen.
 * @param scale - what survivors are multiplied with.
 */
export function maskDelta(
  owner: MaskOwner,
  dense: Float32Array,
  positions: MaskShape | Uint32Array,
  scale = 1,
): SparseParameter {
  const kept = positions instanceof Uint32Array ? positions : keptPositions(owner, positions);
  const values = new Float32Array(kept.length);
  for (let k = 0; k < kept.length; k++) values[k] = scale * dense[kept[k]!]!;
  return { length: dense.length, positions, values };
}

/** θ_t − θ₀, element by element. */
export function subtract(tuned: Float32Array, base: Float32Array): Float32Array<ArrayBuffer> {
  const delta = new Float32Array(base.length);
  for (let i = 0; i < delta.length; i++) delta[i] = tuned[i]! - base[i]!;
  return delta;
}

/** How many numbers a delta keeps. */
export function keptValues(delta: TaskDelta): number {
  let sum = 0;
  for (const { values } of delta.parameters.values()) sum += values.length;
  return sum;
}

function positionsOf(delta: TaskDelta, name: string, { positions }: SparseParameter): Uint32Array {
  if (positions instanceof Uint32Array) return positions;
  return keptPositions({ seed: delta.seed, task: delta.task, parameter: name }, positions);
}

function missing({ task }: TaskDelta, name: string): ClError {
  return new ClError(
    'SHAPE_MISMATCH',
    `sotu: task ${task} keeps nothing of "${name}", expected its delta. It was made with other trained parameters.`,
  );
}
