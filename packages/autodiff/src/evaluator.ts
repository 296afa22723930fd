/** Forward runs of a graph in a thread of their own: batches in, the values that were asked for out. */
import { ClError, throwIfAborted, type DType, type Tensor, type WorkOptions } from '@cl/hub';
import { printType, removeDeadCode, typeOfTensor, type OnnxGraph, type OnnxTensor } from '@cl/onnx';
import { assertBatch, type Batch } from './batch.ts';
import { eraseMarkers } from './erase-markers.ts';
import { joinRows, takeRows } from './rows.ts';
import type { MessageTensors } from './session-messages.ts';
import { SessionThread, buffersOf, type Place } from './session-thread.ts';

/** What to run. */
export interface EvaluatorOptions extends Place {
  /**
   * The graph for a batch of so many rows: its inputs are the parameters and what batches feed. Asked once for each
   * number of rows, so that a last, smaller batch has a graph of its own.
   */
  readonly graph: (rows: number) => OnnxGraph;
  /** The values to give back; what they do not need is not computed. */
  readonly outputs: readonly string[];
  /** Inputs that stay from run to run; copied. None when absent. */
  readonly parameters?: ReadonlyMap<string, OnnxTensor>;
  /** Integer inputs that are class numbers: how many classes there are. Labels outside are refused before they run. */
  readonly classCounts?: Readonly<Record<string, number>>;
  /**
   * Most rows in one run: a larger batch is cut into batches of so many rows and a rest, whose outputs are joined again.
   * Everything fed and every output must have the rows as its first axis. Never cut when absent.
   */
  readonly rows?: number;
}

/** A graph ready to run. Runs may overlap; they happen one after the other. */
export interface Evaluator {
  /**
   * Runs a batch. What the outputs do not need, such as the labels of a training batch, may be fed or not.
   *
   * @returns the outputs by name, owned by the caller; bool as uint8, float16 as uint16.
   * @throws ClError `INVALID_DATA` or `SHAPE_MISMATCH` when the batch does not fit the graph, `UNKNOWN_CLASS` for a
   * label outside its classes, `NOT_FOUND` for outputs that the graph does not have, `INVALID_MODEL` for a graph that
   * onnxruntime cannot run, `ABORTED`, `DISPOSED`.
   */
  run(batch: Batch, options?: WorkOptions): Promise<Record<string, Tensor>>;
  /**
   * Replaces parameters, all or some, for the runs called after it; copied.
   *
   * @throws ClError `NOT_FOUND` for a name that is no parameter, `SHAPE_MISMATCH` for another type; nothing is replaced
   * then.
   */
  set(parameters: ReadonlyMap<string, OnnxTensor>): void;
  /** Frees sessions and thread; safe to call twice. */
  dispose(): Promise<void>;
}

/**
 * Makes an evaluator. Nothing is compiled before the first run. The values of parameters cross threads once, not with
 * every run.
 *
 * @throws ClError `INVALID_OPTION` for no outputs, or rows below 1.
 */
export function createEvaluator(options: EvaluatorOptions): Evaluator {
  const { outputs, rows } = options;
  if (outputs.length === 0) {
    throw invalid('outputs is empty', 'at least one value', 'Name what to compute.');
  }
  if (rows !== undefined && !(Number.isSafeInteger(rows) && rows >= 1)) {
    throw invalid(`rows is ${rows}`, 'a whole number of at least 1', 'Leave it out to never cut.');
  }
  return new ThreadedEvaluator(options);
}

interface Compiled {
  /** All its inputs, needed or not. */
  readonly whole: OnnxGraph;
  /** What runs. */
  readonly graph: OnnxGraph;
  readonly ready: Promise<void>;
}

class ThreadedEvaluator implements Evaluator {
  readonly #options: EvaluatorOptions;
  /** Without their values, which are in the thread. */
  readonly #types: ReadonlyMap<string, ReturnType<typeof typeOfTensor>>;
  readonly #thread: SessionThread;
  readonly #compiled = new Map<number, Compiled>();

  constructor({ parameters = new Map(), ...options }: EvaluatorOptions) {
    this.#options = options;
    this.#types = new Map([...parameters].map(([name, tensor]) => [name, typeOfTensor(tensor)]));
    this.#thread = new SessionThread('evaluator');
    if (parameters.size > 0) this.set(parameters);
  }

  async run(
    batch: Batch,
    { signal, onProgress }: WorkOptions = {},
  ): Promise<Record<string, Tensor>> {
    const { rows: most = batch.rows, outputs } = this.#options;
    if (batch.rows <= most) return this.#runOnce(batch, signal);
    const parts: Record<string, Tensor>[] = [];
    for (let from = 0; from < batch.rows; from += most) {
      const to = Math.min(from + most, batch.rows);
      parts.push(await this.#runOnce(takeRows(batch, from, to), signal));
      onProgress?.({ phase: 'evaluating', done: to, total: batch.rows });
    }
    return Object.fromEntries(
      outputs.map((name) => [
        name,
        joinRows(
          name,
          parts.map((part) => part[name]!),
          batch.rows,
        ),
      ]),
    );
  }

  set(parameters: ReadonlyMap<string, OnnxTensor>): void {
    for (const [name, tensor] of parameters) {
      const type = this.#types.get(name);
      if (type === undefined) throw noParameter(name, [...this.#types.keys()]);
      const given = printType(typeOfTensor(tensor));
      if (given !== printType(type)) throw otherType(`parameter "${name}"`, given, printType(type));
    }
    const copies = [...parameters].map(
      ([name, { dtype, dims, data }]) => [name, { dtype, dims, data: data.slice() }] as const,
    );
    // A thread that is gone says so at the next run.
    const tensors = Object.fromEntries(copies);
    this.#thread.call({ method: 'set', tensors }, buffersOf(tensors)).catch(() => undefined);
  }

  async dispose(): Promise<void> {
    await this.#thread.close();
  }

  async #runOnce(batch: Batch, signal: AbortSignal | undefined): Promise<Record<string, Tensor>> {
    throwIfAborted('evaluator', signal);
    const { whole, graph, ready } = this.#compile(batch.rows);
    const needed = new Set(graph.inputs.map(({ name }) => name));
    const idle = whole.inputs.filter(({ name }) => !needed.has(name)).map(({ name }) => name);
    const fed = Object.entries(batch.feeds).filter(([name]) => !idle.includes(name));
    const plain = { rows: batch.rows, feeds: Object.fromEntries(fed) };
    const { classCounts = {} } = this.#options;
    assertBatch(plain, graph, { owner: 'evaluator', parameters: this.#types, classCounts });
    await ready;
    throwIfAborted('evaluator', signal);
    const inputs = graph.inputs
      .filter(({ name }) => !this.#types.has(name))
      .map(({ name, elementType, dims }) => {
        const data = plain.feeds[name]!.data.slice();
        return [name, { dtype: elementType, dims: dims as number[], data }] as const;
      });
    const feeds = Object.fromEntries(inputs);
    const call = { method: 'run', key: String(batch.rows), feeds } as const;
    const results = (await this.#thread.call(call, buffersOf(feeds))) as MessageTensors;
    throwIfAborted('evaluator', signal);
    return Object.fromEntries(
      Object.entries(results).map(([name, { dtype, dims, data }]) => [
        name,
        { dtype: hubType[dtype] ?? (dtype as DType), dims, data: data as Tensor['data'] },
      ]),
    );
  }

  #compile(rows: number): Compiled {
    const known = this.#compiled.get(rows);
    if (known !== undefined) return known;
    const { outputs } = this.#options;
    const whole = this.#options.graph(rows);
    const missing = outputs.find((name) => !whole.types.has(name));
    if (missing !== undefined) throw noOutput(missing, whole.outputs);
    const pruned = removeDeadCode(eraseMarkers({ ...whole, outputs }));
    const read = new Set([...outputs, ...pruned.nodes.flatMap(({ inputs }) => inputs)]);
    const graph = { ...pruned, inputs: pruned.inputs.filter(({ name }) => read.has(name)) };
    for (const input of graph.inputs) {
      const type = this.#types.get(input.name);
      if (type === undefined || printType(type) === printType(input)) continue;
      throw otherType(`parameter "${input.name}"`, printType(type), printType(input));
    }
    const ready = this.#thread.load(String(rows), graph, this.#options);
    ready.catch(() => this.#compiled.delete(rows)); // who awaits it hears of it
    const compiled = { whole, graph, ready };
    this.#compiled.set(rows, compiled);
    return compiled;
  }
}

/** Types of onnxruntime whose arrays have another name among our tensors. */
const hubType: Readonly<Record<string, DType>> = { bool: 'uint8', float16: 'uint16' };

function invalid(found: string, expected: string, advice: string): ClError {
  return new ClError(
    'INVALID_OPTION',
    `createEvaluator: ${found}, expected ${expected}. ${advice}`,
  );
}

function noParameter(name: string, names: readonly string[]): ClError {
  return new ClError(
    'NOT_FOUND',
    `evaluator: no parameter "${name}", expected one of ${names.join(', ') || 'none'}. Check the name, or make an ` +
      'evaluator that has it.',
  );
}

function noOutput(name: string, names: readonly string[]): ClError {
  return new ClError(
    'NOT_FOUND',
    `evaluator: nothing in the graph is called "${name}", expected for instance ${names.join(', ')}. Check outputs.`,
  );
}

function otherType(what: string, found: string, expected: string): ClError {
  return new ClError(
    'SHAPE_MISMATCH',
    `evaluator: ${what} is ${found}, expected ${expected}. Parameters keep their size: make a new evaluator for others.`,
  );
}
