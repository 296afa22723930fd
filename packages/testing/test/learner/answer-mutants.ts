/** Learners broken in how they learn and answer. */
import type { Experience, ImageRef, PredictOptions, WorkOptions } from '@cl/hub';
import { syntheticStream } from '@cl/testing';
import type { Mutant } from '../broken.ts';
import { CentroidLearner } from '../centroid-learner.ts';
import { mutant, scoring } from './mutant.ts';

const stream = syntheticStream({ revisit: true });
const lastWithoutTest = stream.evaluations.map((e, j) => (j === 3 ? { ...e, test: [] } : e));

export const answerMutants: readonly Mutant[] = [
  mutant(
    'is given an evaluation without samples',
    'is given a stream that is not empty',
    {},
    {
      settings: { stream: { ...stream, evaluations: lastWithoutTest } },
    },
  ),
  mutant(
    'cannot be made with its defaults',
    'is constructible from its defaults',
    {
      learner: class extends CentroidLearner {
        constructor(...args: ConstructorParameters<typeof CentroidLearner>) {
          super(...args);
          if (args[0].vocabulary === 'closed') throw new Error('expected an open vocabulary');
        }
      },
    },
    { vocabulary: 'open' },
  ),
  mutant('answers before it learned', 'refuses to predict before it learned', {
    learner: class extends CentroidLearner {
      override async predict(images: readonly ImageRef[], options: PredictOptions = {}) {
        if (this.experiences > 0 || options.candidates) return super.predict(images, options);
        const sources = images.map(() => 'adapter' as const);
        return { classes: [], values: new Float64Array(0), sources };
      }
    },
  }),
  mutant(
    'forgets a column',
    'scores exactly the classes seen, in order of first appearance',
    scoring((scores, { experiences }) => {
      if (experiences < 3) return scores;
      const cols = scores.classes.length;
      return {
        ...scores,
        classes: scores.classes.slice(0, -1),
        values: scores.values.filter((_, i) => i % cols !== cols - 1),
      };
    }),
  ),
  mutant(
    'gives every class the same score',
    'answers better than chance on classes that lie apart',
    scoring((scores) => ({ ...scores, values: scores.values.map(() => 1) })),
  ),
  mutant('drifts when it is asked again', 'repeats its scores exactly', {
    learner: class extends CentroidLearner {
      calls = 0;
      override async predict(images: readonly ImageRef[], options?: PredictOptions) {
        const scores = await super.predict(images, options);
        if (this.experiences === 2 && ++this.calls === 2) scores.values[0]! += 1e-9;
        return scores;
      }
      override async save() {
        this.calls = 0;
        return super.save();
      }
    },
  }),
  mutant(
    'centres scores over the batch',
    'scores an image alike in every batch and order, to rounding',
    scoring((scores) => {
      const values = scores.values as Float64Array;
      const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
      return { ...scores, values: values.map((x) => x - mean) };
    }),
  ),
  mutant(
    'has no columns for no images',
    'scores no images',
    scoring((scores, _, images) => (images.length === 0 ? { ...scores, classes: [] } : scores)),
  ),
  mutant('sorts the candidates', 'scores the candidates it is given, in their order', {
    learner: class extends CentroidLearner {
      override async predict(images: readonly ImageRef[], options: PredictOptions = {}) {
        const sorted = options.candidates?.toSorted((a, b) => a.id.localeCompare(b.id));
        return super.predict(images, sorted ? { ...options, candidates: sorted } : options);
      }
    },
  }),
  mutant(
    'relabels scores but leaves them in the old order',
    'scores the candidates it is given, in their order',
    {
      learner: class extends CentroidLearner {
        override async predict(images: readonly ImageRef[], options: PredictOptions = {}) {
          const all = this.classes;
          const { candidates } = options;
          if (candidates?.length !== all.length) return super.predict(images, options);
          const scores = await super.predict(images, { ...options, candidates: all });
          return { ...scores, classes: candidates };
        }
      },
    },
  ),
  mutant(
    'knows only what it saw',
    'scores candidates that it never saw',
    {
      learner: class extends CentroidLearner {
        override async text(): Promise<Float32Array> {
          throw new Error('no text');
        }
      },
    },
    { vocabulary: 'open' },
  ),
  mutant('scores what it cannot know', 'refuses candidates that it never saw', {
    learner: class extends CentroidLearner {
      override async centroid(info: Parameters<CentroidLearner['centroid']>[0]) {
        return this.registry.has(info.id) ? super.centroid(info) : this.weights;
      }
    },
  }),
  mutant(
    'draws from Math.random',
    'repeats itself bit for bit from the same seed',
    {
      learner: class extends CentroidLearner {
        override async learn(experience: Experience, options?: WorkOptions) {
          await super.learn(experience, options);
          if (this.experiences === 4) this.sums[0]![0]! += 1e-6 * Math.random();
        }
      },
    },
    { also: ['restored and taught, equals to the bit one that never stopped'] },
  ),
  mutant('scribbles on the pixels', 'leaves its inputs unmodified', {
    learner: class extends CentroidLearner {
      override async predict(images: readonly ImageRef[], options?: PredictOptions) {
        const { source } = images[0] ?? {};
        if (source?.kind === 'pixels') source.data[0]! += 1;
        return super.predict(images, options);
      }
    },
  }),
  mutant('sorts the experience it was given', 'leaves its inputs unmodified', {
    learner: class extends CentroidLearner {
      override async learn(experience: Experience, options?: WorkOptions) {
        (experience.train as Experience['train'][number][]).sort((a, b) =>
          a.image.id.localeCompare(b.image.id),
        );
        return super.learn(experience, options);
      }
    },
  }),
  mutant('frees memory that it shares', 'shares nothing with another learner', {
    learner: class Sharing extends CentroidLearner {
      static freed = false;
      constructor(...args: ConstructorParameters<typeof CentroidLearner>) {
        super(...args);
        Sharing.freed = false;
      }
      override async predict(images: readonly ImageRef[], options?: PredictOptions) {
        const scores = await super.predict(images, options);
        return Sharing.freed ? { ...scores, values: scores.values.fill(0) } : scores;
      }
      override async dispose() {
        await super.dispose();
        Sharing.freed = true;
      }
    },
  }),
  mutant(
    'cannot be disposed of twice',
    'disposes twice, then refuses everything',
    {
      learner: class extends CentroidLearner {
        override async dispose() {
          if (this.disposed) throw new Error('freed twice');
          await super.dispose();
        }
      },
    },
    { also: ['shares nothing with another learner'] },
  ),
  mutant('learns on after dispose', 'disposes twice, then refuses everything', {
    learner: class extends CentroidLearner {
      override async learn(experience: Experience, options?: WorkOptions) {
        this.disposed = false;
        return super.learn(experience, options);
      }
    },
  }),
];
