/** The learner behind zero-shot CLIP: see {@link zeroShot}. */
import {
  assertExperience,
  assertState,
  ClassRegistry,
  ClError,
  disposedError,
  throwIfAborted,
  type ClassInfo,
  type Experience,
  type FeatureSource,
  type ImageRef,
  type Learner,
  type LearnerAccount,
  type LearnerContext,
  type LearnerState,
  type PredictOptions,
  type Scores,
  type WorkOptions,
} from '@cl/hub';
import { createZeroShot, unitFeatures, type ZeroShot } from '@cl/zero-shot';
import type { ZeroShotLearnerOptions } from './zero-shot.ts';

/** A learner that has met no class. */
export function createZeroShotLearner(
  options: ZeroShotLearnerOptions,
  { features }: LearnerContext,
): Learner {
  return new ZeroShotLearner(features, createZeroShot(features, options), [], 0);
}

/**
 * The learner that was saved.
 *
 * @throws ClError `CORRUPT_FILE`.
 */
export function restoreZeroShotLearner(
  state: LearnerState,
  options: ZeroShotLearnerOptions,
  { features }: LearnerContext,
): Learner {
  assertState('zero-shot', state);
  const { classes, experiences } = state;
  return new ZeroShotLearner(features, createZeroShot(features, options), classes, experiences);
}

class ZeroShotLearner implements Learner {
  readonly #features: FeatureSource;
  readonly #zeroShot: ZeroShot;
  #classes: ClassRegistry;
  #experiences: number;
  #disposed = false;

  constructor(
    features: FeatureSource,
    scorer: ZeroShot,
    classes: readonly ClassInfo[],
    experiences: number,
  ) {
    this.#features = features;
    this.#zeroShot = scorer;
    this.#classes = new ClassRegistry(classes);
    this.#experiences = experiences;
  }

  get classes(): readonly ClassInfo[] {
    return [...this.#classes.all];
  }

  get experiences(): number {
    return this.#experiences;
  }

  async learn(experience: Experience, work?: WorkOptions): Promise<void> {
    this.#assertOpen();
    assertExperience('zero-shot', this.#experiences, experience);
    throwIfAborted('zero-shot', work?.signal);
    this.#classes.add(experience.classes);
    this.#experiences += 1;
  }

  async predict(images: readonly ImageRef[], options: PredictOptions = {}): Promise<Scores> {
    this.#assertOpen();
    const classes = [...(options.candidates ?? this.#classes.all)];
    if (classes.length === 0) {
      throw new ClError(
        'NOT_LEARNED',
        'zero-shot: no classes were met and no candidates given, expected one or the other. Pass candidates.',
      );
    }
    const features = await unitFeatures(this.#features, images, options);
    const { data } = await this.#zeroShot.probabilities(features, classes, options);
    return { classes, values: data, sources: images.map(() => 'zero-shot') };
  }

  async save(): Promise<LearnerState> {
    this.#assertOpen();
    return { classes: this.classes, experiences: this.#experiences, values: {}, tensors: {} };
  }

  async describe(): Promise<LearnerAccount> {
    this.#assertOpen();
    return { trainableParameters: 0, keeps: 'the names of classes', insights: [] };
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
  }

  #assertOpen(): void {
    if (this.#disposed) throw disposedError('zero-shot');
  }
}
