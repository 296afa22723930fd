import { ranpac, type RanpacOptions } from '@cl/baselines';
import {
  createRandom,
  isClError,
  resolveOptions,
  type Experience,
  type LearnerPlugin,
} from '@cl/hub';
import { ridge } from '@cl/linalg';
import { rail } from '@cl/rail';
import { syntheticFeatures, syntheticStream } from '@cl/testing';
import { describeLearner } from '@cl/testing/vitest';
import { expect, test } from 'vitest';
import { wholeOf } from './support.ts';

describeLearner(ranpac, { hiddenDim: 48 }); // λ from samples: fewer of them than hidden units
describeLearner(ranpac, { hiddenDim: 0, lambda: 'fixed' });

const features = syntheticFeatures();
const stream = syntheticStream({ classes: [4, 3, 5], train: 6, test: 4, revisit: true });
const images = stream.evaluations.flatMap(({ test }) => test.map(({ image }) => image));

async function taught<O extends object>(
  plugin: LearnerPlugin<O>,
  given: Partial<O>,
  experiences: readonly Experience[] = stream.experiences,
  source = features,
) {
  const options = await resolveOptions(plugin, given as Record<string, unknown>);
  const learner = await plugin.create(options, { features: source, random: createRandom(5) });
  for (const experience of experiences) await learner.learn(experience);
  return learner;
}

const fixed: Partial<RanpacOptions> = { hiddenDim: 32, lambda: 'fixed', ridge: 0.5 };

test('with its hidden layer and λ it is RAIL’s adapter', async () => {
  const ours = await taught(ranpac, { ...fixed, projection: 'uniform' });
  const theirs = await taught(rail, {
    hiddenDim: 32,
    ridge: 0.5,
    adapterWeight: 1,
    memory: 'statistics',
  });
  const [a, b] = [await ours.predict(images), await theirs.predict(images)];
  const largest = Math.max(...b.values.map(Math.abs));
  expect(largest).toBeGreaterThan(0.1);
  for (const [i, x] of b.values.entries()) {
    expect(Math.abs(a.values[i]! - x) / largest).toBeLessThan(1e-5); // features in float32
  }
});

test('sums over experiences are those over everything at once', async () => {
  const parts = await (await taught(ranpac, fixed)).save();
  const whole = await (await taught(ranpac, fixed, [wholeOf(stream)])).save();
  for (const name of ['gram', 'class-sums']) {
    const [a, b] = [parts, whole].map(({ tensors }) => tensors[name]!.data as Float64Array);
    const size = Math.max(...b!.map(Math.abs));
    for (const [i, x] of b!.entries()) expect(Math.abs(a![i]! - x) / size).toBeLessThan(1e-12);
  }
});

// Every λ of the grid tried by hand on the same split: 55 samples, a fifth held out. 16 features are fewer than the
// samples, 200 hidden units more: the two sides of the system.
test.each([0, 200])(
  'λ is the one that predicts held-out samples best (%i units)',
  async (hiddenDim) => {
    const noisy = syntheticFeatures({ noise: 1.5 });
    const experience = wholeOf(stream);
    const learner = await taught(ranpac, { hiddenDim }, [experience], noisy);
    const { values, classes } = await learner.save();
    const hidden = await hiddenRows(values['seed'] as number, hiddenDim, experience, noisy);
    const order = createRandom(values['seed'] as number)
      .fork('experience-0')
      .permutation(hidden.length);
    const labels = experience.train.map(({ classId }) =>
      classes.findIndex((c) => c.id === classId),
    );
    const target = (i: number): number[] => classes.map((_, c) => (labels[i] === c ? 1 : 0));
    const cut = Math.floor(0.8 * hidden.length);
    const [train, held] = [order.slice(0, cut), order.slice(cut)];
    const errors = await Promise.all(
      Array.from({ length: 17 }, async (_, i) => {
        const weights = await ridge(
          matrixOf(train.map((row) => hidden[row]!)),
          matrixOf(train.map(target)),
          10 ** (i - 8),
        ).catch(() => undefined);
        if (weights === undefined) return Infinity;
        return held.reduce((sum, row) => {
          const predicted = classes.map((_, c) =>
            hidden[row]!.reduce((s, h, k) => s + h * weights.data[k * classes.length + c]!, 0),
          );
          return sum + target(row).reduce((s, y, c) => s + (y - predicted[c]!) ** 2, 0);
        }, 0);
      }),
    );
    const best = 10 ** (errors.indexOf(Math.min(...errors)) - 8);
    expect(values['ridge']).toBe(best);
    expect(await learner.describe!()).toMatchObject({ insights: [{ values: { λ: best } }] });
  },
);

test('a single sample leaves nothing to hold out: λ stays as it was', async () => {
  const { classes, train } = wholeOf(stream);
  const only = train.find(({ classId }) => classId === classes[0]!.id)!;
  const experience = { index: 0, name: 'one', classes: [classes[0]!], train: [only] };
  const learner = await taught(ranpac, { hiddenDim: 8, ridge: 3 }, [experience]);
  expect((await learner.save()).values['ridge']).toBe(3);
});

test('refuses a ridge of 0, and a saved state without one', async () => {
  const none: unknown = await resolveOptions(ranpac, { ridge: 0 }).catch((e: unknown) => e);
  expect(isClError(none) && none.code).toBe('INVALID_OPTION');
  expect(String(none)).toMatch(/learner "ranpac": option ridge is 0: .*>0/);
  const options = await resolveOptions(ranpac, fixed as Record<string, unknown>);
  const state = await (await taught(ranpac, fixed)).save();
  const broken = { ...state, values: { seed: 1 } };
  const restored = ranpac.restore(broken, options, { features, random: createRandom(1) });
  const error: unknown = await restored.catch((e: unknown) => e);
  expect(isClError(error) && error.code).toBe('CORRUPT_FILE');
  expect(String(error)).toMatch(/has seed 1 and ridge undefined, expected an integer and a number/);
});

/** ReLU(x·W) of unit features, W normal from the seed; the features themselves without hidden units. */
async function hiddenRows(
  seed: number,
  hiddenDim: number,
  { train }: Experience,
  source: typeof features,
): Promise<number[][]> {
  const { cols, data } = await source.images(train.map(({ image }) => image));
  const random = createRandom(seed);
  const w = Float32Array.from({ length: cols * hiddenDim }, () => random.normal());
  return train.map((_, i) => {
    const raw = [...data.subarray(i * cols, (i + 1) * cols)];
    const x = raw.map((value) => value / Math.hypot(...raw));
    if (hiddenDim === 0) return x;
    return Array.from({ length: hiddenDim }, (_unit, h) =>
      Math.max(
        0,
        x.reduce((sum, value, d) => sum + value * w[d * hiddenDim + h]!, 0),
      ),
    );
  });
}

function matrixOf(rows: readonly (readonly number[])[]) {
  return { rows: rows.length, cols: rows[0]!.length, data: Float64Array.from(rows.flat()) };
}
