/** Trainers and evaluators take over threads from one another. Node tells of each thread that starts. */
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { Emitter } from '@cl/autodiff';
import { createEvaluator, type Evaluator } from '@cl/autodiff/node';
import type { OnnxGraph } from '@cl/onnx';
import { afterEach, expect, test, vi } from 'vitest';
import { emptyGraph } from './run.ts';

const alive = new Set<Worker>();
let started = 0;
subscribe('worker_threads', (message) => {
  const { worker } = message as { worker: Worker };
  started += 1;
  alive.add(worker);
  worker.once('exit', () => alive.delete(worker));
});

/** Every thread gone, so that no test is helped by another. */
afterEach(async () => {
  await Promise.all([...alive].map((worker) => worker.terminate()));
  started = 0;
  vi.useRealTimers();
});

/** y = factor · x + w. */
function evaluator(factor: number, size = 2, w = new Float32Array(size)): Evaluator {
  const graph = (): OnnxGraph => {
    const g = new Emitter(emptyGraph());
    const x = g.input('x', 'float32', [size]);
    return g.build([g.rename(g.add(g.mul(x, factor), g.input('w', 'float32', [size])), 'y')]);
  };
  const parameters = new Map([['w', { dtype: 'float32', dims: [size], data: w } as const]]);
  return createEvaluator({ graph, outputs: ['y'], parameters, threads: 1 });
}

async function runOnes(own: Evaluator, size = 2): Promise<readonly number[]> {
  const x = { dtype: 'float32', dims: [size], data: new Float32Array(size).fill(1) } as const;
  const { y } = await own.run({ rows: size, feeds: { x } });
  return [...(y!.data as Float32Array).subarray(0, 2)];
}

async function used(...of: Parameters<typeof evaluator>): Promise<readonly number[]> {
  const own = evaluator(...of);
  const answer = await runOnes(own, of[1]);
  await own.dispose();
  return answer;
}

test('owners that follow one another share a thread, and nothing else', async () => {
  expect(await used(3, 2, Float32Array.of(10, 20))).toEqual([13, 23]);
  expect(await used(5)).toEqual([5, 5]);
  expect(await used(7)).toEqual([7, 7]);
  expect(started).toBe(1);
});

test('owners at the same time have a thread each', async () => {
  const both = [evaluator(2), evaluator(3)];
  expect(await Promise.all(both.map((own) => runOnes(own)))).toEqual([
    [2, 2],
    [3, 3],
  ]);
  expect(started).toBe(2);
  await Promise.all(both.map((own) => own.dispose()));
});

test('who was disposed of cannot reach the next owner of its thread', async () => {
  const first = evaluator(2);
  await runOnes(first);
  await first.dispose();
  const second = evaluator(3);
  first.set(new Map([['w', { dtype: 'float32', dims: [2], data: Float32Array.of(9, 9) }]]));
  await expect(runOnes(first)).rejects.toMatchObject({
    code: 'DISPOSED',
    message: expect.stringContaining('evaluator: it was disposed of, expected a live one.'),
  });
  expect(await runOnes(second)).toEqual([3, 3]);
  await second.dispose();
});

test('a thread that dies takes its owner along, and nobody after it', async () => {
  const first = evaluator(2);
  await runOnes(first);
  const [worker] = alive;
  const died = once(worker!, 'error');
  worker!.postMessage(null); // no call: an exception that nothing in the thread catches
  await died;
  await expect(runOnes(first)).rejects.toThrow(
    /evaluator: its thread died: .*null.*\. Make a new evaluator\./,
  );
  await first.dispose();
  expect(await used(4)).toEqual([4, 4]);
  expect(started).toBe(2);
});

test('a thread that dies while it waits is not taken', async () => {
  await used(2);
  const [worker] = alive;
  await worker!.terminate();
  expect(await used(4)).toEqual([4, 4]);
  expect(started).toBe(2);
});

test('a thread that held much memory is gone once its owner is', async () => {
  const size = 12 * 2 ** 20; // 48 MiB
  expect(await used(2, size, new Float32Array(size).fill(1))).toEqual([3, 3]);
  expect(alive.size).toBe(0);
});

test('a thread that nobody takes ends after a while', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await used(2);
  const [worker] = alive;
  vi.advanceTimersByTime(9_000);
  expect(await used(3)).toEqual([3, 3]); // waits anew from here on
  vi.advanceTimersByTime(9_000);
  expect(alive).toEqual(new Set([worker]));
  const exit = once(worker!, 'exit');
  vi.advanceTimersByTime(1_500);
  await exit;
  expect(started).toBe(1);
});

test('no more than eight threads wait', async () => {
  const all = Array.from({ length: 9 }, (_, i) => evaluator(i));
  await Promise.all(all.map((own) => runOnes(own)));
  await Promise.all(all.map((own) => own.dispose()));
  expect(alive.size).toBe(8);
});
