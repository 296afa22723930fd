/** Zero-shot CLIP: what the backbone knows without being taught. The line that every learner must stay above. */
import {
  assertExperience,
  assertState,
  ClassRegistry,
  ClError,
  defineLearner,
  disposedError,
  throwIfAborted,
  type ClassInfo,
  type Experience,
  type FeatureSource,
  type ImageRef,
  type Learner,
  type LearnerAccount,
  type LearnerPlugin,
  type LearnerState,
  type PredictOptions,
  type Scores,
  type WorkOptions,
} from '@cl/hub';
import { createZeroShot, unitFeatures, type ZeroShot } from '@cl/zero-shot';
import { z } from 'zod';
import { everyScenario, sequential } from './promises.ts';

/** Options of {@link zeroShot}. */
export interface ZeroShotLearnerOptions {
  readonly templates: readonly string[];
}

/** Scores by class names alone; `learn` only notes which classes there are. */
export const zeroShot: LearnerPlugin<ZeroShotLearnerOptions> = defineLearner({
  name: 'zero-shot',
  description: 'Zero-shot CLIP: class names as prompts, nothing is learned.',
  defaults: { templates: [] },
  help: { templates: 'Prompts for all classes, {} is the class; empty: each class’s own.' },
  schema: z.object({ templates: z.array(z.string().includes('{}')).readonly() }),
  needs: ['image-features', 'text-features'],
  scenarios: everyScenario,
  capabilities: () => ({ ...sequential, openVocabulary: true }),
  async create(options, { features }) {
    return new ZeroShotLearner(features, createZeroShot(features, options), [], 0);
  },
  async restore(state, options, { features }) {
    assertState('zero-shot', state);
    const { classes, experiences } = state;
    return new ZeroShotLearner(features, createZeroShot(features, options), classes, experiences);
  },
});

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
