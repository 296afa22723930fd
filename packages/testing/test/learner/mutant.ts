/** How the learners of these tests are broken. */
import type {
  Experience,
  ImageRef,
  LearnerPlugin,
  LearnerState,
  PredictOptions,
  Scores,
  WorkOptions,
} from '@cl/hub';
import { learnerChecks, syntheticFeatures, type LearnerCheckSettings } from '@cl/testing';
import type { Mutant } from '../broken.ts';
import {
  centroid,
  CentroidLearner,
  type CentroidOptions,
  type CentroidVariant,
} from '../centroid-learner.ts';

/** The plugin that keeps every promise. */
export const sound: LearnerPlugin<CentroidOptions> = centroid();
// One source for all: it remembers what it computed.
const source = syntheticFeatures();
const features = () => source;
/** Its options. */
export const soundSchema: (typeof sound.schema)['~standard'] = sound.schema['~standard'];

/** A centroid learner with something broken, and the check that has to notice. */
export function mutant(
  fault: string,
  caughtBy: string,
  variant: CentroidVariant,
  more: {
    readonly also?: readonly string[];
    readonly vocabulary?: 'open' | 'closed';
    readonly settings?: LearnerCheckSettings;
  } = {},
): Mutant {
  const { also = [], vocabulary = 'closed', settings = {} } = more;
  return {
    fault,
    caughtBy,
    also,
    checks: () => learnerChecks(centroid(variant), { vocabulary }, { features, ...settings }),
  };
}

/** A centroid learner whose scores pass through a function. */
export function scoring(
  change: (scores: Scores, learner: CentroidLearner, images: readonly ImageRef[]) => Scores,
): CentroidVariant {
  return {
    learner: class extends CentroidLearner {
      override async predict(images: readonly ImageRef[], options?: PredictOptions) {
        return change(await super.predict(images, options), this, images);
      }
    },
  };
}

/** A centroid learner whose saved state passes through a function. */
export function keeping(
  change: (state: LearnerState, learned: readonly Experience[]) => LearnerState,
): CentroidVariant {
  return {
    learner: class extends CentroidLearner {
      learned: Experience[] = [];
      override async learn(experience: Experience, options?: WorkOptions) {
        await super.learn(experience, options);
        this.learned.push(experience);
      }
      override async save() {
        return change(await super.save(), this.learned);
      }
    },
  };
}
