/** Stage 2 on statistics of two classes that never vary: what is drawn are the means, unless variance is added. */
import { createRandom } from '@cl/hub';
import { ClassStatistics, type LinearHead } from '@cl/training';
import { vqPrompt, type VqPromptOptions } from '@cl/vq-prompt';
import { expect, test } from 'vitest';
import { trainClassifier } from '../src/stage-two.ts';

const means = { rows: 2, cols: 2, data: Float32Array.of(1, 2, -3, 0.5) };
const head: LinearHead = {
  'head.weight': { dtype: 'float32', dims: [2, 2], data: Float32Array.of(0.1, 0.2, -0.2, 0.3) },
  'head.bias': { dtype: 'float32', dims: [2], data: Float32Array.of(0, 0.1) },
};
const rate = 0.01;

/** How far each number of the head moved, and how many steps that took. */
async function moved(given: Partial<VqPromptOptions>) {
  const statistics = new ClassStatistics(2);
  statistics.add(means, [0, 1]);
  statistics.add(means, [0, 1]);
  const options = {
    ...vqPrompt.defaults,
    classifierSamples: 4,
    classifierEpochs: 1,
    classifierLearningRate: rate,
    classifierFinalRate: rate,
    classifierWeightDecay: 0,
    classifierBatches: 'old-classes',
    addedVariance: 0,
    threads: 1,
    ...given,
  } as const;
  let steps = 0;
  const trained = await trainClassifier(
    { options, head, statistics, oldClasses: 1, random: createRandom(1) },
    { onProgress: () => (steps += 1) },
  );
  const change = (name: keyof LinearHead): number[] =>
    Array.from(trained[name].data, (x, i) => x - head[name].data[i]!);
  return { steps, change: [...change('head.weight'), ...change('head.bias')] };
}

test('a pass takes all that was drawn, or as many batches as there are old classes', async () => {
  expect((await moved({ classifierBatches: 'all', classifierEpochs: 3 })).steps).toBe(3 * 2);
  expect((await moved({ classifierEpochs: 3 })).steps).toBe(3 * 1);
});

// AdamW's first step is its rate times the sign of the gradient; no gradient is 0 here.
test('its first step is taken at its own rate', async () => {
  const { change, steps } = await moved({});
  expect(steps).toBe(1);
  for (const x of change) expect(Math.abs(x)).toBeCloseTo(rate, 6);
});

test('its rate falls to the final rate, and weights decay', async () => {
  const size = (change: readonly number[]): number => Math.hypot(...change);
  const [constant, falling] = [
    await moved({ classifierEpochs: 10 }),
    await moved({ classifierEpochs: 10, classifierFinalRate: 0 }),
  ];
  // Ten steps at one rate, or at (1 + cos(π i / 10)) / 2 of it, whose sum is 5.5: the direction hardly changes.
  expect(size(falling.change) / size(constant.change)).toBeCloseTo(0.55, 1);
  const [plain, decayed] = [await moved({}), await moved({ classifierWeightDecay: 0.5 })];
  const all = [...head['head.weight'].data, ...head['head.bias'].data];
  decayed.change.forEach((x, i) => {
    expect(x - plain.change[i]!).toBeCloseTo(-rate * 0.5 * all[i]!, 6);
  });
});

test('added variance spreads what is drawn', async () => {
  const [points, spread] = [
    await moved({ classifierEpochs: 20 }),
    await moved({ classifierEpochs: 20, addedVariance: 4 }),
  ];
  expect(spread.change).not.toEqual(points.change);
});
