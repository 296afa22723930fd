// Plugins that break the protocol in one place each: the error names the plugin and what it returned.
import {
  createRandom,
  defineBackbone,
  defineDataset,
  defineExecutor,
  defineLearner,
  defineMetric,
  defineReporter,
  defineStream,
  guardPlugin,
  scenarios,
  type Backbone,
  type Dataset,
  type Experience,
  type Learner,
  type LearnerContext,
  type LearnerPlugin,
  type Scores,
  type Stream,
} from '@cl/hub';
import { describe, expect, test } from 'vitest';
import { errorOf } from './error-of.ts';

const schema = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) => ({ value: value as object }),
  },
} as const;
const about = { name: 'guest', description: 'For tests.', defaults: {}, help: {}, schema } as const;

const cat = { id: 'cat', name: 'cat' };
const dog = { id: 'dog', name: 'dog' };
const image = { id: 'a', source: { kind: 'file', path: 'a.png' } } as const;
const experience: Experience = { index: 0, name: 'one', classes: [cat, dog], train: [] };
const context: LearnerContext = {
  features: {
    fingerprint: 'f',
    featureDim: 1,
    images: () => Promise.reject(new Error('not part of this test')),
  },
  random: createRandom(0),
};

/** A learner that knows cats and dogs, but for what a test breaks. */
class Sound implements Learner {
  readonly classes = [cat, dog];
  #learned = 0;
  get experiences(): number {
    return this.#learned;
  }
  async learn(): Promise<void> {
    this.#learned += 1;
  }
  async predict(): Promise<Scores> {
    return { classes: this.classes, values: Float32Array.of(1, 0), sources: ['adapter'] };
  }
  async save() {
    return { classes: this.classes, experiences: this.#learned, values: {}, tensors: {} };
  }
  async merge(other: Learner): Promise<void> {
    this.#learned += (other as Sound).#learned; // throws a TypeError on anything but its own kind
  }
  async dispose(): Promise<void> {}
}

function learnerThat(create: () => unknown): LearnerPlugin {
  return defineLearner({
    ...about,
    needs: [],
    scenarios: ['class-incremental'],
    capabilities: () => ({
      exemplarFree: true,
      mergeable: true,
      unlearn: false,
      deterministic: true,
      openVocabulary: false,
    }),
    create: async () => create() as Learner,
    restore: async () => create() as Learner,
  });
}

const guarded = (broken: object): Promise<Learner> =>
  guardPlugin(learnerThat(() => Object.assign(new Sound(), broken))).create({}, context);

test('a sound learner works as without a guard, private parts, getters and merge included', async () => {
  const plugin = guardPlugin(learnerThat(() => new Sound()));
  const [learner, other] = [await plugin.create({}, context), await plugin.create({}, context)];
  await learner.learn(experience);
  await other.learn(experience);
  await learner.merge!(other);
  expect(learner.experiences).toBe(2);
  expect((await learner.predict([image])).values).toEqual(Float32Array.of(1, 0));
  expect(await learner.save()).toMatchObject({ experiences: 2 });
  expect(learner.unlearn).toBeUndefined();
});

test('a guard hands out the backbone that a learner changed, and stands once', async () => {
  const model = Uint8Array.of(8, 9);
  const plugin = guardPlugin(
    learnerThat(() => Object.assign(new Sound(), { exportBackbone: async () => model })),
  );
  expect(guardPlugin(plugin)).toBe(plugin);
  expect(await (await plugin.create({}, context)).exportBackbone!()).toBe(model);
  const wrong = await guarded({ exportBackbone: async () => 'a path' });
  expect((await errorOf(() => wrong.exportBackbone!())).message).toContain(
    'exportBackbone() returned "a path", expected the bytes of an ONNX model',
  );
});

describe('a learner that', () => {
  test('is none is refused with what create() returned', async () => {
    const plugin = guardPlugin(learnerThat(() => ({ fit: () => 1 })));
    expect(await errorOf(() => plugin.create({}, context))).toMatchObject({
      code: 'PLUGIN_FAILED',
      message:
        'learner "guest": create() returned an object with fit, expected a Learner with classes, experiences, learn, ' +
        'predict, save, dispose. Tell its author; the checks of @cl/testing find such faults.',
    });
  });

  test('throws in create() is named, with what it threw', async () => {
    const plugin = guardPlugin(
      learnerThat(() => {
        throw new TypeError('x is not iterable');
      }),
    );
    const error = await errorOf(() => plugin.create({}, context));
    expect(error.code).toBe('PLUGIN_FAILED');
    expect(error.message).toContain('learner "guest": create() threw TypeError: x is not iterable');
  });

  test.each([
    [{ predict: async () => undefined }, 'predict() returned undefined, expected Scores'],
    [
      {
        predict: async () => ({
          classes: [cat],
          values: Float32Array.of(1, 2),
          sources: ['adapter'],
        }),
      },
      'predict() returned 2 scores, expected 1 images × 1 classes',
    ],
    [
      { predict: async () => ({ classes: [cat], values: [1], sources: ['adapter'] }) },
      'predict() returned values that are an array of 1, expected a Float32Array',
    ],
    [
      {
        predict: async () => ({
          classes: [cat],
          values: Float32Array.of(NaN),
          sources: ['adapter'],
        }),
      },
      'predict() returned NaN for image 0 and class "cat"',
    ],
    [
      { predict: async () => ({ classes: [cat], values: Float32Array.of(1), sources: [] }) },
      'predict() returned sources that are an array of 0',
    ],
  ])('answers wrongly is refused: %#', async (broken, said) => {
    const learner = await guarded(broken);
    const error = await errorOf(() => learner.predict([image]));
    expect(error.code).toBe('PLUGIN_FAILED');
    expect(error.message).toContain(`learner "guest": ${said}`);
  });

  test('puts candidates into another order is refused', async () => {
    const learner = await guarded({});
    const error = await errorOf(() => learner.predict([image], { candidates: [dog, cat] }));
    expect(error.message).toContain(
      'predict() returned class "cat" in column 0, expected the candidates in their order, there "dog"',
    );
  });

  test('says that it learned but did not count is refused', async () => {
    const learner = await guarded({ learn: async () => undefined });
    const error = await errorOf(() => learner.learn(experience));
    expect(error.message).toContain('learn() returned with experiences at 0, expected 1 of them');
  });

  test('tells a number in place of its account is refused', async () => {
    const learner = await guarded({ describe: async () => 7 });
    const error = await errorOf(() => learner.describe!());
    expect(error.message).toContain(
      'describe() returned 7, expected a LearnerAccount with trainableParameters, keeps and insights',
    );
  });

  test('promises nothing that can be read is refused', async () => {
    const plugin = guardPlugin({
      ...learnerThat(() => new Sound()),
      capabilities: () => null as never,
    });
    const error = await errorOf(async () => (plugin as LearnerPlugin).capabilities({}));
    expect(error.message).toContain('capabilities() returned null, expected an object of promises');
  });

  test('saves a tensor whose size is not its shape is refused', async () => {
    const tensors = { w: { dtype: 'float32', dims: [2, 2], data: new Float32Array(3) } };
    const save = async () => ({ classes: [], experiences: 0, values: {}, tensors });
    const error = await errorOf(async () => (await guarded({ save })).save());
    expect(error.message).toContain('save() returned tensor "w" of 3 numbers, expected 4');
  });
});

test('a backbone that gives features of another shape is refused', async () => {
  const create = async () =>
    ({
      ...{ id: 'b', fingerprint: 'f', capabilities: [], device: 'cpu', dtype: 'fp32' },
      ...{ imageSize: 8, featureDim: 4 },
      embedImages: async () => ({ rows: 1, cols: 3, data: new Float32Array(3) }),
      dispose: async () => undefined,
    }) as Backbone;
  const plugin = guardPlugin(defineBackbone({ ...about, provides: [], create }));
  const backbone = await plugin.create({});
  expect(backbone.featureDim).toBe(4);
  const error = await errorOf(() => backbone.embedImages([image]));
  expect(error.message).toContain(
    'backbone "guest": embedImages() returned [1, 3] in a Float32Array of 12 bytes, expected [1, 4]',
  );
});

test('a dataset without test samples is refused', async () => {
  const create = async () => ({ name: 'd', classes: [cat], train: [], test: [] });
  const plugin = guardPlugin(defineDataset({ ...about, create }));
  const error = await errorOf(() => plugin.create({}));
  expect(error.message).toContain('create() returned train as an array of 0, expected lists');
});

test('a dataset whose samples are paths is refused, with the one that was found', async () => {
  const create = async () =>
    ({ name: 'd', classes: [cat], train: ['a.png'], test: ['b.png'] }) as unknown as Dataset;
  const plugin = guardPlugin(defineDataset({ ...about, create }));
  const error = await errorOf(() => plugin.create({}));
  expect(error.message).toContain(
    'dataset "guest": create() returned "a.png" as train[0], expected a sample with image and classId',
  );
});

test('a stream whose evaluations are not such is refused', async () => {
  const create = async () =>
    ({
      name: 's',
      scenario: scenarios['class-incremental'],
      experiences: [experience],
      evaluations: [{ name: 'one', classes: [cat] }],
    }) as unknown as Stream;
  const plugin = guardPlugin(defineStream({ ...about, scenario: 'class-incremental', create }));
  const error = await errorOf(() => plugin.create({}, { datasets: [], random: createRandom(0) }));
  expect(error.message).toContain(
    'create() returned an object with name, classes as evaluations[0], expected an evaluation with name, classes and test',
  );
});

test('an executor that loses results is refused; what a job throws stays the job’s', async () => {
  const create = async () => ({
    map: async (_: readonly unknown[], job: (input: never, index: number) => Promise<unknown>) =>
      [await job(1 as never, 0)] as never,
    dispose: async () => undefined,
    concurrency: 3,
  });
  const executor = await guardPlugin(defineExecutor({ ...about, create })).create({});
  expect(executor.concurrency).toBe(3);
  const error = await errorOf(() => executor.map([1, 2], async (x) => x));
  expect(error.message).toContain('map() returned an array of 1, expected an array of 2 results');
  const own = new TypeError('of the job');
  await expect(executor.map([1], () => Promise.reject(own))).rejects.toBe(own);
});

test('a metric that gives NaN is refused', async () => {
  const compute = () => NaN;
  const plugin = guardPlugin(
    defineMetric({ ...about, label: 'M', formula: 'm', better: 'higher', compute }),
  );
  const error = await errorOf(async () => plugin.compute({ accuracy: [], testSizes: [] }));
  expect(error.message).toContain(
    'metric "guest": compute() returned NaN, expected a finite number',
  );
});

test('a metric that throws is named', async () => {
  const compute = (): number => {
    throw new TypeError('row is undefined');
  };
  const plugin = guardPlugin(
    defineMetric({ ...about, label: 'M', formula: 'm', better: 'higher', compute }),
  );
  const error = await errorOf(async () => plugin.compute({ accuracy: [], testSizes: [] }));
  expect(error).toMatchObject({ code: 'PLUGIN_FAILED' });
  expect(error.message).toContain('metric "guest": compute() threw TypeError: row is undefined');
});

test('a backbone that gives nothing is refused', async () => {
  const create = async () =>
    ({
      ...{ id: 'b', fingerprint: 'f', capabilities: [], device: 'cpu', dtype: 'fp32' },
      ...{ imageSize: 8, featureDim: 4 },
      embedImages: async () => undefined,
      dispose: async () => undefined,
    }) as unknown as Backbone;
  const backbone = await guardPlugin(defineBackbone({ ...about, provides: [], create })).create({});
  const error = await errorOf(() => backbone.embedImages([image]));
  expect(error.message).toContain('embedImages() returned undefined, expected [1, 4]');
});

test('a plugin that runs out of memory is told so, not that it is faulty', async () => {
  const learner = await guarded({ learn: async () => new ArrayBuffer(2 ** 52) });
  const error = await errorOf(() => learner.learn(experience));
  expect(error.code).toBe('OUT_OF_MEMORY');
  expect(error.message).toContain(
    'learner "guest": learn(): memory ran out (Array buffer allocation',
  );
});

test('a reporter that gives no content for a file is refused', async () => {
  const render = async () => ({ 'a.txt': undefined as unknown as string });
  const plugin = guardPlugin(defineReporter({ ...about, render }));
  const error = await errorOf(() => plugin.render({} as never, {}));
  expect(error.message).toContain('render() returned undefined for file "a.txt", expected text');
});
