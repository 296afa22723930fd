/** Batches to train on: shuffled, augmented and fetched ahead, the same for the same seed, from any step on. */
import type { Batch } from '@cl/autodiff/node';
import { ClError, type Random, type Tensor, type WorkOptions } from '@cl/hub';
import type { BatchSource } from './batch-source.ts';
import { oneAhead } from './one-ahead.ts';

/** How many batches there are. */
export interface BatchPlan {
  readonly batchSize: number;
  readonly epochs: number;
  /** `true` leaves out the last batch of an epoch when it is smaller, unless it is the only one. */
  readonly dropLast?: boolean;
}

/** What {@link trainingBatches} makes batches from. */
export interface TrainingBatchesOptions extends BatchPlan, Pick<WorkOptions, 'signal'> {
  /** Rows for each input of the graph; all sources have the same number of rows. */
  readonly inputs: Readonly<Record<string, BatchSource>>;
  /** The column of each row's class: fed as `labels`, int32 [N]. */
  readonly labels?: ArrayLike<number>;
  /** Orders and views are drawn from forks of it: how much was drawn from it before does not matter. */
  readonly random: Random;
  /** The first step to give, to resume: what it gives does not depend on whether earlier ones were asked for. */
  readonly from?: number;
}

/** Some rows, ready for `Trainer.step`. */
export interface TrainingBatch extends Batch {
  /** Numbers of the rows in their sources. */
  readonly indices: readonly number[];
  /** Counted from 0. */
  readonly epoch: number;
  /** Counted from 0 over all epochs. */
  readonly step: number;
}

/** Steps of one epoch: at least 1. */
export function stepsPerEpoch(rows: number, { batchSize, dropLast = false }: BatchPlan): number {
  const steps = dropLast ? Math.floor(rows / batchSize) : Math.ceil(rows / batchSize);
  return Math.max(1, steps);
}

/** Steps of a training: what schedules and progress are told. */
export function stepsOf(rows: number, plan: BatchPlan): number {
  return plan.epochs * stepsPerEpoch(rows, plan);
}

/**
 * Batches of all epochs. Each epoch has every row once, in an order of its own. The batch after the current one is
 * fetched while it is worked on.
 *
 * Epoch e is ordered by `random.fork('order/e')`; step s draws its views from `random.fork('views/s')`.
 *
 * @throws ClError `EMPTY_STREAM` without rows, `SHAPE_MISMATCH` when sources or labels differ in number, `INVALID_OPTION`
 * for sizes below 1; when a batch is due: what its source throws, `ABORTED`.
 */
export function trainingBatches(options: TrainingBatchesOptions): AsyncIterable<TrainingBatch> {
  const rows = assertOptions(options);
  return { [Symbol.asyncIterator]: () => generate(options, rows) };
}

async function* generate(
  options: TrainingBatchesOptions,
  rows: number,
): AsyncGenerator<TrainingBatch, void, void> {
  const { signal, from = 0 } = options;
  const order = orders(options.random, rows);
  const fetch = (step: number, own: AbortSignal): Promise<TrainingBatch> =>
    fetchBatch(options, rows, order, step, own);
  yield* oneAhead({ from, to: stepsOf(rows, options), fetch, signal });
}

async function fetchBatch(
  { inputs, labels, random, batchSize, ...plan }: TrainingBatchesOptions,
  rows: number,
  order: (epoch: number) => readonly number[],
  step: number,
  signal: AbortSignal,
): Promise<TrainingBatch> {
  const perEpoch = stepsPerEpoch(rows, { ...plan, batchSize });
  const epoch = Math.floor(step / perEpoch);
  const first = (step % perEpoch) * batchSize;
  const indices = order(epoch).slice(first, first + batchSize);
  const feeds: Record<string, Tensor> = {};
  for (const [name, source] of Object.entries(inputs)) {
    feeds[name] = await source.take(indices, random.fork(`views/${step}`), { signal });
  }
  if (labels !== undefined) {
    const data = Int32Array.from(indices, (row) => labels[row]!);
    feeds['labels'] = { dtype: 'int32', dims: [indices.length], data };
  }
  return { rows: indices.length, feeds, indices, epoch, step };
}

/** The order of an epoch; the latest is remembered. */
function orders(random: Random, rows: number): (epoch: number) => readonly number[] {
  let known: { readonly epoch: number; readonly order: readonly number[] } | undefined;
  return (epoch) => {
    if (known?.epoch !== epoch) {
      known = { epoch, order: random.fork(`order/${epoch}`).permutation(rows) };
    }
    return known.order;
  };
}

function assertOptions(options: TrainingBatchesOptions): number {
  const { inputs, labels, batchSize, epochs, from = 0 } = options;
  for (const [name, value, least] of [
    ['batchSize', batchSize, 1],
    ['epochs', epochs, 1],
    ['from', from, 0],
  ] as const) {
    if (Number.isInteger(value) && value >= least) continue;
    throw new ClError(
      'INVALID_OPTION',
      `trainingBatches: ${name} is ${value}, expected a whole number of at least ${least}. Correct the option.`,
    );
  }
  const counts = Object.entries(inputs).map(([name, { count }]) => [name, count] as const);
  if (labels !== undefined) counts.push(['labels', labels.length]);
  const rows = counts[0]?.[1] ?? 0;
  if (rows === 0) {
    throw new ClError(
      'EMPTY_STREAM',
      'trainingBatches: found no rows, expected at least one. Check what the batches are made from.',
    );
  }
  if (counts.every(([, count]) => count === rows)) return rows;
  const found = counts.map(([name, count]) => `${name} ${count}`).join(', ');
  throw new ClError(
    'SHAPE_MISMATCH',
    `trainingBatches: the inputs have different numbers of rows (${found}), expected one number. ` +
      'Give every sample a row in each of them.',
  );
}
