/** Training: batches in, parameters that moved out. Graphs run in a thread of their own; the caller's loop stays free. */
import { ClError, throwIfAborted, type Tensor, type WorkOptions } from '@cl/hub';
import { modelFromGraph, writeModel, type OnnxGraph, type OnnxTensor } from '@cl/onnx';
import { backward, gradientName } from './backward.ts';
import { assertBatch, type Batch } from './batch.ts';
import { clipGradients, GradientAccumulator, gradientNorm } from './optimizers/clip.ts';
import type { Optimizer, OptimizerState } from './optimizers/optimizer.ts';
import { ParameterStore } from './parameter-store.ts';
import type { Schedule } from './schedules.ts';
import type { MessageTensor } from './session-messages.ts';
import { SessionThread } from './session-thread.ts';
import type { GradientRule } from './rule.ts';

/** What to train, and how. */
export interface TrainerOptions {
  /**
   * The graph that computes the loss of a batch of so many rows: its inputs are the parameters and what batches feed.
   * Asked once for each number of rows, so that a last, smaller batch has a graph of its own.
   */
  readonly graph: (rows: number) => OnnxGraph;
  /** The value to make small: the mean over the rows of a batch. */
  readonly loss: string;
  /** First values, as `parameterize` gives them; copied. */
  readonly parameters: ReadonlyMap<string, OnnxTensor>;
  readonly optimizer: Optimizer;
  /** The group's own rate throughout when absent. */
  readonly schedule?: Schedule;
  /** Longest gradient that is taken as it is; none is shortened when absent. */
  readonly maxGradientNorm?: number;
  /** int64 inputs that are class numbers: how many classes there are. Labels outside are refused before they run. */
  readonly classCounts?: Readonly<Record<string, number>>;
  /** Threads of a matrix product; as many as there are cores when 0 or absent. */
  readonly threads?: number;
  /** Rules for operators that have none. */
  readonly rules?: readonly GradientRule[];
}

/** What a step did. */
export interface StepReport {
  /** Counted from 0. */
  readonly step: number;
  /** Before the step, over all its rows. */
  readonly loss: number;
  /** Length of the gradient, before it was shortened. */
  readonly gradientNorm: number;
}

/** A training under way. Steps must not overlap: await each. */
export interface Trainer {
  /** The parameters as they are now. */
  readonly store: ParameterStore;
  /** Steps taken. */
  readonly steps: number;
  /**
   * Takes one step.
   *
   * @param batch - or several micro-batches, which together count as one batch but need the memory of one of them.
   * @throws ClError `INVALID_DATA` or `SHAPE_MISMATCH` when the batch does not fit the graph, `UNKNOWN_CLASS` for a
   * label outside its classes, `NON_FINITE` when the loss or a gradient is no finite number, `ABORTED`, `DISPOSED`.
   * Parameters and history are then what they were before.
   */
  step(batch: Batch | readonly Batch[], options?: WorkOptions): Promise<StepReport>;
  /** A step for each batch. An error leaves the steps before it done. */
  train(
    batches: Iterable<Batch> | AsyncIterable<Batch>,
    options?: WorkOptions & { readonly total?: number },
  ): Promise<readonly StepReport[]>;
  /** Parameters and the optimiser's history: a checkpoint, as copies. */
  save(): Record<string, Tensor>;
  /**
   * Continues from a checkpoint to the same bits.
   *
   * @throws ClError `SHAPE_MISMATCH` for one of another model or optimiser; nothing is changed then.
   */
  restore(checkpoint: Readonly<Record<string, Tensor>>): void;
  /** Frees sessions and thread; safe to call twice. */
  dispose(): Promise<void>;
}

/** Starts a training. Nothing is compiled before the first step. */
export function createTrainer(options: TrainerOptions): Trainer {
  return new ThreadedTrainer(options);
}

interface Compiled {
  readonly graph: OnnxGraph;
  readonly ready: Promise<void>;
}

class ThreadedTrainer implements Trainer {
  readonly store: ParameterStore;
  readonly #options: TrainerOptions;
  readonly #optimizer: OptimizerState;
  readonly #thread: SessionThread;
  readonly #compiled = new Map<number, Compiled>();
  readonly #gradients: Float32Array<ArrayBuffer>;
  readonly #sum: GradientAccumulator;

  constructor(options: TrainerOptions) {
    this.#options = options;
    this.store = new ParameterStore(options.parameters);
    this.#optimizer = options.optimizer.start(this.store);
    this.#gradients = new Float32Array(this.store.values.length);
    this.#sum = new GradientAccumulator(this.store.values.length);
    this.#thread = new SessionThread('trainer'); // last: an option that is refused leaves no thread behind
  }

  get steps(): number {
    return this.#optimizer.steps;
  }

  async step(batch: Batch | readonly Batch[], { signal }: WorkOptions = {}): Promise<StepReport> {
    const batches = 'rows' in batch ? [batch] : batch;
    const { maxGradientNorm, schedule } = this.#options;
    const step = this.steps;
    const loss = await this.#gradientsOfAll(batches, signal);
    const norm = gradientNorm(this.#gradients);
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) throw this.#notFinite(step, loss);
    if (maxGradientNorm !== undefined) clipGradients(this.#gradients, maxGradientNorm);
    this.#optimizer.step(this.#gradients, (base) => schedule?.(step, base) ?? base);
    return { step, loss, gradientNorm: norm };
  }

  async train(
    batches: Iterable<Batch> | AsyncIterable<Batch>,
    { signal, onProgress, total = 0 }: WorkOptions & { readonly total?: number } = {},
  ): Promise<readonly StepReport[]> {
    const reports: StepReport[] = [];
    for await (const batch of batches) {
      reports.push(await this.step(batch, { signal }));
      onProgress?.({
        phase: 'training',
        done: reports.length,
        total: Math.max(total, reports.length),
      });
    }
    return reports;
  }

  save(): Record<string, Tensor> {
    return {
      ...prefixed('parameter', this.store.toTensors()),
      ...prefixed('optimizer', this.#optimizer.save()),
    };
  }

  restore(checkpoint: Readonly<Record<string, Tensor>>): void {
    const before = this.store.toTensors();
    this.store.load(unprefixed('parameter', checkpoint));
    try {
      this.#optimizer.restore(unprefixed('optimizer', checkpoint));
    } catch (error) {
      this.store.load(before);
      throw error;
    }
  }

  async dispose(): Promise<void> {
    await this.#thread.close();
  }

  /** Writes the gradients of the mean over all rows of some batches and gives that mean. */
  async #gradientsOfAll(
    batches: readonly Batch[],
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const rows = batches.reduce((sum, part) => sum + part.rows, 0);
    let loss = 0;
    this.#sum.clear();
    for (const part of batches) {
      throwIfAborted('trainer', signal);
      loss += (await this.#gradientsOf(part)) * (part.rows / rows);
      if (batches.length > 1) this.#sum.add(this.#gradients, part.rows);
    }
    throwIfAborted('trainer', signal);
    if (batches.length !== 1) this.#sum.take(this.#gradients);
    return loss;
  }

  /** Writes the gradients of a batch and gives its loss. */
  async #gradientsOf(batch: Batch): Promise<number> {
    const { graph, ready } = this.#compile(batch.rows);
    assertBatch(batch, graph, { owner: 'trainer', ...this.#options });
    await ready;
    const feeds = graph.inputs.map(({ name, elementType, dims }): [string, MessageTensor] => {
      const data = batch.feeds[name]?.data ?? this.store.view(name);
      return [name, { dtype: elementType, dims: dims as number[], data: data.slice() }];
    });
    const results = await this.#thread.run(String(batch.rows), Object.fromEntries(feeds));
    for (const { name } of this.store.entries) {
      const gradient = results[gradientName(name)]!.data as Float32Array;
      this.store.view(name, this.#gradients).set(gradient);
    }
    return results[this.#options.loss]!.data[0] as number;
  }

  #compile(rows: number): Compiled {
    const known = this.#compiled.get(rows);
    if (known !== undefined) return known;
    const { loss, rules = [], threads = 0 } = this.#options;
    const wrt = this.store.entries.map(({ name }) => name);
    const forward = { ...this.#options.graph(rows), outputs: [loss] };
    const graph = backward(forward, { loss, wrt, rules });
    const ready = this.#thread.load(String(rows), writeModel(modelFromGraph(graph)), threads);
    ready.catch(() => this.#compiled.delete(rows)); // who awaits it hears of it
    const compiled = { graph, ready };
    this.#compiled.set(rows, compiled);
    return compiled;
  }

  #notFinite(step: number, loss: number): ClError {
    const norms = this.store.entries.map(({ name }) => {
      const norm = gradientNorm(this.store.view(name, this.#gradients));
      return { name, norm: Number.isFinite(norm) ? norm : Infinity };
    });
    const largest = norms.sort((a, b) => b.norm - a.norm).slice(0, 5);
    const list = largest.map(
      ({ name, norm }) => `${name} ${Number.isFinite(norm) ? norm.toPrecision(3) : 'not finite'}`,
    );
    return new ClError(
      'NON_FINITE',
      `trainer: at step ${step} the loss is ${loss}, expected finite numbers; largest gradient norms: ${list.join(', ')}. ` +
        'The parameters are those before this step. Lower the learning rate, limit maxGradientNorm, or look at the batch.',
    );
  }
}

function prefixed(
  prefix: string,
  tensors: Readonly<Record<string, Tensor>>,
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [`${prefix}/${name}`, tensor]),
  );
}

function unprefixed(
  prefix: string,
  tensors: Readonly<Record<string, Tensor>>,
): Record<string, Tensor> {
  const own = Object.entries(tensors).filter(([name]) => name.startsWith(`${prefix}/`));
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(prefix.length + 1), tensor]));
}
