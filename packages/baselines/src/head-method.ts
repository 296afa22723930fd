/** Methods that train a linear head on frozen features; they differ in what they do against forgetting. */
import {
  assertState,
  createRandom,
  stateSeed,
  type FeatureSource,
  type ImageRef,
  type LearnerAccount,
  type LearnerContext,
  type LearnerState,
  type Lesson,
  type Matrix,
  type Random,
  type Tensor,
  type WorkOptions,
} from '@cl/hub';
import {
  ClosedLearner,
  emptyHead,
  growHead,
  headLogits,
  restoreHead,
  type LinearHead,
  type Method,
} from '@cl/training';
import type { FeatureScale } from './feature-scale.ts';
import { featuresOf } from './features.ts';
import type { HeadTraining } from './head-options.ts';
import { trainHead, type HeadLesson, type LabelledRows } from './head-training.ts';

/** Options of every method with a head. */
export interface HeadOptions extends HeadTraining {
  readonly features: FeatureScale;
}

/** What is done against forgetting, after some lessons. A value: a lesson gives another one. */
export interface Remembering {
  /** What to train on, from which head and with which loss; the head has columns for all classes. */
  prepare(fresh: LabelledRows, head: LinearHead, lesson: Lesson): HeadLesson;
  /** What to keep of a lesson, once the head was trained on it. */
  after(
    fresh: LabelledRows,
    head: LinearHead,
    lesson: Lesson,
    work: WorkOptions,
  ): Promise<Remembering>;
  /** Tensors to save. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** What is kept of past data beside the head, in words. */
  readonly keeps: string;
}

/** What a {@link HeadMethod} is made of. */
interface HeadParts {
  readonly name: string;
  readonly source: FeatureSource;
  readonly options: HeadOptions;
  readonly seed: number;
  readonly head: LinearHead;
  readonly remembering: Remembering;
}

/** Trains the head on each experience. */
class HeadMethod implements Method {
  readonly #parts: HeadParts;

  constructor(parts: HeadParts) {
    this.#parts = parts;
  }

  async learn(lesson: Lesson, work: WorkOptions): Promise<Method> {
    const { options, seed, head, remembering } = this.#parts;
    const fresh = { features: await this.#features(lesson.images, work), labels: lesson.labels };
    const random = chanceOf(seed, lesson);
    const wide = growHead(head, lesson.classes, random.fork('head'));
    const prepared = remembering.prepare(fresh, wide, lesson);
    const trained = await trainHead(prepared, options, random, work);
    const after = await remembering.after(fresh, trained, lesson, work);
    return new HeadMethod({ ...this.#parts, head: trained, remembering: after });
  }

  async scores(images: readonly ImageRef[], work: WorkOptions): Promise<Matrix> {
    return headLogits(await this.#features(images, work), this.#parts.head, work);
  }

  save(): Pick<LearnerState, 'values' | 'tensors'> {
    const { seed, head, remembering } = this.#parts;
    return { values: { seed }, tensors: { ...head, ...remembering.tensors } };
  }

  describe(): LearnerAccount {
    const { head, remembering } = this.#parts;
    const trainableParameters = head['head.weight'].data.length + head['head.bias'].data.length;
    return { trainableParameters, keeps: remembering.keeps, insights: [] };
  }

  async #features(images: readonly ImageRef[], work: WorkOptions): Promise<Matrix<Float32Array>> {
    const { source, options } = this.#parts;
    return featuresOf(source, images, options.features, work);
  }
}

/**
 * A learner with a head: one that has seen nothing, or the one that was saved. `rememberingOf` gives what it does against
 * forgetting, from its head and its seed.
 *
 * @throws ClError `CORRUPT_FILE`.
 */
export function headLearner(
  name: string,
  options: HeadOptions,
  { features: source, random }: LearnerContext,
  rememberingOf: (head: LinearHead, seed: number) => Remembering,
  state?: LearnerState,
): ClosedLearner {
  if (state !== undefined) assertState(name, state);
  const { seed, head } =
    state === undefined
      ? { seed: headSeed(random), head: emptyHead(source.featureDim) }
      : savedHead(name, state, source);
  const remembering = rememberingOf(head, seed);
  const method = new HeadMethod({ name, source, options, seed, head, remembering });
  return new ClosedLearner(name, method, state);
}

/** The seed of a learner: the same for every method with a head, so that from one seed they train alike. */
function headSeed(random: Random): number {
  return random.fork('head').uint32();
}

/** The chance of a lesson: the same whatever came before it. */
function chanceOf(seed: number, { index }: Pick<Lesson, 'index'>): Random {
  return createRandom(seed).fork(`experience-${index}`);
}

/**
 * The seed and the head of a saved state.
 *
 * @throws ClError `CORRUPT_FILE`.
 */
function savedHead(
  name: string,
  state: LearnerState,
  source: FeatureSource,
): Pick<HeadParts, 'seed' | 'head'> {
  return { seed: stateSeed(name, state), head: restoreHead(name, state, source.featureDim) };
}
