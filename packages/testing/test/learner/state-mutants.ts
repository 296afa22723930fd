/** Learners broken in what they save and keep. */
import type { Experience, ImageRef, LearnerState, PredictOptions, WorkOptions } from '@cl/hub';
import type { Mutant } from '../broken.ts';
import { CentroidLearner } from '../centroid-learner.ts';
import { keeping, mutant } from './mutant.ts';

export const stateMutants: readonly Mutant[] = [
  mutant(
    'saves NaN among its values',
    'saves what it is: classes, experiences, and values that survive JSON',
    keeping((state) => ({ ...state, values: { ...state.values, best: Number.NaN } })),
  ),
  mutant(
    'answers otherwise until it learns again',
    'restored, scores to the bit what it scored when saved',
    {
      learner: class extends CentroidLearner {
        stale = false;
        override load(state: LearnerState) {
          this.stale = true;
          return super.load(state);
        }
        override async learn(experience: Experience, options?: WorkOptions) {
          await super.learn(experience, options);
          this.stale = false;
        }
        override async predict(images: readonly ImageRef[], options?: PredictOptions) {
          const scores = await super.predict(images, options);
          return this.stale ? { ...scores, values: scores.values.map((x) => x + 1e-9) } : scores;
        }
      },
    },
    { also: ['restored and taught, equals to the bit one that never stopped'] },
  ),
  mutant(
    'learns otherwise once restored',
    'restored and taught, equals to the bit one that never stopped',
    {
      learner: class extends CentroidLearner {
        restored = false;
        override load(state: LearnerState) {
          this.restored = true;
          return super.load(state);
        }
        override async learn(experience: Experience, options?: WorkOptions) {
          await super.learn(experience, options);
          if (this.restored) this.sums[0]![0]! += 1e-9;
        }
      },
    },
  ),
  mutant(
    'makes up what a state lacks',
    'refuses to restore a state that lacks something or contradicts itself',
    {
      learner: class extends CentroidLearner {
        override load(state: LearnerState) {
          const n = state.classes.length;
          const counts = {
            dtype: 'float64',
            dims: [n],
            data: new Float64Array(n).fill(1),
          } as const;
          return super.load({ ...state, tensors: { counts, ...state.tensors } });
        }
      },
    },
  ),
  mutant(
    'remembers the label of every sample',
    'keeps a state that does not grow with the number of samples',
    keeping((state, learned) => ({
      ...state,
      values: { labels: learned.flatMap(({ train }) => train.map(() => 1)) },
    })),
  ),
  mutant(
    'remembers the name of an image',
    'keeps no feature and no name of a past image',
    keeping((state, learned) => ({
      ...state,
      values: { newest: learned.at(-1)?.train[0]?.image.id ?? '' },
    })),
  ),
  mutant('remembers the newest feature', 'keeps no feature and no name of a past image', {
    learner: class extends CentroidLearner {
      newest: number[] = Array.from({ length: 16 }, () => 0);
      override async learn(experience: Experience, options?: WorkOptions) {
        const { data } = await this.features.images([experience.train[1]!.image], options);
        await super.learn(experience, options);
        this.newest = [...data];
      }
      override async save() {
        const state = await super.save();
        return { ...state, values: { ...state.values, newest: this.newest } };
      }
    },
  }),
];
