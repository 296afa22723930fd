/** Learners broken in how they take bad input and aborts. */
import type { Experience, ImageRef, PredictOptions, WorkOptions } from '@cl/hub';
import type { Mutant } from '../broken.ts';
import { CentroidLearner } from '../centroid-learner.ts';
import { mutant } from './mutant.ts';

export const faultMutants: readonly Mutant[] = [
  mutant(
    'takes experiences in any order',
    'refuses an experience out of order and stays as it was',
    {
      learner: class extends CentroidLearner {
        override assertFits(experience: Experience) {
          super.assertFits({ ...experience, index: this.experiences });
        }
      },
    },
  ),
  mutant('takes a class without samples', 'refuses a class without samples and stays as it was', {
    learner: class extends CentroidLearner {
      override assertFits(experience: Experience) {
        const used = new Set(experience.train.map(({ classId }) => classId));
        const classes = experience.classes.filter(({ id }) => used.has(id));
        super.assertFits({ ...experience, classes });
      }
    },
  }),
  mutant('refuses too late', 'refuses a class without samples and stays as it was', {
    learner: class extends CentroidLearner {
      override async learn(experience: Experience, options?: WorkOptions) {
        const used = new Set(experience.train.map(({ classId }) => classId));
        if (experience.classes.some(({ id }) => !used.has(id))) this.counts[0]! += 1;
        return super.learn(experience, options);
      }
    },
  }),
  mutant('drops strays', 'refuses samples of a class not listed and stays as it was', {
    learner: class extends CentroidLearner {
      override async learn(experience: Experience, options?: WorkOptions) {
        const listed = new Set(experience.classes.map(({ id }) => id));
        const train = experience.train.filter(({ classId }) => listed.has(classId));
        return super.learn({ ...experience, train }, options);
      }
    },
  }),
  mutant('takes NaN for 0', 'refuses features that are NaN and stays as it was', {
    learner: class extends CentroidLearner {
      override unit(feature: Float32Array) {
        return super.unit(feature.map((x) => (Number.isNaN(x) ? 0 : x)));
      }
    },
  }),
  mutant(
    'predicts in spite of a signal',
    'refuses work that was aborted before it began and stays as it was',
    {
      learner: class extends CentroidLearner {
        override async predict(
          images: readonly ImageRef[],
          { signal, ...rest }: PredictOptions = {},
        ) {
          void signal;
          return super.predict(images, rest);
        }
      },
    },
  ),
  mutant(
    'looks at the signal once',
    'aborted in the middle of learning, stays as it was or completes',
    {
      learner: class extends CentroidLearner {
        override async learn(experience: Experience, options: WorkOptions = {}) {
          const { signal, ...rest } = options;
          return super.learn(experience, signal?.aborted ? options : rest);
        }
      },
    },
  ),
  mutant(
    'half-learns when aborted',
    'aborted in the middle of learning, stays as it was or completes',
    {
      learner: class extends CentroidLearner {
        override async learn(experience: Experience, options: WorkOptions = {}) {
          const early = options.signal?.aborted === true;
          try {
            await super.learn(experience, options);
          } catch (error) {
            if (!early && options.signal?.aborted) this.counts[0]! += 1;
            throw error;
          }
        }
      },
    },
  ),
];
