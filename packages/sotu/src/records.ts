/** What is remembered of each task for the account and for undoing it: numbers, none of which belongs to a sample. */
import { createHash } from 'node:crypto';
import type { Sample } from '@cl/hub';
import type { TaskDelta } from './delta.ts';
import type { Weights } from './extractor.ts';
import {
  extentsOf,
  overlapsOf,
  squareOf,
  wholeProducts,
  type Extent,
  type Overlap,
} from './orthogonality.ts';
import type { TunedParameter } from './parameters.ts';

/** How a delta lies to an earlier one, by layer. */
export interface Pair {
  /** Number of the earlier task. */
  readonly task: number;
  /** ⟨δₜ, δₛ⟩ of the whole deltas, estimated from what is kept of δₛ; `null` where masks were not drawn at random. */
  readonly whole: readonly number[] | null;
  readonly masked: readonly Overlap[];
}

/** A delta in numbers. */
export interface DeltaRecord {
  /** ‖δ‖² before the mask, by layer. */
  readonly whole: readonly number[];
  readonly masked: readonly Extent[];
  /** Earlier deltas that were kept. */
  readonly pairs: readonly Pair[];
}

/** A task. */
export interface TaskRecord {
  readonly task: number;
  readonly name: string;
  /** SHA-256 over the task's samples: recognises them when they are to be forgotten, and names none. */
  readonly digest: string;
  /** Ids of its classes. */
  readonly classes: readonly string[];
  /** Mean training loss of each epoch; empty when it was not fine-tuned. */
  readonly losses: readonly number[];
  /** Mean of 1 − cos(h, h′) of the task's images, before and after its delta joined; `null` without a delta. */
  readonly drift: number | null;
  readonly delta: DeltaRecord | null;
}

/** A fingerprint of samples in any order. */
export function digestOf(samples: readonly Sample[]): string {
  const keys = samples.map(({ classId, image }) => JSON.stringify([classId, image.id])).sort();
  return createHash('sha256').update(keys.join('\n')).digest('hex');
}

/**
 * A delta in numbers.
 *
 * @param delta - masked.
 * @param whole - before its mask.
 * @param earlier - deltas of earlier tasks, where they are kept.
 * @param parameters - for their layers.
 * @param scale - what survivors of a parameter were multiplied with; `undefined` where masks were not drawn at random.
 */
export function recordDelta(
  delta: TaskDelta,
  whole: Weights,
  earlier: readonly TaskDelta[],
  parameters: readonly TunedParameter[],
  scale: ((task: number, parameter: TunedParameter) => number) | undefined,
): DeltaRecord {
  const layers = new Map(parameters.map(({ name, layer }) => [name, layer]));
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const masked = extentsOf(delta, layers);
  const squares = masked.map(() => 0);
  for (const [name, values] of whole) squares[layers.get(name)!]! += squareOf(values);
  const pairs = earlier.map((other) => ({
    task: other.task,
    whole:
      scale === undefined
        ? null
        : wholeProducts(whole, other, layers, (name) => scale(other.task, byName.get(name)!)),
    masked: overlapsOf(other, delta, layers),
  }));
  return { whole: squares, masked, pairs };
}

/** Mean of 1 − cos between the rows of two matrices [N, D]. */
export function meanDrift(
  before: { readonly rows: number; readonly cols: number; readonly data: Float32Array },
  after: { readonly data: Float32Array },
): number {
  const { rows, cols } = before;
  let sum = 0;
  for (let i = 0; i < rows; i += 1) {
    let [ab, aa, bb] = [0, 0, 0];
    for (let k = i * cols; k < (i + 1) * cols; k += 1) {
      const [a, b] = [before.data[k]!, after.data[k]!];
      ab += a * b;
      aa += a * a;
      bb += b * b;
    }
    sum += 1 - ab / Math.sqrt(aa * bb);
  }
  return sum / rows;
}
