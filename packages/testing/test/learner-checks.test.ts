import type { Experience, LearnerState, PredictOptions, Scores, UnlearnRequest } from '@cl/hub';
import type { ImageRef, Learner, WorkOptions } from '@cl/hub';
import {
  learnerChecks,
  syntheticFeatures,
  syntheticStream,
  type LearnerCheckSettings,
} from '@cl/testing';
import { describe, expect, test } from 'vitest';
import { failing, type Mutant } from './broken.ts';
import { centroid, CentroidLearner, type CentroidVariant } from './centroid-learner.ts';

const sound = centroid();
// One source for all: it remembers what it computed.
const source = syntheticFeatures();
const features = () => source;
const soundSchema = sound.schema['~standard'];

function mutant(
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
function scoring(
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
function keeping(
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

const stream = syntheticStream({ revisit: true });
const lastWithoutTest = stream.evaluations.map((e, j) => (j === 3 ? { ...e, test: [] } : e));

const mutants: readonly Mutant[] = [
  mutant('is named in capitals', 'is a learner plugin of this protocol', {
    plugin: { name: 'Centroid' },
  }),
  mutant('has a schema that adds options', 'accepts its own defaults and leaves them alone', {
    plugin: {
      schema: {
        '~standard': {
          ...soundSchema,
          validate: async (value) => {
            const result = await soundSchema.validate(value);
            return result.issues ? result : { value: { ...result.value, more: 1 } as never };
          },
        },
      },
    },
  }),
  mutant('has an option without help', 'explains every option', { plugin: { help: {} as never } }),
  mutant('has a preset out of range', 'has presets of known and valid values', {
    plugin: { presets: { wrong: { help: 'Wrong.', values: { vocabulary: 'ajar' as never } } } },
  }),
  mutant('has a schema that takes anything', 'refuses options that it does not have', {
    plugin: {
      schema: {
        '~standard': {
          ...soundSchema,
          validate: (value) =>
            typeof value === 'string' ? { value: value as never } : soundSchema.validate(value),
        },
      },
    },
  }),
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
  mutant('merges without saying so', 'has merge and unlearn exactly when it declares them', {
    capabilities: { mergeable: false },
  }),
  mutant(
    'merges sums but not counts',
    'merged with another, equals one that learned in sequence, to rounding',
    {
      learner: class extends CentroidLearner {
        override async merge(other: Learner) {
          await super.merge(other);
          this.counts = this.counts.map(() => 1);
        }
      },
    },
  ),
  mutant(
    'changes what it merges with',
    'merged with another, equals one that learned in sequence, to rounding',
    {
      learner: class extends CentroidLearner {
        override async merge(other: CentroidLearner) {
          await super.merge(other);
          other.counts[0]! += 1;
        }
      },
    },
  ),
  mutant('merges any width', 'refuses to merge with one of another width and stays as it was', {
    learner: class extends CentroidLearner {
      override async merge(other: CentroidLearner) {
        if (other.weights.length === this.weights.length) await super.merge(other);
      }
    },
  }),
  mutant(
    'unlearns nothing',
    'unlearns samples or a class as if it had never learned them, to rounding',
    {
      learner: class extends CentroidLearner {
        override async unlearn(request: UnlearnRequest) {
          if (request.kind === 'class') await super.unlearn(request);
        }
      },
    },
  ),
  mutant(
    'unlearns neither samples nor classes',
    'unlearns samples or a class as if it had never learned them, to rounding',
    {
      learner: class extends CentroidLearner {
        override async unlearn() {
          await super.unlearn({ kind: 'class', classId: 'any' });
        }
      },
    },
  ),
  mutant('forgets classes it never saw', 'refuses to unlearn a class that it never saw', {
    learner: class extends CentroidLearner {
      override async unlearn(request: UnlearnRequest) {
        if (request.kind === 'class' && !this.registry.has(request.classId)) return;
        await super.unlearn(request);
      }
    },
  }),
];

describe('the checks of learners', () => {
  test.each(mutants)('notice a learner that $fault', async ({ checks, caughtBy, also = [] }) => {
    expect(new Set(await failing(checks()))).toEqual(new Set([caughtBy, ...also]));
  });

  test('have a mutant each', () => {
    const names = (['closed', 'open'] as const).flatMap((vocabulary) =>
      learnerChecks(sound, { vocabulary }).map(({ name }) => name),
    );
    expect(new Set(mutants.map(({ caughtBy }) => caughtBy))).toEqual(new Set(names));
  });

  test('leave out what a learner does not promise', () => {
    const none = {
      exemplarFree: false,
      mergeable: false,
      unlearn: false,
      deterministic: false,
      openVocabulary: false,
    };
    const names = learnerChecks(centroid({ capabilities: none })).map(({ name }) => name);
    expect(
      names.filter((name) => /merged with|unlearns samples|same seed|grow/u.test(name)),
    ).toEqual([]);
    expect(names).toContain('refuses candidates that it never saw');
  });
});
