import { adamW, backward, Emitter } from '@cl/autodiff';
import type { TrainerOptions } from '@cl/autodiff/node';
import { createRandom, type Progress, type Tensor } from '@cl/hub';
import {
  classifierLoss,
  emptyHead,
  featureGraph,
  growHead,
  headClasses,
  headLogits,
  headOf,
  linearHead,
  restoreHead,
  tensorSource,
  trainOnBatches,
  withClassifier,
  type LinearHead,
} from '@cl/training';
import { describe, expect, test } from 'vitest';
import { runGraph } from './support/run-graph.ts';

const float = (dims: readonly number[], ...data: number[]): Tensor<'float32'> => ({
  dtype: 'float32',
  dims,
  data: Float32Array.from(data),
});

describe('a head', () => {
  test('grows by classes: old columns keep their bits, new ones are within ±1/√D', () => {
    const two = growHead(emptyHead(9), 2, createRandom('a'));
    const five = growHead(two, 5, createRandom('b'));
    expect(headClasses(five)).toBe(5);
    expect(five['head.weight'].dims).toEqual([9, 5]);
    for (let d = 0; d < 9; d += 1) {
      for (let c = 0; c < 5; c += 1) {
        const weight = five['head.weight'].data[d * 5 + c]!;
        if (c < 2) expect(weight).toBe(two['head.weight'].data[d * 2 + c]);
        else expect(Math.abs(weight)).toBeLessThanOrEqual(1 / 3);
        if (c >= 2) expect(weight).not.toBe(0);
      }
    }
    expect(five['head.bias'].data.subarray(0, 2)).toEqual(two['head.bias'].data);
    expect(growHead(five, 5, createRandom('c'))).toEqual(five);
  });

  test('does not shrink', () => {
    const head = growHead(emptyHead(4), 3, createRandom(1));
    expect(() => growHead(head, 2, createRandom(1))).toThrow(
      expect.objectContaining({
        code: 'SHAPE_MISMATCH',
        message: expect.stringContaining(
          'has 3 classes and is to have 2, expected at least as many',
        ),
      }),
    );
  });

  test('gives h W + b', async () => {
    const g = new Emitter(featureGraph(2, 2));
    g.rename(linearHead(g, g.value('features'), 3), 'logits');
    const { logits } = await runGraph(g.build(['logits']), {
      features: float([2, 2], 1, 2, 0, -1),
      'head.weight': float([2, 3], 1, 0, 2, 0, 1, 3),
      'head.bias': float([3], 0.5, 0, -1),
    });
    // [1, 2] W = [1, 2, 2 + 6], [0, −1] W = [0, −1, −3]; plus b.
    expect([...logits!]).toEqual([1.5, 2, 7, 0.5, -1, -4]);
  });
});

describe('a head outside of graphs', () => {
  const head: LinearHead = {
    'head.weight': float([2, 3], 1, 0, 2, 0, 1, 3),
    'head.bias': float([3], 0.5, 0, -1),
  };
  const features = { rows: 2, cols: 2, data: Float32Array.of(1, 2, 0, -1) };
  const classes = ['a', 'b', 'c'].map((id) => ({ id, name: id }));

  test('gives the same logits', async () => {
    const logits = await headLogits(features, head);
    expect([logits.rows, logits.cols]).toEqual([2, 3]);
    expect([...logits.data]).toEqual([1.5, 2, 7, 0.5, -1, -4]);
  });

  test('is found again in a saved state, and missed where it does not fit', () => {
    const state = { classes, experiences: 1, values: {}, tensors: { ...head } };
    expect(restoreHead('test', state, 2)).toEqual(head);
    expect(() => restoreHead('test', { ...state, classes: classes.slice(1) }, 2)).toThrow(
      expect.objectContaining({
        code: 'CORRUPT_FILE',
        message: expect.stringContaining(
          '"head.weight" as float32 [2, 3] of 6 numbers, expected float32 [2, 2]',
        ),
      }),
    );
  });
});

describe('the loss', () => {
  const head: LinearHead = {
    'head.weight': float([2, 3], 1, 0, 2, 0, 1, 3),
    'head.bias': float([3], 0.5, 0, -1),
  };
  const features = float([1, 2], 1, 2); // logits 1.5, 2, 7
  const labels: Tensor = { dtype: 'int32', dims: [1], data: Int32Array.of(0) };

  test('is cross-entropy over the allowed classes only, and the others get no gradient', async () => {
    const wrt = ['head.weight', 'head.bias'];
    const graph = withClassifier(featureGraph(1, 2), 3, { allowed: [0, 1] });
    const results = await runGraph(backward(graph, { loss: 'loss', wrt }), {
      features,
      labels,
      ...head,
    });
    // −ln softmax(1.5, 2)₀ = ln(1 + e^0.5); ∂/∂b = p − y = (p₀ − 1, 1 − p₀) and exactly 0 for the third.
    const loss = Math.log(1 + Math.exp(0.5));
    const p = Math.exp(-loss);
    expect(results['loss']![0]).toBeCloseTo(loss, 6);
    const bias = [...results['head.bias.grad']!];
    expect(bias[0]).toBeCloseTo(p - 1, 6);
    expect(bias[1]).toBeCloseTo(1 - p, 6);
    expect(bias[2]).toBe(0);
    expect([results['head.weight.grad']![2], results['head.weight.grad']![5]]).toEqual([0, 0]);
  });

  test('is over all classes when none are named, smoothed when asked', async () => {
    const { loss } = await runGraph(withClassifier(featureGraph(1, 2), 3), {
      features,
      labels,
      ...head,
    });
    const all = Math.log(Math.exp(1.5) + Math.exp(2) + Math.exp(7));
    expect(loss![0]).toBeCloseTo(all - 1.5, 5);
    const smooth = withClassifier(featureGraph(1, 2), 3, { labelSmoothing: 0.3 });
    const { loss: smoothed } = await runGraph(smooth, { features, labels, ...head });
    // 0.7 of the label, 0.1 of each class.
    expect(smoothed![0]).toBeCloseTo(all - 0.7 * 1.5 - 0.1 * (1.5 + 2 + 7), 5);
  });

  test.each([
    [[0, 3], 'column 3 is allowed, expected columns from 0 to 2'],
    [[], 'no column is allowed'],
  ])('refuses allowed columns %j', (allowed, message) => {
    const g = new Emitter(featureGraph(1, 2));
    const logits = linearHead(g, g.value('features'), 3);
    const target = g.input('labels', 'int32', [1]);
    expect(() => classifierLoss(g, logits, target, { allowed })).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_CLASS', message: expect.stringContaining(message) }),
    );
  });
});

test('a head trained on features learns to tell classes apart', async () => {
  const random = createRandom('clouds');
  const labels = Int32Array.from({ length: 60 }, (_, i) => i % 3);
  const data = Float32Array.from({ length: 60 * 4 }, (_, i) => {
    const [row, k] = [Math.floor(i / 4), i % 4];
    return (labels[row] === k ? 3 : 0) + random.normal(); // class c lies at 3 eₖ, k = c
  });
  const features = tensorSource({ dtype: 'float32', dims: [60, 4], data });
  const head = growHead(emptyHead(4), 3, random);
  const before = head['head.weight'].data.slice();
  const trainer: TrainerOptions = {
    graph: (rows) => withClassifier(featureGraph(rows, 4), 3),
    loss: 'loss',
    parameters: new Map(Object.entries(head)),
    optimizer: adamW({ learningRate: 0.1 }),
    classCounts: { labels: 3 },
    threads: 1,
  };
  const batches = { inputs: { features }, labels, batchSize: 16, epochs: 10, random };
  const progress: number[] = [];
  const onProgress = ({ done, total }: Progress) => progress.push(done / total);
  const { tensors, steps } = await trainOnBatches(trainer, batches, { onProgress });
  expect(steps).toHaveLength(40);
  expect(progress.at(-1)).toBe(1);
  expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss / 3);
  expect(head['head.weight'].data).toEqual(before);
  const logits = await headLogits({ rows: 60, cols: 4, data }, headOf(tensors));
  const right = [...labels].filter((label, i) => {
    const row = logits.data.subarray(3 * i, 3 * i + 3);
    return row[label] === Math.max(...row);
  });
  expect(right.length).toBeGreaterThan(50); // clouds at distance 3√2 overlap a little

  const aborted = { signal: AbortSignal.abort() };
  await expect(trainOnBatches(trainer, batches, aborted)).rejects.toMatchObject({
    code: 'ABORTED',
  });
});

test('a head is not found among other tensors', () => {
  expect(() => headOf({ weight: float([1], 0) })).toThrow(
    expect.objectContaining({
      code: 'NOT_FOUND',
      message: expect.stringContaining('found weight, expected head.weight and head.bias'),
    }),
  );
});
