import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Emitter, crossEntropy } from '@cl/autodiff';
import {
  createEvaluator,
  type Batch,
  type Evaluator,
  type EvaluatorOptions,
} from '@cl/autodiff/node';
import type { Tensor } from '@cl/hub';
import type { OnnxGraph, OnnxTensor } from '@cl/onnx';
import { expect, test } from 'vitest';
import { emptyGraph } from './run.ts';

/** logits = x W with W [2, 3], and a loss that evaluation does not need. */
function graph(rows: number): OnnxGraph {
  const g = new Emitter(emptyGraph());
  const x = g.input('x', 'float32', [rows, 2]);
  const labels = g.input('labels', 'int64', [rows]);
  const logits = g.rename(g.stopGradient(g.matMul(x, g.input('w', 'float32', [2, 3]))), 'logits');
  g.rename(g.greater(logits, 0), 'positive');
  g.rename(g.sumAll(logits), 'total');
  return g.build([
    'logits',
    'positive',
    'total',
    g.rename(crossEntropy(g, logits, labels), 'loss'),
  ]);
}

const weights = (...data: number[]): OnnxTensor<'float32'> => ({
  dtype: 'float32',
  dims: [2, 3],
  data: Float32Array.from(data),
});
const w = weights(1, 2, 3, 4, 5, 6);
const options: EvaluatorOptions = {
  graph,
  outputs: ['logits'],
  parameters: new Map([['w', w]]),
  threads: 1,
};

const numbers = (tensor: Tensor | undefined) => Array.from(tensor!.data as Iterable<number>);

/** Rows (n, 0): logits are n times the first row of W. */
function batch(rows: number): Batch {
  const data = Float32Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? i / 2 : 0));
  return { rows, feeds: { x: { dtype: 'float32', dims: [rows, 2], data } } };
}

async function withEvaluator<T>(
  changes: Partial<EvaluatorOptions>,
  body: (evaluator: Evaluator) => Promise<T>,
): Promise<T> {
  const evaluator = createEvaluator({ ...options, ...changes });
  try {
    return await body(evaluator);
  } finally {
    await evaluator.dispose();
  }
}

test('gives the outputs that were asked for, for any number of rows', async () => {
  await withEvaluator({ outputs: ['logits', 'positive'] }, async (evaluator) => {
    const { logits, positive, ...rest } = await evaluator.run(batch(3));
    expect(rest).toEqual({});
    expect(logits).toEqual({
      dtype: 'float32',
      dims: [3, 3],
      data: Float32Array.of(0, 0, 0, 1, 2, 3, 2, 4, 6),
    });
    expect(positive).toMatchObject({ dtype: 'uint8', dims: [3, 3] });
    expect(numbers(positive)).toEqual([0, 0, 0, 1, 1, 1, 1, 1, 1]);
    expect((await evaluator.run(batch(1)))['logits']!.dims).toEqual([1, 3]);
  });
});

test('asks for a graph once for each number of rows', async () => {
  const asked: number[] = [];
  const counting = (rows: number): OnnxGraph => {
    asked.push(rows);
    return graph(rows);
  };
  await withEvaluator({ graph: counting }, async (evaluator) => {
    for (const rows of [2, 2, 1, 2, 1]) await evaluator.run(batch(rows));
    expect(asked).toEqual([2, 1]);
  });
});

test('cuts a batch that is larger than `rows`, and joins the outputs', async () => {
  const whole = await withEvaluator({}, (evaluator) => evaluator.run(batch(7)));
  const done: number[] = [];
  const parts = await withEvaluator({ rows: 3 }, (evaluator) =>
    evaluator.run(batch(7), { onProgress: (progress) => done.push(progress.done) }),
  );
  expect(parts).toEqual(whole);
  expect(done).toEqual([3, 6, 7]);
});

test('computes with the parameters that were set last, and keeps no hold of the caller’s', async () => {
  const own = weights(...w.data);
  await withEvaluator({ parameters: new Map([['w', own]]) }, async (evaluator) => {
    own.data.fill(NaN);
    const before = await evaluator.run(batch(2));
    evaluator.set(new Map([['w', weights(-1, 0, 1, 0, 0, 0)]]));
    const after = await evaluator.run(batch(2));
    expect(numbers(before['logits']).slice(3)).toEqual([1, 2, 3]);
    expect(numbers(after['logits']).slice(3)).toEqual([-1, 0, 1]);
  });
});

test('takes a training batch as it is: labels that no output needs are not looked at', async () => {
  await withEvaluator({}, async (evaluator) => {
    const labels = { dtype: 'int64' as const, dims: [2], data: BigInt64Array.of(9n, 9n) };
    const training = { rows: 2, feeds: { ...batch(2).feeds, labels } };
    expect(await evaluator.run(training)).toEqual(await evaluator.run(batch(2)));
    expect(training.feeds.labels.data).toHaveLength(2); // still the caller's
  });
});

const x = (...dims: number[]) => ({
  dtype: 'float32' as const,
  dims,
  data: new Float32Array(dims.reduce((a, b) => a * b)),
});
test.each([
  [
    'another size',
    { x: x(2, 5) },
    'SHAPE_MISMATCH',
    /evaluator: "x" is float32\[2, 5\], expected float32\[2, 2\]/,
  ],
  ['nothing', {}, 'INVALID_DATA', /nothing for "x", expected x/],
  ['a value of another name', { x: x(2, 2), z: x(1) }, 'INVALID_DATA', /"z", expected x/],
])('refuses a batch of %s', async (_, feeds, code, says) => {
  await withEvaluator({}, async (evaluator) => {
    const refused = expect.objectContaining({ code, message: expect.stringMatching(says) });
    await expect(evaluator.run({ rows: 2, feeds })).rejects.toEqual(refused);
    expect(await evaluator.run(batch(2))).toHaveProperty('logits'); // and it goes on
  });
});

test('refuses labels outside their classes before they run', async () => {
  await withEvaluator({ outputs: ['loss'], classCounts: { labels: 3 } }, async (evaluator) => {
    const labels = { dtype: 'int64' as const, dims: [2], data: BigInt64Array.of(0n, 3n) };
    await expect(
      evaluator.run({ rows: 2, feeds: { ...batch(2).feeds, labels } }),
    ).rejects.toMatchObject({ code: 'UNKNOWN_CLASS', message: expect.stringContaining('label 3') });
  });
});

test('refuses parameters of another name or size, and keeps those it has', async () => {
  await withEvaluator({}, async (evaluator) => {
    const before = await evaluator.run(batch(2));
    const other = { dtype: 'float32', dims: [3, 2], data: new Float32Array(6) } as const;
    expect(() => {
      evaluator.set(new Map([['w', other]]));
    }).toThrow(/parameter "w" is float32\[3, 2\], expected float32\[2, 3\].*new evaluator/);
    expect(() => {
      evaluator.set(new Map([['v', w]]));
    }).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    expect(await evaluator.run(batch(2))).toEqual(before);
    const wide = createEvaluator({ ...options, parameters: new Map([['w', other]]) });
    await expect(wide.run(batch(2))).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
    await wide.dispose();
  });
});

test('refuses options that make no sense, and outputs that are not there', async () => {
  expect(() => createEvaluator({ ...options, outputs: [] })).toThrow(/outputs is empty/);
  expect(() => createEvaluator({ ...options, rows: 0 })).toThrow(/rows is 0, expected a whole/);
  await withEvaluator({ outputs: ['features'] }, async (evaluator) => {
    await expect(evaluator.run(batch(2))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/"features", expected for instance logits/),
    });
  });
  await withEvaluator({ outputs: ['total'], rows: 2 }, async (evaluator) => {
    await expect(evaluator.run(batch(3))).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
      message: expect.stringMatching(/output "total" is \[\], expected 3 rows/),
    });
  });
});

test('an abort gives no result, and disposing twice ends it', async () => {
  const evaluator = createEvaluator(options);
  const abort = new AbortController();
  const run = evaluator.run(batch(2), { signal: abort.signal });
  abort.abort();
  await expect(run).rejects.toMatchObject({ code: 'ABORTED' });
  await evaluator.dispose();
  await evaluator.dispose();
  await expect(evaluator.run(batch(2))).rejects.toMatchObject({
    code: 'DISPOSED',
    message: expect.stringContaining('new evaluator'),
  });
});

test('a script that awaits the end of both goes on behind it', async () => {
  const script = fileURLToPath(new URL('support/dispose-child.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  expect(stdout).toBe('done');
});
