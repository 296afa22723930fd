/** A graph run over as many rows as there are. */
import type { Evaluator } from '@cl/autodiff/node';
import { ClError, type Matrix, type Tensor, type WorkOptions } from '@cl/hub';
import type { BatchSource } from './batch-source.ts';
import { oneAhead } from './one-ahead.ts';

/** What {@link evaluateInBatches} runs. */
export interface EvaluationOptions {
  /** Rows for each input of the graph; all sources have the same number of rows. */
  readonly inputs: Readonly<Record<string, BatchSource>>;
  /** A value of the graph that the evaluator gives, real [N, …]. */
  readonly output: string;
  /** Most rows of one run. */
  readonly batchSize: number;
}

/**
 * The output for every row of the sources, in order; the next batch is fetched while one is run.
 *
 * Runs have `batchSize` rows, and what is left over is filled up to a power of two with copies of its last row, so that an
 * evaluator compiles a handful of graphs whatever it is asked.
 *
 * @returns float32 [N, M], the axes after the first joined.
 * @throws ClError `SHAPE_MISMATCH` when sources differ in number; what the sources and `Evaluator.run` throw; `ABORTED`.
 */
export async function evaluateInBatches(
  evaluator: Evaluator,
  { inputs, output, batchSize }: EvaluationOptions,
  { signal, onProgress }: WorkOptions = {},
): Promise<Matrix<Float32Array>> {
  const counts = Object.values(inputs).map(({ count }) => count);
  const total = counts[0] ?? 0;
  if (counts.some((count) => count !== total)) {
    throw new ClError(
      'SHAPE_MISMATCH',
      `evaluateInBatches: the inputs have ${counts.join(', ')} rows, expected one number. Give each the same rows.`,
    );
  }
  const fetch = async (batch: number, own: AbortSignal): Promise<Run> => {
    const first = batch * batchSize;
    const rows = Math.min(batchSize, total - first);
    const filled = Math.min(batchSize, 2 ** Math.ceil(Math.log2(rows)));
    const indices = Array.from({ length: filled }, (_, i) => first + Math.min(i, rows - 1));
    const feeds: Record<string, Tensor> = {};
    for (const [name, source] of Object.entries(inputs)) {
      feeds[name] = await source.take(indices, undefined, { signal: own });
    }
    return { first, rows, filled, feeds };
  };
  let result: Matrix<Float32Array> | undefined;
  for await (const run of oneAhead({ from: 0, to: Math.ceil(total / batchSize), fetch, signal })) {
    const outputs = await evaluator.run({ rows: run.filled, feeds: run.feeds }, { signal });
    const data = outputs[output]!.data as Float32Array;
    const cols = data.length / run.filled;
    result ??= { rows: total, cols, data: new Float32Array(total * cols) };
    result.data.set(data.subarray(0, run.rows * cols), run.first * cols);
    onProgress?.({ phase: output, done: run.first + run.rows, total });
  }
  return result ?? { rows: 0, cols: 0, data: new Float32Array(0) };
}

interface Run {
  readonly first: number;
  /** Rows that count. */
  readonly rows: number;
  /** Rows that run. */
  readonly filled: number;
  readonly feeds: Readonly<Record<string, Tensor>>;
}
