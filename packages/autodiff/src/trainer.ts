/**
 * Training: batches in, parameters that moved out. Graphs run in a thread of their own, where parameters and optimiser
 * live too: the caller's event loop stays free, and a step moves nothing across but its batch.
 */
import { ClError, throwIfAborted, type Tensor, type WorkOptions } from '@cl/hub';
import { removeDeadCode, type OnnxGraph, type OnnxTensor } from '@cl/onnx';
import { backward } from './backward.ts';
import { assertBatch, type Batch } from './batch.ts';
import type { Optimizer, OptimizerPlan } from './optimizers/optimizer.ts';
import { ParameterStore } from './parameter-store.ts';
import { blockInputs } from './recompute.ts';
import type { GradientRule } from './rule.ts';
import type { Schedule } from './schedules.ts';
import type { ReadResult, StepResult } from './session-messages.ts';
import { SessionThread, buffersOf, type Place } from './session-thread.ts';

/** What to train, and how. */
export interface TrainerOptions extends Place {
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
  /**
   * What is computed again in the backward pass instead of being kept: nothing, when absent; the inside of each block of
   * a transformer (`blockInputs`); or everything between the values with these names. A step takes about a third longer.
   */
  readonly recompute?: 'none' | 'blocks' | readonly string[];
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
  /**
   * The parameters as they are now. They live in the trainer's thread: looking at them brings a copy here, and the next
   * step takes it back, changed or not, and leaves views of it empty: take new ones. Not to be looked at during a step.
   */
  readonly store: ParameterStore;
  /** Steps taken. */
  readonly steps: number;
  /**
   * Takes one step.
   *
   * @param batch - or several micro-batches, which together count as one batch but need the memory of one of them.
   * @throws ClError `INVALID_DATA` or `SHAPE_MISMATCH` when the batch does not fit the graph, `UNKNOWN_CLASS` for a
   * label outside its classes, `NON_FINITE` when the loss or a gradient is no finite number, `INVALID_MODEL` for a graph
   * that onnxruntime cannot run, `OUT_OF_ORDER` when a step is under way, `OUT_OF_MEMORY`, `ABORTED`, `DISPOSED`.
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
  readonly #store: FetchedStore;
  readonly #options: Omit<TrainerOptions, 'parameters'> & {
    readonly parameters: ReadonlyMap<string, unknown>;
  };
  readonly #plan: OptimizerPlan;
  readonly #thread: SessionThread;
  readonly #compiled = new Map<number, Compiled>();
  /** Who has the parameters as they are now: what the caller has seen it may have changed. */
  #where: 'caller' | 'thread' = 'caller';
  #underWay = false;
  #steps = 0;

  constructor(options: TrainerOptions) {
    const { parameters } = options;
    this.#store = new FetchedStore(parameters, (values) => {
      this.#fetch(values);
    });
    const names = this.store.entries.map(({ name, dims }) => [name, { name, dims }] as const);
    this.#options = { ...options, parameters: new Map(names) }; // the values are not held on to
    this.#plan = planOf(options.optimizer, this.store);
    this.#thread = new SessionThread('trainer'); // last: an option that is refused leaves no thread behind
    const wires = this.#thread.wires;
    const { entries } = this.store;
    const start = { method: 'start', entries, plan: this.#plan, loss: options.loss } as const;
    this.#thread.call({ ...start, ...wires }, [wires.port]).catch(() => undefined); // steps say it
  }

  get store(): ParameterStore {
    return this.#store;
  }

  get steps(): number {
    return this.#steps;
  }

  async step(batch: Batch | readonly Batch[], { signal }: WorkOptions = {}): Promise<StepReport> {
    if (this.#underWay) throw tooEarly('a second step was asked for');
    const step = this.#steps;
    this.#underWay = true;
    const stop = (): void => {
      this.#thread.aborted = true;
    };
    try {
      this.#thread.aborted = false;
      signal?.addEventListener('abort', stop);
      const result = await this.#take('rows' in batch ? [batch] : batch, signal);
      if (result.norms !== undefined) throw notFinite(step, result.loss, result.norms);
      this.#steps += 1;
      return { step, loss: result.loss, gradientNorm: result.gradientNorm };
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#underWay = false;
    }
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
    const { history } = this.#read('history');
    return {
      ...prefixed('parameter', this.store.toTensors()),
      ...prefixed('optimizer', history!),
    };
  }

  restore(checkpoint: Readonly<Record<string, Tensor>>): void {
    const parameters = unprefixed('parameter', checkpoint);
    this.store.assertFits(parameters);
    if (this.#underWay) throw tooEarly('a checkpoint was to be restored');
    const history = unprefixed('optimizer', checkpoint);
    this.#steps = this.#thread.callAndWait({ method: 'restore', history }) as number;
    this.store.load(parameters);
  }

  async dispose(): Promise<void> {
    await this.#thread.close();
  }

  /** Brings the values here, when they are in the thread. */
  #fetch(into: Float32Array): void {
    if (this.#where === 'caller') return;
    into.set(this.#read('values').values!);
    this.#where = 'caller';
  }

  #read(what: 'values' | 'history'): ReadResult {
    if (this.#underWay) throw tooEarly('the parameters were asked for');
    return this.#thread.callAndWait({ method: 'read', what }) as ReadResult;
  }

  async #take(batches: readonly Batch[], signal: AbortSignal | undefined): Promise<StepResult> {
    throwIfAborted('trainer', signal);
    const { maxGradientNorm, schedule } = this.#options;
    for (const part of batches) {
      const { graph, ready } = this.#compile(part.rows);
      assertBatch(part, graph, { owner: 'trainer', ...this.#options });
      await ready;
    }
    throwIfAborted('trainer', signal);
    const parts = batches.map(({ rows, feeds }) => {
      const { graph } = this.#compile(rows);
      const inputs = graph.inputs.filter(({ name }) => feeds[name] !== undefined);
      const copies = inputs.map(({ name, elementType, dims }) => {
        const data = feeds[name]!.data.slice();
        return [name, { dtype: elementType, dims: dims as number[], data }] as const;
      });
      return { key: String(rows), rows, feeds: Object.fromEntries(copies) };
    });
    const bases = new Set(this.#plan.stretches.map(({ learningRate }) => learningRate));
    const rates = [...bases].map((base) => [base, schedule?.(this.#steps, base) ?? base] as const);
    const values = this.#where === 'caller' ? this.#store.handOver() : undefined;
    this.#where = 'thread';
    const transfer = parts.flatMap(({ feeds }) => buffersOf(feeds));
    return (await this.#thread.call(
      { method: 'step', parts, rates, maxGradientNorm, values },
      values === undefined ? transfer : [...transfer, values.buffer],
    )) as StepResult;
  }

  #compile(rows: number): Compiled {
    const known = this.#compiled.get(rows);
    if (known !== undefined) return known;
    const { loss, rules = [], recompute = 'none' } = this.#options;
    const wrt = this.store.entries.map(({ name }) => name);
    const forward = removeDeadCode({ ...this.#options.graph(rows), outputs: [loss] });
    const named = recompute === 'none' ? [] : recompute;
    const checkpoints = named === 'blocks' ? blockInputs(forward) : named;
    const graph = backward(forward, { loss, wrt, checkpoints, rules });
    const ready = this.#thread.load(String(rows), graph, this.#options);
    ready.catch(() => this.#compiled.delete(rows)); // who awaits it hears of it
    const compiled = { graph, ready };
    this.#compiled.set(rows, compiled);
    return compiled;
  }
}

/** The caller's side of parameters that live in a thread: they are brought here when they are looked at. */
class FetchedStore extends ParameterStore {
  readonly #fetch: (into: Float32Array) => void;

  constructor(parameters: ReadonlyMap<string, OnnxTensor>, fetch: (into: Float32Array) => void) {
    super(parameters);
    this.#fetch = fetch;
  }

  override get values(): Float32Array<ArrayBuffer> {
    const values = super.values;
    this.#fetch(values);
    return values;
  }

  /** The values for the thread; views that were taken of them end here. */
  handOver(): Float32Array<ArrayBuffer> {
    return this.release();
  }
}

function planOf(optimizer: Optimizer, store: ParameterStore): OptimizerPlan {
  const plan = optimizer.plan?.(store);
  if (plan !== undefined) return plan;
  throw new ClError(
    'NOT_SUPPORTED',
    `trainer: the optimizer "${optimizer.name}" has no plan, which the trainer's thread needs, expected adamW or sgd. ` +
      'Take the gradients of backward() from createEvaluator() and step on your own thread.',
  );
}

function tooEarly(what: string): ClError {
  return new ClError(
    'OUT_OF_ORDER',
    `trainer: ${what} while a step is under way, expected after it. Await the step first.`,
  );
}

function notFinite(step: number, loss: number, norms: NonNullable<StepResult['norms']>): ClError {
  const rank = (norm: number): number => (Number.isFinite(norm) ? norm : Infinity);
  const largest = norms.toSorted((a, b) => rank(b.norm) - rank(a.norm)).slice(0, 5);
  const list = largest.map(
    ({ name, norm }) => `${name} ${Number.isFinite(norm) ? norm.toPrecision(3) : 'not finite'}`,
  );
  return new ClError(
    'NON_FINITE',
    `trainer: at step ${step} the loss is ${loss}, expected finite numbers; largest gradient norms: ${list.join(', ')}. ` +
      'The parameters are those before this step. Lower the learning rate, limit maxGradientNorm, or look at the batch.',
  );
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
