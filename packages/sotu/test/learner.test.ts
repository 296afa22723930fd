import {
  createRandom,
  encodeSafetensors,
  isClError,
  resolveOptions,
  type Learner,
  type LearnerState,
  type TrainableBackbone,
} from '@cl/hub';
import { exportMergedModel, sotu, type SotuOptions } from '@cl/sotu';
import { syntheticFeatures, syntheticStream } from '@cl/testing';
import { openImageModel } from '@cl/training';
import { afterEach, describe, expect, test } from 'vitest';
import { quick, tinyVit } from './support/tiny-vit.ts';

const stream = syntheticStream();
const images = stream.evaluations.flatMap(({ test: samples }) => samples.map((s) => s.image));
const backbone = tinyVit();
const made: Learner[] = [];
afterEach(async () => {
  for (const learner of made.splice(0)) await learner.dispose();
});

function context(own: TrainableBackbone, seed = 1) {
  return { features: syntheticFeatures(), backbone: own, random: createRandom(seed) };
}

async function learnerOf(given: Partial<SotuOptions> = {}, own = backbone): Promise<Learner> {
  const options = await resolveOptions(sotu, { ...quick, ...given });
  const learner = await sotu.create(options, context(own));
  made.push(learner);
  return learner;
}

async function taught(count: number, given: Partial<SotuOptions> = {}): Promise<Learner> {
  const learner = await learnerOf(given);
  for (const experience of stream.experiences.slice(0, count)) await learner.learn(experience);
  return learner;
}

async function restored(state: LearnerState, given: Partial<SotuOptions> = {}): Promise<Learner> {
  const options = await resolveOptions(sotu, { ...quick, ...given });
  const learner = await sotu.restore(state, options, context(backbone, 99));
  made.push(learner);
  return learner;
}

const scoresOf = async (learner: Learner) => (await learner.predict(images)).values;

describe('every way to merge and to answer', () => {
  const ways: readonly Partial<SotuOptions>[] = [
    { keep: 'merged', merge: 'ties', mask: 'magnitude', classifier: 'ridge', hiddenDim: 24 },
    { merge: 'importance', importance: 'fisher', mask: 'fisher', classifier: 'linear-probe' },
    {
      mask: 'disjoint',
      p: 0.7,
      pLast: 0.7,
      group: 'head',
      merge: 'similarity',
      prototypes: 'drift',
      pAlong: 'layers',
    },
    {
      start: 'merged',
      merge: 'magmax',
      mask: 'gradient',
      prototypes: 'exemplars',
      exemplars: 1,
      head: 'linear',
    },
    {
      train: 'all',
      pAlong: 'progress',
      epochs: 2,
      rescale: 'inverse-keep',
      ridge: 1,
      classifier: 'ridge',
      hiddenDim: 0,
    },
  ];

  test.each(ways)(
    '%o goes on from a saved state to the same bits',
    async (given) => {
      const straight = await taught(2, given);
      const saved = await (await taught(1, given)).save();
      const resumed = await restored(structuredClone(saved), given);
      await resumed.learn(stream.experiences[1]!);
      expect(await scoresOf(resumed)).toEqual(await scoresOf(straight));
    },
    180_000, // gradients of single images are many small runs
  );
});

describe('masks', () => {
  test('at p = 1 leave the backbone as it was, bit for bit', async () => {
    const learner = await taught(1, { p: 1 });
    const before = await openImageModel(backbone);
    const weights = await weightsOf(learner);
    for (const [name, { data }] of before.weights) expect(weights.get(name)).toEqual(data);
  });

  test('leave parameters that are not trained bit for bit alone', async () => {
    const learner = await taught(2, { train: 'qkv', layers: [-1] });
    const { weights: before, places } = await openImageModel(backbone);
    const weights = await weightsOf(learner);
    const changed = [...before].filter(([name, { data }]) => {
      const now = weights.get(name)!;
      return now.some((x, i) => x !== data[i]);
    });
    expect(changed).toHaveLength(3);
    for (const [name] of changed) {
      expect(places.get(name)).toMatchObject({ block: 1, matrix: true });
    }
  });

  test('follow a function of task, layer and progress', async () => {
    const places: string[] = [];
    await taught(1, {
      p: ({ task, layer, layers, progress }) => {
        places.push(`${task} ${layer}/${layers} ${progress}`);
        return layer === 0 ? 0 : 1;
      },
    });
    expect(new Set(places)).toEqual(new Set(['0 0/2 1', '0 1/2 1']));
  });
});

describe('what is on disk', () => {
  test('is at most 1.1 times 4 bytes for each value kept, the deltas taken alone', async () => {
    const state = await (await taught(2, { p: 0.9 })).save();
    const own = Object.entries(state.tensors).filter(([name]) => name.startsWith('delta.'));
    const kept = own.reduce((sum, [, { data }]) => sum + data.length, 0);
    const bytes = encodeSafetensors(Object.fromEntries(own)).length;
    expect(own.map(([name]) => name)).toEqual(['delta.0.values', 'delta.1.values']);
    expect(kept).toBeGreaterThan(1000);
    expect(bytes / (4 * kept)).toBeLessThanOrEqual(1.1);
  });

  test('of a merged model has no delta in it', async () => {
    const { tensors } = await (await taught(2, { keep: 'merged' })).save();
    expect(Object.keys(tensors).sort()).toEqual([
      'means.columns',
      'means.counts',
      'means.sums',
      'means.tasks',
      'merged.sum',
    ]);
  });
});

describe('the account', () => {
  test('tells cosines before and after masking, collisions, and the norm ratio', async () => {
    const account = await (await taught(3)).describe!();
    const values = (title: string) => {
      const found = account.insights.find((insight) => insight.title === title);
      return found?.kind === 'matrix' ? found.values : [];
    };
    const [before, after] = [
      values('Cosines of deltas before masking')[1]![0]!,
      values('Cosines of deltas after masking')[1]![0]!,
    ];
    expect(Math.abs(after - 0.5 * before)).toBeLessThan(0.05); // p is 0.5
    expect(values('Collision rate')[2]![1]!).toBeCloseTo(0.25, 1);
    expect(account.insights[0]).toMatchObject({
      title: 'Merged deltas',
      values: { 'tasks merged': 3, prototypes: 'stale' },
    });
    expect(account.keeps).toBe('the sparse delta of each task, a mean feature of each class');
  });

  test('tells of no cosine where masks are disjoint', async () => {
    const account = await (await taught(2, { mask: 'disjoint' })).describe!();
    const after = account.insights.find(({ title }) => title === 'Cosines of deltas after masking');
    expect(after).toMatchObject({
      values: [
        [1, 0],
        [0, 1],
      ],
    });
    expect(account.insights[0]).toMatchObject({ values: { 'norm ratio': 1 } });
  });

  test('measures how far the features moved', async () => {
    const account = await (await taught(2)).describe!();
    const drift = account.insights.find(({ title }) => title.startsWith('How far features move'));
    const values = drift?.kind === 'lines' ? drift.series[0]!.values : [];
    expect(values).toHaveLength(2);
    expect(values.every((x) => x !== null && x > 0 && x < 1)).toBe(true);
  });
});

describe('taking back', () => {
  test('all samples of a task gives the learner before it, bit for bit', async () => {
    const learner = await taught(1);
    const before = await scoresOf(learner);
    const { train } = stream.experiences[1]!;
    await learner.learn(stream.experiences[1]!);
    await learner.unlearn!({ kind: 'samples', samples: train.toReversed() });
    expect(await scoresOf(learner)).toEqual(before);
    expect(learner.classes).toEqual(stream.experiences[0]!.classes);
  });

  test('an earlier task gives the merged model of the others', async () => {
    const learner = await taught(2);
    await learner.unlearn!({ kind: 'samples', samples: stream.experiences[0]!.train });
    const deltas = (await learner.save()).values['deltas'] as { task: number }[];
    expect(deltas.map(({ task }) => task)).toEqual([1]);
    expect(learner.classes).toEqual(stream.experiences[1]!.classes);
  });

  test('less than a task is refused: a delta cannot be split', async () => {
    const learner = await taught(1);
    const { train, classes } = stream.experiences[0]!;
    await refuses(
      learner.unlearn!({ kind: 'samples', samples: train.slice(1) }),
      'NOT_SUPPORTED',
      `sotu: the ${train.length - 1} samples are not those of one task, expected all samples of a task`,
    );
    await refuses(
      learner.unlearn!({ kind: 'class', classId: classes[0]!.id }),
      'NOT_SUPPORTED',
      'was learned with "domain-0/d0c1", "domain-0/d0c2" in task 0 ("domain-0"), expected a task of its own',
    );
  });

  test('is there only where the options keep what it takes', () => {
    const can = (given: Partial<SotuOptions>) =>
      sotu.capabilities({ ...sotu.defaults, ...given }).unlearn;
    expect(can({})).toBe(true);
    expect([
      can({ keep: 'merged' }),
      can({ start: 'merged' }),
      can({ classifier: 'ridge' }),
      can({ prototypes: 'drift' }),
    ]).toEqual([false, false, false, false]);
  });
});

describe('stale prototypes', () => {
  test('are exact when only the first task moves the backbone', async () => {
    const learner = await taught(2, { prototypes: 'first-task' });
    const { records } = (await learner.save()).values as unknown as {
      records: { drift: number | null }[];
    };
    expect(records[0]!.drift).toBeGreaterThan(0);
    expect(records[1]!.drift).toBeNull();
  });

  test('measured again on all images of the past are what they would be now', async () => {
    const learner = await taught(2, { prototypes: 'exemplars', exemplars: 100 });
    const { tensors } = await learner.save();
    const first = await taught(1, { prototypes: 'exemplars', exemplars: 100 });
    const before = (await first.save()).tensors['means.sums']!.data;
    const now = tensors['means.sums']!.data;
    expect(now[0]).not.toBe(before[0]);
    expect(sotu.capabilities({ ...sotu.defaults, prototypes: 'exemplars' }).exemplarFree).toBe(
      false,
    );
  });
});

describe('the merged model', () => {
  test('is the backbone’s own file with other weights', async () => {
    const learner = await taught(1);
    const bytes = await exportMergedModel(learner);
    const reopened = await openImageModel({
      ...backbone,
      graph: async () => ({ ...(await backbone.graph()), model: bytes }),
    });
    const weights = await weightsOf(learner);
    for (const [name, { data }] of reopened.weights) expect(weights.get(name)).toEqual(data);
  });

  test('is not there before the first task', async () => {
    const learner = await learnerOf();
    await refuses(learner.exportBackbone!(), 'NOT_LEARNED', 'expected learn first.');
  });
});

describe('bad input', () => {
  test('p outside [0, 1] is refused, and so is one that a function gives', async () => {
    await refuses(
      learnerOf({ p: 1.5 }),
      'INVALID_OPTION',
      'learner "sotu": option p is 1.5: expected a number from 0 (keeps all) to 1 (keeps nothing), or in code a function.',
    );
    const learner = await learnerOf({ p: () => 2 });
    await refuses(
      learner.learn(stream.experiences[0]!),
      'INVALID_OPTION',
      /sotu: option p gives 2 for ".+" in block 0 of task 0, expected a number from 0/u,
    );
    expect(learner.experiences).toBe(0);
  });

  test('a task of one class is refused, or learned as a prototype', async () => {
    const [info] = stream.experiences[0]!.classes;
    const one = {
      ...stream.experiences[0]!,
      classes: [info!],
      train: stream.experiences[0]!.train.filter(({ classId }) => classId === info!.id),
    };
    const learner = await learnerOf();
    await refuses(
      learner.learn(one),
      'INVALID_DATA',
      'sotu: experience 0 ("domain-0") has one class, expected at least two: a head with one class has nothing to tell ' +
        'apart, so its loss moves nothing. Learn it together with other classes, or set singleClass to "prototype" to learn ' +
        'its class mean without fine-tuning.',
    );
    expect(learner.experiences).toBe(0);
    const lenient = await learnerOf({ singleClass: 'prototype' });
    await lenient.learn(one);
    expect(lenient.classes).toEqual([info]);
  });

  test('a class of one sample is learned, and never held out of fine-tuning', async () => {
    const { train, classes, ...rest } = stream.experiences[0]!;
    const few = classes.map(({ id }) => train.find(({ classId }) => classId === id)!);
    const learner = await learnerOf({ validationShare: 0.5, patience: 1, epochs: 3 });
    await learner.learn({ ...rest, classes, train: few });
    const { values } = await learner.predict(few.map(({ image }) => image));
    few.forEach((_, i) => {
      const row = [...values.subarray(i * few.length, (i + 1) * few.length)];
      expect(row.indexOf(Math.max(...row))).toBe(i);
    });
  });

  test('more memory than there is is refused before anything is done', async () => {
    const learner = await learnerOf({ classifier: 'ridge', hiddenDim: 100_000 });
    await refuses(
      learner.learn(stream.experiences[0]!),
      'OUT_OF_MEMORY',
      /sotu: a task needs about 223\.5 GiB beside activations, expected at most the [\d.]+ GiB that are free\./u,
    );
    expect(learner.experiences).toBe(0);
  });

  test('an allocation that fails on the way is told as that', async () => {
    let exhausted = false;
    const short: TrainableBackbone = {
      ...backbone,
      pixels: async (refs, options) => {
        if (exhausted) throw new RangeError('Array buffer allocation failed');
        return backbone.pixels(refs, options);
      },
    };
    const learner = await learnerOf({}, short);
    exhausted = true;
    await refuses(
      learner.learn(stream.experiences[0]!),
      'OUT_OF_MEMORY',
      'sotu: memory ran out (Array buffer allocation failed), expected room for the task. Nothing was learned.',
    );
    exhausted = false;
    await learner.learn(stream.experiences[0]!);
    expect(learner.experiences).toBe(1);
  });

  test('a state of another backbone is refused', async () => {
    const state = await (await taught(1)).save();
    const options = await resolveOptions(sotu, { ...quick });
    await refuses(
      sotu.restore(state, options, context(tinyVit('another-vit'))),
      'CORRUPT_FILE',
      'sotu: the saved state has 12 trained parameters of a backbone tiny-vit0000…, expected the 12 that these options ' +
        'train in another-vit0….',
    );
  });

  test('options that contradict each other are refused with the reason', async () => {
    await refuses(
      learnerOf({ prototypes: 'drift', classifier: 'ridge' }),
      'INVALID_OPTION',
      'drift and exemplars move class means, which only classifier nearest-mean has',
    );
    await refuses(
      learnerOf({ layers: [7] }),
      'INVALID_OPTION',
      'sotu: option layers names block 7, expected numbers from -2 to 1: the backbone has 2 blocks.',
    );
  });

  test('disjoint masks without room left are refused before the task is learned', async () => {
    const learner = await learnerOf({ mask: 'disjoint', p: 0.4 });
    await learner.learn(stream.experiences[0]!);
    await refuses(
      learner.learn(stream.experiences[1]!),
      'INVALID_OPTION',
      'Raise p to 0.500 or more',
    );
    expect(learner.experiences).toBe(1);
  });
});

async function weightsOf(learner: Learner): Promise<ReadonlyMap<string, Float32Array>> {
  const bytes = await learner.exportBackbone!();
  const model = await openImageModel({
    ...backbone,
    graph: async () => ({ ...(await backbone.graph()), model: bytes }),
  });
  return new Map([...model.weights].map(([name, { data }]) => [name, data as Float32Array]));
}

async function refuses(work: Promise<unknown>, code: string, message: string | RegExp) {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isClError(error)) throw error ?? new Error('nothing was thrown');
  expect(error.code).toBe(code);
  if (typeof message === 'string') expect(error.message).toContain(message);
  else expect(error.message).toMatch(message);
}
