import {
  assertState,
  createRandom,
  defineLearner,
  type Experience,
  type FeatureSource,
  type ImageRef,
  type Lesson,
  type Matrix,
  type WorkOptions,
} from '@cl/hub';
import {
  ClassStatistics,
  ClosedLearner,
  pickColumns,
  requireBackbone,
  type Method,
} from '@cl/training';
import { exported } from './support/backbones.ts';
import { syntheticFeatures } from '@cl/testing';
import { describeLearner } from '@cl/testing/vitest';
import { expect, test } from 'vitest';

// #region method
/** The nearest class mean by distance. */
class NearestCentre implements Method {
  readonly #features: FeatureSource;
  readonly #statistics: ClassStatistics;

  constructor(features: FeatureSource, statistics: ClassStatistics) {
    this.#features = features;
    this.#statistics = statistics;
  }

  async learn({ images, labels }: Lesson, work: WorkOptions): Promise<Method> {
    const statistics = this.#statistics.clone();
    statistics.add(await this.#features.images(images, work), labels);
    return new NearestCentre(this.#features, statistics);
  }

  async scores(images: readonly ImageRef[], work: WorkOptions): Promise<Matrix> {
    const { rows, cols, data } = await this.#features.images(images, work);
    const { classes } = this.#statistics;
    const scores = new Float64Array(rows * classes);
    for (let c = 0; c < classes; c += 1) {
      const mean = this.#statistics.mean(c);
      for (let i = 0; i < rows; i += 1) {
        for (let k = 0; k < cols; k += 1) {
          scores[i * classes + c]! -= (data[i * cols + k]! - mean[k]!) ** 2;
        }
      }
    }
    return { rows, cols: classes, data: scores };
  }

  save() {
    return { values: {}, tensors: this.#statistics.toTensors() };
  }

  describe() {
    return { trainableParameters: 0, keeps: 'mean and variance of each class', insights: [] };
  }
}
// #endregion method

/** Any object will do: there are no options. */
const validate = (value: unknown) =>
  typeof value === 'object' ? { value: {} } : { issues: [{ message: 'expected an object' }] };

const nearestCentre = defineLearner({
  name: 'nearest-centre',
  description: 'The class whose mean is nearest.',
  defaults: {},
  help: {},
  schema: { '~standard': { version: 1, vendor: 'test', validate } },
  needs: ['image-features'],
  scenarios: ['class-incremental'],
  capabilities: () => ({
    exemplarFree: true,
    mergeable: false,
    unlearn: false,
    deterministic: true,
    openVocabulary: false,
  }),
  async create(_options, { features }) {
    const method = new NearestCentre(features, new ClassStatistics(features.featureDim));
    return new ClosedLearner('nearest-centre', method);
  },
  async restore(state, _options, { features }) {
    assertState('nearest-centre', state);
    const statistics = ClassStatistics.restore('nearest-centre', state, features.featureDim);
    return new ClosedLearner('nearest-centre', new NearestCentre(features, statistics), state);
  },
});

describeLearner(nearestCentre);

function experience(index: number, ids: readonly string[]): Experience {
  const data = new Uint8Array(3);
  const source = { kind: 'pixels', width: 1, height: 1, data } as const;
  const classes = ids.map((id) => ({ id, name: id }));
  const train = ids.map((classId) => ({ classId, image: { id: `${index}/${classId}`, source } }));
  return { index, name: `step ${index}`, classes, train };
}

test('a lesson that fails leaves classes, count and method as they were', async () => {
  const method: Method = {
    learn: async ({ index }) => (index === 0 ? method : Promise.reject(new Error('diverged'))),
    scores: async (images) => ({ rows: images.length, cols: 2, data: Float64Array.of(1, 2) }),
    save: () => ({ values: {}, tensors: {} }),
    describe: () => ({ trainableParameters: 0, keeps: 'nothing', insights: [] }),
  };
  const learner = new ClosedLearner('test', method);
  await learner.learn(experience(0, ['a', 'b']));
  await expect(learner.learn(experience(1, ['c']))).rejects.toThrow('diverged');
  expect(learner.experiences).toBe(1);
  expect(learner.classes.map(({ id }) => id)).toEqual(['a', 'b']);
  const candidates = [{ id: 'b', name: 'b' }];
  const { values } = await learner.predict([experience(0, ['a']).train[0]!.image], { candidates });
  expect([...values]).toEqual([2]); // the column of b
});

test('what a method holds is freed once, and nothing runs after', async () => {
  let freed = 0;
  const method: Method = {
    learn: async () => method,
    scores: async () => ({ rows: 0, cols: 0, data: new Float64Array(0) }),
    save: () => ({ values: {}, tensors: {} }),
    describe: () => ({ trainableParameters: 0, keeps: 'nothing', insights: [] }),
    dispose: async () => {
      freed += 1;
    },
  };
  const learner = new ClosedLearner('test', method);
  await learner.dispose();
  await learner.dispose();
  expect(freed).toBe(1);
  await expect(learner.save()).rejects.toMatchObject({
    code: 'DISPOSED',
    message: expect.stringContaining('test: used after dispose()'),
  });
});

test('it describes itself as its method does', async () => {
  const learner = await nearestCentre.create(
    {},
    { features: syntheticFeatures(), random: createRandom(1) },
  );
  expect(await learner.describe!()).toMatchObject({ keeps: 'mean and variance of each class' });
});

test('columns are picked row by row, in the order asked for', () => {
  const values = Float32Array.of(1, 2, 3, 4, 5, 6);
  expect([...pickColumns(values, 3, [2, 0])]).toEqual([3, 1, 6, 4]);
});

test('a learner that trains its backbone says that it needs one', () => {
  const backbone = exported('vit-opset17');
  expect(requireBackbone('test', { backbone })).toBe(backbone);
  expect(() => requireBackbone('test', {})).toThrow(
    expect.objectContaining({
      code: 'INCOMPATIBLE_PLUGINS',
      message: expect.stringContaining(
        'test: found a context without a backbone, expected one that is opened',
      ),
    }),
  );
});
