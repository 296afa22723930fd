/** Learners: continual-learning methods. */
import type { BackboneCapability, FeatureSource } from './backbone.ts';
import type { ClassId, ClassInfo } from './classes.ts';
import type { Experience, Sample, ScenarioName } from './experience.ts';
import type { ImageRef } from './image.ts';
import type { TrainableBackbone } from './image-graph.ts';
import type { JsonObject } from './json.ts';
import type { LearnerAccount } from './learner-account.ts';
import { brand, type Plugin, type PluginDefinition } from './plugin.ts';
import type { WorkOptions } from './progress.ts';
import type { Random } from './random.ts';
import type { Tensor } from './tensor.ts';

/** Which part of a learner an answer came from. */
export type PredictionSource = 'adapter' | 'zero-shot' | 'fused';

/** Scores of N images over C classes. */
export interface Scores {
  /** The columns. */
  readonly classes: readonly ClassInfo[];
  /** [N, C], row-major; larger is likelier. Comparable within a row only. */
  readonly values: Float32Array | Float64Array;
  /** Where each row comes from, length N. */
  readonly sources: readonly PredictionSource[];
  /** Rows that belong to none of the classes, where the learner can tell; length N. */
  readonly rejected?: readonly boolean[];
}

/** What `predict` may be told. */
export interface PredictOptions extends WorkOptions {
  /**
   * The classes an answer may name, also ones that were never trained if the learner has an open
   * vocabulary. Default: the classes seen so far.
   */
  readonly candidates?: readonly ClassInfo[];
}

/** What to forget: samples that were learned before, or a whole class. */
export type UnlearnRequest =
  | { readonly kind: 'samples'; readonly samples: readonly Sample[] }
  | { readonly kind: 'class'; readonly classId: ClassId };

/** A learner's whole state as data. Restoring it continues as if there had been no stop, to the bit. */
export interface LearnerState {
  /** Classes in order of first appearance. */
  readonly classes: readonly ClassInfo[];
  /** How many experiences were learned. */
  readonly experiences: number;
  /** Numbers and words of the method's own. */
  readonly values: JsonObject;
  /** Arrays, by name. They may alias the learner's memory: use them before its next call. */
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** A continual learner: sees the experiences of a stream in order, each exactly once. */
export interface Learner {
  /** The classes seen so far, in order of first appearance. */
  readonly classes: readonly ClassInfo[];
  /** How many experiences were learned: the index that `learn` expects next. */
  readonly experiences: number;

  /**
   * Learns one experience. Calls never overlap. It completes or leaves the learner as it was.
   *
   * @throws ClError `OUT_OF_ORDER` when `experience.index` is not the next one, `EMPTY_CLASS` when a
   * class has no sample, `UNKNOWN_CLASS` when a sample names a class that the experience does not
   * list, `NON_FINITE` when features are NaN or infinite, `ABORTED`.
   */
  learn(experience: Experience, options?: WorkOptions): Promise<void>;

  /**
   * Scores images. Pure: repeating a call changes nothing, splitting its batch nothing but rounding.
   *
   * @returns one row an image; columns are `candidates`, or the classes seen so far.
   * @throws ClError `NOT_LEARNED` before the first `learn`, unless the learner's vocabulary is open
   * and candidates are given; `UNKNOWN_CLASS` when a candidate was never seen and the vocabulary is closed.
   */
  predict(images: readonly ImageRef[], options?: PredictOptions): Promise<Scores>;

  /** The state as data. */
  save(): Promise<LearnerState>;

  /**
   * Adds what another learner of the same plugin, options and backbone learned. There with
   * `mergeable`. `other` is not changed.
   *
   * @throws ClError `SHAPE_MISMATCH` or `INVALID_DATA` when the two do not fit.
   */
  merge?(other: Learner): Promise<void>;

  /**
   * Removes data as if it had never been learned. There with `unlearn`.
   *
   * @throws ClError `NOT_SUPPORTED` when the statistics kept do not allow it, saying what would.
   */
  unlearn?(request: UnlearnRequest, options?: WorkOptions): Promise<void>;

  /** What there is to tell of its size, its memory of the past and its inner life. Changes nothing. */
  describe?(options?: WorkOptions): Promise<LearnerAccount>;

  /**
   * The image tower as this learner has changed it: the bytes of an ONNX model with the nodes, inputs and outputs of
   * `LearnerContext.backbone.graph()` and other weights. It runs wherever the original runs. There on learners that
   * train the backbone itself.
   *
   * @throws ClError `NOT_LEARNED` before the first `learn`.
   */
  exportBackbone?(): Promise<Uint8Array>;

  /** Frees native memory; safe to call twice. Other calls then throw `DISPOSED`. */
  dispose(): Promise<void>;
}

/** What a learner promises; conformance checks hold it to that. */
export interface LearnerCapabilities {
  /** Keeps nothing that belongs to a single past sample: neither images nor features. */
  readonly exemplarFree: boolean;
  readonly mergeable: boolean;
  readonly unlearn: boolean;
  /** The same seed gives the same bits. */
  readonly deterministic: boolean;
  /** Scores candidates that were never trained. */
  readonly openVocabulary: boolean;
}

/** What a learner is given. */
export interface LearnerContext {
  readonly features: FeatureSource;
  /** The backbone behind the features, opened for training. There when the plugin needs `graph`. */
  readonly backbone?: TrainableBackbone | undefined;
  readonly random: Random;
}

/** Makes learners. */
export interface LearnerPlugin<O extends object = object> extends Plugin<'learner', O> {
  readonly needs: readonly BackboneCapability[];
  readonly scenarios: readonly ScenarioName[];
  /** The promises under these options. */
  capabilities(options: O): LearnerCapabilities;
  /** A learner that has seen nothing. Options were checked by `resolveOptions`. */
  create(options: O, context: LearnerContext): Promise<Learner>;
  /**
   * The learner that `save` described.
   *
   * @throws ClError `CORRUPT_FILE` when the state lacks something or sizes disagree.
   */
  restore(state: LearnerState, options: O, context: LearnerContext): Promise<Learner>;
}

/** Makes a learner plugin. */
export function defineLearner<O extends object>(
  definition: PluginDefinition<O> &
    Pick<LearnerPlugin<O>, 'needs' | 'scenarios' | 'capabilities' | 'create' | 'restore'>,
): LearnerPlugin<O> {
  return brand('learner', definition);
}
