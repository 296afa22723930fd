import { Emitter, adamW, cosine, crossEntropy, rule, sgd } from '@cl/autodiff';
import { createTrainer, splitBatch, type Batch, type TrainerOptions } from '@cl/autodiff/node';
import { createRandom, type Tensor } from '@cl/hub';
import type { OnnxGraph, OnnxTensor } from '@cl/onnx';
import { expect, test } from 'vitest';
import { emptyGraph } from './run.ts';

/** logits = tanh(x W₁) W₂, x [N, 4], three classes. */
function graph(rows: number): OnnxGraph {
  const g = new Emitter(emptyGraph());
  const x = g.input('x', 'float32', [rows, 4]);
  const labels = g.input('labels', 'int64', [rows]);
  const [first, second] = [
    g.input('first', 'float32', [4, 8]),
    g.input('second', 'float32', [8, 3]),
  ];
  const logits = g.matMul(g.tanh(g.matMul(x, first)), second);
  return g.build([g.rename(crossEntropy(g, logits, labels), 'loss')]);
}

function normal(seed: string, dims: readonly number[]): OnnxTensor<'float32'> {
  const random = createRandom(seed);
  const length = dims.reduce((size, dim) => size * dim, 1);
  return { dtype: 'float32', dims, data: Float32Array.from({ length }, () => random.normal() / 2) };
}

const parameters = new Map<string, OnnxTensor>([
  ['first', normal('first', [4, 8])],
  ['second', normal('second', [8, 3])],
]);

/** Rows whose class is the largest of their first three numbers. */
function batch(rows: number, seed = 'batch'): Batch {
  const x = normal(seed, [rows, 4]);
  const labels = BigInt64Array.from({ length: rows }, (_, n) => {
    const row = Array.from(x.data.subarray(4 * n, 4 * n + 3));
    return BigInt(row.indexOf(Math.max(...row)));
  });
  return { rows, feeds: { x, labels: { dtype: 'int64', dims: [rows], data: labels } } };
}

const options: TrainerOptions = {
  graph,
  loss: 'loss',
  parameters,
  optimizer: adamW({ learningRate: 0.05 }),
  schedule: cosine({ steps: 40 }),
  classCounts: { labels: 3 },
  threads: 1,
};

async function withTrainer<T>(
  changes: Partial<TrainerOptions>,
  body: (trainer: ReturnType<typeof createTrainer>) => Promise<T>,
): Promise<T> {
  const trainer = createTrainer({ ...options, ...changes });
  try {
    return await body(trainer);
  } finally {
    await trainer.dispose();
  }
}

test('learns, with a smaller last batch, and reports each step', async () => {
  await withTrainer({}, async (trainer) => {
    const done: number[] = [];
    const epoch = [batch(16, 'a'), batch(16, 'b'), batch(5, 'c')];
    const batches = Array.from({ length: 12 }, () => epoch).flat();
    const reports = await trainer.train(batches, {
      total: 36,
      onProgress: (progress) => done.push(progress.done),
    });
    expect(trainer.steps).toBe(36);
    expect(done).toEqual(reports.map((_, i) => i + 1));
    expect(reports.map(({ step }) => step)).toEqual(reports.map((_, i) => i));
    expect(reports[0]!.loss).toBeGreaterThan(0.9);
    expect(reports.at(-2)!.loss).toBeLessThan(0.3);
    // The caller's first values are not touched.
    expect(parameters.get('first')).toEqual(normal('first', [4, 8]));
  });
});

test('a checkpoint continues to the same bits as never having stopped', async () => {
  const batches = ['a', 'b', 'c', 'd'].map((seed) => batch(8, seed));
  const whole = await withTrainer({}, async (trainer) => {
    await trainer.train(batches);
    return trainer.save();
  });
  const half = await withTrainer({}, async (trainer) => {
    await trainer.train(batches.slice(0, 2));
    return trainer.save();
  });
  const resumed = await withTrainer({}, async (trainer) => {
    trainer.restore(half);
    expect(trainer.steps).toBe(2);
    await trainer.train(batches.slice(2));
    return trainer.save();
  });
  expect(resumed).toEqual(whole);
});

test('micro-batches of different size take the step of the batch they make up', async () => {
  const whole = batch(10);
  const plain = { optimizer: sgd({ learningRate: 0.5 }) };
  const run = (given: Batch | readonly Batch[]) =>
    withTrainer(plain, async (trainer) => ({
      report: await trainer.step(given),
      values: trainer.store.values.slice(),
    }));
  const [once, parts] = [await run(whole), await run(splitBatch(whole, 7))]; // 7 and 3 rows
  expect(parts.report.loss).toBeCloseTo(once.report.loss, 6);
  parts.values.forEach((value, i) => {
    expect(value).toBeCloseTo(once.values[i]!, 6);
  });
});

test('a gradient that is too long is shortened before the step', async () => {
  const moved = await withTrainer(
    { optimizer: sgd({ learningRate: 1 }), schedule: (_, base) => base, maxGradientNorm: 0.01 },
    async (trainer) => {
      const before = trainer.store.values.slice();
      const { gradientNorm } = await trainer.step(batch(8));
      expect(gradientNorm).toBeGreaterThan(0.01);
      return Math.hypot(...trainer.store.values.map((value, i) => value - before[i]!));
    },
  );
  expect(moved).toBeCloseTo(0.01, 4);
});

test('the caller’s event loop stays free while a step runs', async () => {
  // Thirty products of 256 × 512 × 512 and their gradients: some 10 GFLOP in one run of the session.
  const deep = (rows: number): OnnxGraph => {
    const g = new Emitter(emptyGraph());
    const w = g.input('w', 'float32', [512, 512]);
    let h = g.input('x', 'float32', [rows, 512]);
    for (let layer = 0; layer < 30; layer++) h = g.tanh(g.matMul(h, w));
    return g.build([g.rename(g.sumAll(h), 'loss')]);
  };
  const w: OnnxTensor = { dtype: 'float32', dims: [512, 512], data: new Float32Array(512 * 512) };
  const x = normal('x', [256, 512]);
  const heavy = { graph: deep, parameters: new Map([['w', w]]), classCounts: {} };
  await withTrainer(heavy, async (trainer) => {
    await trainer.step({ rows: 256, feeds: { x } }); // compiled
    let turns = 0;
    const turn = setInterval(() => (turns += 1), 1);
    await trainer.step({ rows: 256, feeds: { x } });
    clearInterval(turn);
    expect(turns).toBeGreaterThan(5);
  });
});

test('an abort leaves parameters and history as they were', async () => {
  await withTrainer({}, async (trainer) => {
    await trainer.step(batch(8));
    const before = trainer.save();
    const abort = new AbortController();
    const step = trainer.step(batch(8), { signal: abort.signal });
    abort.abort();
    await expect(step).rejects.toMatchObject({ code: 'ABORTED' });
    expect(trainer.save()).toEqual(before);
    await trainer.step(batch(8)); // and it goes on
  });
});

test('a NaN stops training, says at which step and where, and keeps the last good state', async () => {
  await withTrainer({}, async (trainer) => {
    await trainer.step(batch(8));
    const before = trainer.save();
    const bad = batch(8);
    (bad.feeds['x']!.data as Float32Array)[3] = NaN;
    await expect(trainer.step(bad)).rejects.toMatchObject({
      code: 'NON_FINITE',
      message: expect.stringMatching(
        /at step 1 the loss is NaN.*first not finite.*before this step/s,
      ),
    });
    expect(trainer.save()).toEqual(before);
  });
});

const image = (dims: number[]) => ({ ...batch(2).feeds, x: normal('x', dims) });
const labelled = (...labels: bigint[]) => ({
  ...batch(2).feeds,
  labels: { dtype: 'int64' as const, dims: [2], data: BigInt64Array.from(labels) },
});

test.each([
  {
    what: 'a label outside the classes',
    feeds: labelled(0n, 3n),
    code: 'UNKNOWN_CLASS',
    says: /"labels" holds the label 3, expected 0 to 2/,
  },
  {
    what: 'another image size',
    feeds: image([2, 5]),
    code: 'SHAPE_MISMATCH',
    says: /"x" is float32\[2, 5\], expected float32\[2, 4\]/,
  },
  {
    what: 'a missing feed',
    feeds: { x: batch(2).feeds['x']! },
    code: 'INVALID_DATA',
    says: /nothing for "labels"/,
  },
  {
    what: 'an unknown feed',
    feeds: { ...batch(2).feeds, z: normal('z', [1]) },
    code: 'INVALID_DATA',
    says: /"z", expected x, labels/,
  },
])('refuses $what, and changes nothing', async ({ feeds, code, says }) => {
  await withTrainer({}, async (trainer) => {
    const before = trainer.save();
    await expect(trainer.step({ rows: 2, feeds })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(says),
    });
    expect(trainer.save()).toEqual(before);
  });
});

test('refuses a checkpoint of another model or optimiser, and changes nothing', async () => {
  const other = await withTrainer({ optimizer: sgd({ momentum: 0.9 }) }, async (trainer) => {
    await trainer.step(batch(4));
    return trainer.save();
  });
  await withTrainer({}, async (trainer) => {
    const before = trainer.save();
    expect(() => {
      trainer.restore(other);
    }).toThrow(
      expect.objectContaining({
        code: 'SHAPE_MISMATCH',
        message: expect.stringMatching(
          /saved history holds steps, velocity, expected steps, .*same optimiser and model/,
        ),
      }),
    );
    const { 'parameter/first': first, ...rest } = before;
    const { dims, data } = first!;
    const wider = { ...first!, dims: [dims[0]! / 2, 2 * dims[1]!], data };
    expect(() => {
      trainer.restore({ ...rest, 'parameter/first': wider });
    }).toThrow(/"first" as float32\[2, 16\], expected float32\[4, 8\]/);
    expect(() => {
      trainer.restore({});
    }).toThrow(/no parameter "first"/);
    expect(trainer.save()).toEqual(before);
  });
});

test('an operator that onnxruntime does not have is told in its words', async () => {
  const strange = (rows: number): OnnxGraph => {
    const plain = graph(rows);
    const nodes = plain.nodes.map((node) =>
      node.opType === 'Tanh' ? { ...node, domain: 'com.microsoft' } : node,
    );
    return { ...plain, nodes };
  };
  const passing = rule('com.microsoft.Tanh', 1, (n) => [n.dy]);
  await withTrainer({ graph: strange, rules: [passing] }, async (trainer) => {
    await expect(trainer.step(batch(4))).rejects.toMatchObject({
      code: 'INVALID_MODEL',
      message: expect.stringMatching(/could not load a step: .*Tanh/s),
    });
  });
});

test('disposes twice, and answers nothing afterwards', async () => {
  const trainer = createTrainer(options);
  await trainer.step(batch(4));
  await trainer.dispose();
  await trainer.dispose();
  await expect(trainer.step(batch(4))).rejects.toMatchObject({ code: 'DISPOSED' });
});

test('what the caller changes in the store counts from the next step on', async () => {
  const plain = { optimizer: sgd({ learningRate: 0.5 }) };
  const start = new Map<string, OnnxTensor>([...parameters].reverse());
  await withTrainer(plain, async (trainer) => {
    const { store } = trainer;
    const before = store.values.slice();
    await trainer.step(batch(8, 'a'));
    expect(store.values).not.toEqual(before); // looked at again, it is as it is now
    store.values.set(before);
    const view = store.view('first');
    const again = await trainer.step(batch(8, 'b'));
    expect(view).toHaveLength(0); // given to the thread: rather nothing than old values
    const fresh = await withTrainer(plain, (other) => other.step(batch(8, 'b')));
    expect(again.loss).toBe(fresh.loss);
    trainer.store.load(Object.fromEntries(start) as Record<string, Tensor>);
    expect((await trainer.step(batch(8, 'b'))).loss).toBe(fresh.loss);
  });
});

test('a step under way is not disturbed', async () => {
  await withTrainer({}, async (trainer) => {
    await trainer.step(batch(8));
    const before = trainer.save();
    const step = trainer.step(batch(8));
    const early = expect.objectContaining({ code: 'OUT_OF_ORDER' });
    await expect(trainer.step(batch(8))).rejects.toEqual(early);
    expect(() => trainer.save()).toThrow(early);
    expect(() => {
      trainer.restore(before);
    }).toThrow(/a checkpoint was to be restored while a step is under way/);
    expect((await step).step).toBe(1);
  });
});

test('an optimiser that is functions only is refused with a way out', () => {
  const { name, start } = sgd();
  expect(() => createTrainer({ ...options, optimizer: { name, start } })).toThrow(
    /optimizer "sgd" has no plan.*createEvaluator/,
  );
});
