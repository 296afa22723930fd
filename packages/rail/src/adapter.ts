/** What the learner trains: a closed-form regression from image features to classes. */
import { ClError, type Matrix, type Tensor, type WorkOptions } from '@cl/hub';
import type { LabelledFeatures } from './feature-memory.ts';

/** An adapter's state: see `LearnerState`. */
export interface AdapterState {
  readonly blocks: readonly number[];
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** A regression that learns block by block and equals the one on all data at once. */
export interface Adapter {
  /** How many samples each class column has. */
  readonly counts: readonly number[];
  /** The samples kept, row by row in the order they came; `undefined` when only sums are kept. */
  readonly kept: LabelledFeatures | undefined;

  /**
   * Learns samples, whose labels are below `classes`; completes or changes nothing.
   *
   * @throws ClError `NOT_POSITIVE_DEFINITE` when the ridge is too small for the element type; `ABORTED`.
   */
  add(samples: LabelledFeatures, classes: number, work?: WorkOptions): Promise<void>;

  /**
   * s(x) for each class.
   *
   * @param features - [N, d]; not modified.
   * @returns [N, counts.length] in the solver's element type.
   */
  scores(features: Matrix, work?: WorkOptions): Promise<Matrix>;

  /**
   * Removes samples that were learned. `rows` are their places in `kept` and suffice where there is one; sums need
   * the samples themselves. Completes or changes nothing.
   */
  remove(rows: ReadonlySet<number>, samples?: LabelledFeatures, work?: WorkOptions): Promise<void>;

  /** Gives each class column a new place; −1 drops one that has no sample left. */
  moveColumns(columns: readonly number[], classes: number): void;

  /**
   * Adds what another adapter of the same kind and options learned; its column c is `columns[c]` here.
   *
   * @throws ClError `INVALID_DATA` when it is of another kind.
   */
  merge(other: Adapter, columns: readonly number[], classes: number): Promise<void>;

  /** The state as data; may alias memory. */
  save(): AdapterState;
}

/** How many of `classes` labels there are of each. */
export function countLabels(labels: Int32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]! += 1;
  return counts;
}

/** The error of a merge of two kinds. */
export function notAlike(expected: string): ClError {
  return new ClError(
    'INVALID_DATA',
    `merge: found another kind of adapter, expected a ${expected}. Merge what has one form and one set of options.`,
  );
}
