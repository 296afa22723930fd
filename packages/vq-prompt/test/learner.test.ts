import {
  createRandom,
  resolveOptions,
  type Learner,
  type LearnerState,
  type Tensor,
} from '@cl/hub';
import { classesNamed, featuresOf, smallVit, tilesOf, tileStream } from '@cl/training/testing';
import {
  createVqPrompt,
  growPools,
  vqPrompt,
  type VqPromptHooks,
  type VqPromptOptions,
} from '@cl/vq-prompt';
import { afterEach, expect, test } from 'vitest';
import { quick } from './support/quick.ts';

const backbone = smallVit();
const features = featuresOf(backbone);
const stream = tileStream([2, 2, 2]);
const made: Learner[] = [];

afterEach(async () => {
  for (const learner of made.splice(0)) await learner.dispose();
});

async function create(
  options: Partial<VqPromptOptions> = {},
  hooks: VqPromptHooks = {},
): Promise<Learner> {
  const plugin = createVqPrompt(hooks);
  const checked = await resolveOptions(plugin, { ...quick, ...options });
  const learner = await plugin.create(checked, { backbone, features, random: createRandom(1) });
  made.push(learner);
  return learner;
}

async function taught(
  count: number,
  options: Partial<VqPromptOptions> = {},
  hooks: VqPromptHooks = {},
): Promise<Learner> {
  const learner = await create(options, hooks);
  for (const experience of stream.experiences.slice(0, count)) await learner.learn(experience);
  return learner;
}

function floats({ tensors }: LearnerState, name: string): Float32Array {
  return (tensors[name] as Tensor<'float32'>).data.slice();
}

const pools = ['prompts.0', 'keys.0', 'prompts.1', 'keys.1'];

test('stage 1 leaves the columns of earlier classes, and nothing of the backbone is trained', async () => {
  const weights = (await backbone.graph()).model.slice();
  const learner = await taught(1, { classifierStage: false });
  const before = await learner.save();
  const [head, bias] = [floats(before, 'head.weight'), floats(before, 'head.bias')];
  const prompts = floats(before, 'prompts.0');
  await learner.learn(stream.experiences[1]!);
  const after = await learner.save();
  const wide = floats(after, 'head.weight'); // [8, 4], was [8, 2]
  for (let d = 0; d < 8; d++) {
    expect(wide.subarray(4 * d, 4 * d + 2)).toEqual(head.subarray(2 * d, 2 * d + 2));
  }
  expect(floats(after, 'head.bias').subarray(0, 2)).toEqual(bias);
  expect(floats(after, 'prompts.0')).not.toEqual(prompts); // one pool for all experiences
  expect((await backbone.graph()).model).toEqual(weights);
});

test('stage 2 changes the classifier alone, once there are old classes', async () => {
  const [one, both] = [await taught(2, { classifierStage: false }), await taught(2)];
  const [single, full] = [await one.save(), await both.save()];
  for (const name of pools) expect(floats(full, name)).toEqual(floats(single, name));
  expect(full.tensors['statistics.means']).toEqual(single.tensors['statistics.means']);
  expect(floats(full, 'head.weight')).not.toEqual(floats(single, 'head.weight'));
  const [first, alone] = [await taught(1, { classifierStage: false }), await taught(1)];
  expect((await first.save()).tensors).toEqual((await alone.save()).tensors);
});

test('the soft variant trains other prompts', async () => {
  const [hard, soft] = [await taught(1), await taught(1, { prompt: 'soft' })];
  expect(floats(await soft.save(), 'prompts.0')).not.toEqual(
    floats(await hard.save(), 'prompts.0'),
  );
});

test('augmented views, with queries and statistics of their own, are learned from', async () => {
  const learner = await taught(2, { augmentation: 'crop', statisticsView: 'augmented' });
  const plain = await taught(2);
  const [views, whole] = [await learner.save(), await plain.save()];
  expect(floats(views, 'prompts.0')).not.toEqual(floats(whole, 'prompts.0'));
  expect(views.tensors['statistics.means']).not.toEqual(whole.tensors['statistics.means']);
  const scores = await learner.predict(stream.evaluations[0]!.test.map(({ image }) => image));
  expect(scores.values.every(Number.isFinite)).toBe(true);
});

test('blocks that are run again, and steps of several runs, give the same training', async () => {
  const opened = smallVit({ layers: 4 });
  const train = async (given: Partial<VqPromptOptions>): Promise<Float32Array> => {
    const options = await resolveOptions(vqPrompt, { ...quick, ...given });
    const learner = await vqPrompt.create(options, {
      backbone: opened,
      features: featuresOf(opened),
      random: createRandom(1),
    });
    made.push(learner);
    await learner.learn(stream.experiences[0]!);
    return floats(await learner.save(), 'prompts.0');
  };
  const usual = await train({});
  // Batches of 8 and a last of 4 images: runs of 3, 3 and 2, and of 3 and 1.
  for (const given of [{ recompute: 'blocks' }, { microBatchSize: 3 }] as const) {
    (await train(given)).forEach((x, i) => {
      expect(x).toBeCloseTo(usual[i]!, 5);
    });
  }
});

test('every image is embedded once, within the budget for embeddings', async () => {
  const counting = (): { count: number } & typeof backbone => {
    const own = {
      ...backbone,
      count: 0,
      pixels: (...args: Parameters<typeof backbone.pixels>) => {
        own.count += args[0].length;
        return backbone.pixels(...args);
      },
    };
    return own;
  };
  const images = stream.experiences[0]!.train.length;
  for (const [memoryMegabytes, expected] of [
    [1, images],
    [0, images * (quick.epochs + 1)], // each epoch, and once for the statistics
  ] as const) {
    const own = counting();
    const options = await resolveOptions(vqPrompt, { ...quick, batchSize: 4, memoryMegabytes });
    const learner = await vqPrompt.create(options, {
      backbone: own,
      features,
      random: createRandom(1),
    });
    made.push(learner);
    await learner.learn(stream.experiences[0]!);
    expect(own.count).toBe(expected);
  }
});

test('tells of its size, of what it keeps and of how prompts are used', async () => {
  const learner = await taught(2);
  const account = await learner.describe!();
  // Two layers of 4 entries: 4 tokens of 8 and a key of 8 each; a head of 8 × 4 + 4.
  expect(account.trainableParameters).toBe(2 * 4 * (4 * 8 + 8) + 8 * 4 + 4);
  expect(account.keeps).toContain('mean and variance');
  expect(account.insights.map(({ kind, title }) => `${kind}: ${title}`)).toEqual([
    'lines: Perplexity of prompt use',
    'matrix: Prompts by experience, layer 0',
    'matrix: Prompts by experience, layer 1',
    expect.stringMatching(/^matrix: Prompts by class, layer [01]$/),
  ]);
  for (const insight of account.insights) {
    if (insight.kind !== 'matrix') continue;
    for (const row of insight.values) {
      expect(row.reduce<number>((sum, share) => sum + share!, 0)).toBeCloseTo(1, 12);
    }
  }
});

test('five layers of ten prompts of eight tokens at width 768 are 345,600 parameters', async () => {
  const wide = smallVit({ layers: 5, width: 768, heads: 12, projections: false });
  const options = await resolveOptions(vqPrompt, { epochs: 1, batchSize: 4, threads: 1 });
  const learner = await vqPrompt.create(options, {
    backbone: wide,
    features: featuresOf(wide),
    random: createRandom(1),
  });
  made.push(learner);
  await learner.learn(tileStream([4], 1).experiences[0]!);
  const { trainableParameters } = await learner.describe!();
  expect(trainableParameters).toBe(345_600 + 768 * 4 + 4);
});

test('VQ-E3: classes seen again compete among themselves and the head does not grow', async () => {
  const classes = classesNamed('shared', 3);
  const learner = await create();
  const again = ['day', 'night'].map((label, index) => {
    return { index, name: label, classes, train: tilesOf(classes, 6, label) };
  });
  for (const experience of again) await learner.learn(experience);
  const state = await learner.save();
  expect(state.classes).toEqual(classes);
  expect(state.tensors['head.weight']!.dims).toEqual([8, 3]);
  expect(state.tensors['statistics.counts']!.data).toEqual(Int32Array.of(12, 12, 12));
});

test('VQ-E3: a hook says which columns compete', async () => {
  const all = ({ classes }: { readonly classes: number }) => [...Array(classes).keys()];
  const options = { classifierStage: false };
  const one = await taught(1, options);
  const before = floats(await one.save(), 'head.bias');
  const learner = await taught(2, options, { competing: all });
  // The columns of old classes now get gradients.
  expect(floats(await learner.save(), 'head.bias').subarray(0, 2)).not.toEqual(before);
});

test('VQ-E4, VQ-E5: a growing pool gets entries for each experience and protects those in use', async () => {
  const hooks = { pool: growPools(2) };
  const learner = await taught(1, {}, hooks);
  const before = await learner.save();
  const usage = before.tensors['usage.experiences.0']!.data as Int32Array;
  const prompts = floats(before, 'prompts.0');
  await learner.learn(stream.experiences[1]!);
  const after = await learner.save();
  expect(after.tensors['prompts.0']!.dims).toEqual([6, 4, 8]);
  expect(after.tensors['keys.0']!.dims).toEqual([6, 8]);
  const grown = floats(after, 'prompts.0');
  let kept = 0;
  for (let entry = 0; entry < 4; entry++) {
    const part = [32 * entry, 32 * (entry + 1)] as const;
    if (usage[entry]! === 0) continue;
    expect(grown.subarray(...part)).toEqual(prompts.subarray(...part));
    kept += 1;
  }
  expect(kept).toBeGreaterThan(0);
  // It is saved, restored and learns on, and the table of usage has all entries.
  const options = await resolveOptions(vqPrompt, quick);
  const context = { backbone, features, random: createRandom(9) };
  const restored = await createVqPrompt(hooks).restore(after, options, context);
  made.push(restored);
  await restored.learn(stream.experiences[2]!);
  const { insights } = await restored.describe!();
  expect(insights[1]).toMatchObject({ kind: 'matrix', columns: { length: 8 } });
});

test('VQ-E6, VQ-E16: entries without use start again as copies of the one most used', async () => {
  const options = { reviveUnused: true, temperature: 1000 }; // all soft prompts alike: one entry is used
  const learner = await taught(1, options);
  const before = await learner.save();
  const usage = Array.from(before.tensors['usage.experiences.0']!.data as Int32Array);
  expect(usage.filter((count) => count === 0)).toHaveLength(3);
  const used = usage.findIndex((count) => count > 0);
  const key = floats(before, 'keys.0').subarray(8 * used, 8 * used + 8);
  await learner.learn({ ...stream.experiences[1]! });
  const keys = floats(await learner.save(), 'keys.0');
  // Copies with a tenth of noise stay near; what was drawn from [0, 1) anew is farther away.
  const apart = [0, 1, 2, 3].map((entry) =>
    Math.hypot(...key.map((x, i) => x - keys[8 * entry + i]!)),
  );
  expect(Math.max(...apart)).toBeLessThan(0.5);
});

test('VQ-E11: another score function', async () => {
  const hooks: VqPromptHooks = {
    // Attention to the keys that agree at all: softmax of the positive part.
    score: (g, { query, keys, temperature }) => {
      const dots = g.matMul(query, g.swap(keys));
      const positive = g.where(g.greater(dots, 0), dots, 0);
      return g.softmax(g.mul(positive, 1 / temperature), 1);
    },
  };
  const [other, plain] = [await taught(1, {}, hooks), await taught(1)];
  expect(floats(await other.save(), 'keys.0')).not.toEqual(floats(await plain.save(), 'keys.0'));
});

test('the loss against unbalanced use evens the scores', async () => {
  const perplexities = async (balanceWeight: number): Promise<number> => {
    const learner = await taught(1, { balanceWeight, epochs: 20 });
    const [lines] = (await learner.describe!()).insights;
    if (lines?.kind !== 'lines') throw new Error('expected lines first');
    return Math.max(...lines.series.map(({ values }) => values[0]!));
  };
  expect(await perplexities(5)).toBeGreaterThanOrEqual(await perplexities(0));
});
