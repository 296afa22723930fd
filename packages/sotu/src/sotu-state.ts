/** Everything that a SoTU learner has learned: never modified, replaced as a whole when a task was learned. */
import type { TrainableBackbone } from '@cl/hub';
import type { ImageModel } from '@cl/training';
import type { Classifier } from './classifiers/classifier.ts';
import type { Exemplars } from './exemplars.ts';
import type { Extractor, Weights } from './extractor.ts';
import type { DeltaMerge, MergeOptions } from './merge.ts';
import type { SotuOptions } from './options.ts';
import type { TunedParameter } from './parameters.ts';
import type { TaskRecord } from './records.ts';

/** What a learner is made of and never changes. */
export interface SotuParts {
  readonly options: SotuOptions;
  readonly backbone: TrainableBackbone;
  readonly model: ImageModel;
  readonly parameters: readonly TunedParameter[];
  readonly extractor: Extractor;
  /** θ₀ of the parameters. */
  readonly theta0: Weights;
  /** Everything drawn at random follows from it and the number of a task. */
  readonly seed: number;
}

/** What it has learned. */
export interface SotuState {
  readonly merge: DeltaMerge;
  /** θ₀ + merged deltas. */
  readonly weights: Weights;
  readonly classifier: Classifier;
  readonly records: readonly TaskRecord[];
  readonly exemplars: readonly Exemplars[];
  /** Disjoint masks: the share of each parameter that tasks took so far, also those that were taken out again. */
  readonly taken: ReadonlyMap<string, number>;
}

/** How the deltas of a learner are merged. */
export function mergeOptions({ options, model, parameters }: SotuParts): MergeOptions {
  return {
    rule: options.merge,
    coefficient: options.coefficient,
    keep: options.keep,
    base: model.fingerprint,
    parameters: new Map(parameters.map(({ name, length }) => [name, length])),
  };
}

/** θ₀ + λ · merged delta; θ₀ itself while nothing is merged. */
export function mergedWeights(theta0: Weights, merge: DeltaMerge): Weights {
  if (merge.tasks === 0) return theta0;
  return new Map([...theta0].map(([name, base]) => [name, merge.merged(name, base)]));
}
