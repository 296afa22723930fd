/** The caller's end of the thread that runs sessions. */
import { MessageChannel, receiveMessageOnPort, type Transferable } from 'node:worker_threads';
import { ClError, type ClErrorCode } from '@cl/hub';
import { sessionThreads } from '@cl/hub/node';
import { modelFromGraph, writeModel, type OnnxGraph } from '@cl/onnx';
import {
  Control,
  type Device,
  type MessageTensors,
  type SessionAnswer,
  type SessionCall,
  type StartCall,
} from './session-messages.ts';
import { takeThread, type PooledThread } from './thread-pool.ts';

/** Whose thread it is, for messages. */
export type ThreadOwner = 'trainer' | 'evaluator';

interface Waiting {
  readonly method: SessionCall['method'];
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: ClError) => void;
}

/** Where and with how many threads sessions run. */
export interface Place {
  /**
   * Threads of a matrix product. When 0 or absent: what `sessionThreads` of `@cl/hub/node` says, as many as there are
   * cores where it says nothing.
   */
  readonly threads?: number;
  /** `cpu` when absent. On `webgpu` every operator must have a kernel there: labels are int32, for instance. */
  readonly device?: Device;
}

/** Longest that an answer is waited for without the event loop: copying a checkpoint takes a second a gigabyte. */
const patienceMs = 120_000;

/** Sessions by key, in a thread of their own. It keeps the process alive only while a call is under way. */
export class SessionThread {
  readonly #owner: ThreadOwner;
  readonly #thread: PooledThread;
  readonly #waiting = new Map<number, Waiting>();
  readonly #channel = new MessageChannel();
  readonly #cells = new Int32Array(new SharedArrayBuffer(4 * Control.cells));
  #nextId = 0;
  #failure: ClError | undefined;
  #closed: Promise<void> | undefined;

  constructor(owner: ThreadOwner) {
    this.#owner = owner;
    this.#channel.port1.unref();
    this.#thread = takeThread({
      onAnswer: ({ id, result, error }) => {
        const waiting = this.#waiting.get(id);
        if (waiting === undefined) return;
        this.#waiting.delete(id);
        if (this.#waiting.size === 0) this.#thread.busy = false;
        if (error === undefined) waiting.resolve(result);
        else waiting.reject(failed(owner, waiting.method, error));
      },
      onEnd: (cause) => {
        this.#fail(cause === undefined ? this.#gone() : this.#died(cause));
      },
    });
  }

  /** What a {@link StartCall} needs to be waited for and stopped. */
  get wires(): Pick<StartCall, 'control' | 'port'> {
    return { control: this.#cells.buffer, port: this.#channel.port2 };
  }

  /** Asks the step under way to stop, or takes that back. */
  set aborted(value: boolean) {
    Atomics.store(this.#cells, Control.abort, value ? 1 : 0);
  }

  /** Makes a session of a graph. */
  async load(key: string, graph: OnnxGraph, { threads = 0, device = 'cpu' }: Place): Promise<void> {
    const model = writeModel(modelFromGraph(graph));
    const own = { threads: threads === 0 ? sessionThreads() : threads, device };
    await this.call({ method: 'load', key, model, ...own }, [model.buffer]);
  }

  /** Makes a call; its buffers in `transfer` go over. Calls are done in the order they were made. */
  async call(call: SessionCall, transfer: readonly Transferable[] = []): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure;
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { method: call.method, resolve, reject });
      this.#thread.busy = true;
      this.#thread.post({ id, waiting: false, call }, transfer);
    });
  }

  /** Makes a call and stands still until it is answered; only once started, and not during a step. */
  callAndWait(call: SessionCall): unknown {
    if (this.#failure !== undefined) throw this.#failure;
    Atomics.store(this.#cells, Control.answered, 0);
    this.#thread.post({ id: this.#nextId++, waiting: true, call });
    Atomics.wait(this.#cells, Control.answered, 0, patienceMs);
    const answer = receiveMessageOnPort(this.#channel.port1)?.message as SessionAnswer | undefined;
    if (answer === undefined) {
      throw new ClError(
        'NOT_SUPPORTED',
        `${this.#owner}: its thread gave no answer in ${patienceMs / 1000} s. Make a new ${this.#owner}.`,
      );
    }
    if (answer.error === undefined) return answer.result;
    throw failed(this.#owner, call.method, answer.error);
  }

  /** Frees the sessions and gives the thread back; calls under way are answered first. Safe to call twice. */
  async close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (this.#failure !== undefined) return;
    const closed = this.call({ method: 'close' });
    this.#failure = this.#gone(); // no call comes behind this one
    await this.#thread.release((await closed.catch(() => Infinity)) as number);
    this.#channel.port1.close();
  }

  #gone(): ClError {
    const text = `${this.#owner}: it was disposed of, expected a live one. Make a new ${this.#owner}.`;
    return new ClError('DISPOSED', text);
  }

  #died(cause: Error): ClError {
    const restore = this.#owner === 'trainer' ? ' and restore the last checkpoint' : '';
    const text = `${this.#owner}: its thread died: ${cause.message}. Make a new ${this.#owner}${restore}.`;
    return new ClError('NOT_SUPPORTED', text, { cause });
  }

  #fail(error: ClError): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}

/** The buffers of tensors, to hand over. */
export function buffersOf(tensors: MessageTensors): ArrayBuffer[] {
  return Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer);
}

/** What onnxruntime was doing when it failed. */
const doings: Partial<Record<SessionCall['method'], readonly [ClErrorCode, string, string]>> = {
  load: [
    'INVALID_MODEL',
    'load',
    'The graph holds an operator that this runtime or device does not know: simplify it, or export it again.',
  ],
  run: ['INVALID_DATA', 'run', 'Compare the batch with the inputs of the graph.'],
  step: ['INVALID_DATA', 'run', 'Compare the batch with the inputs of the graph.'],
};

function failed(
  owner: ThreadOwner,
  method: SessionCall['method'],
  { message, code }: NonNullable<SessionAnswer['error']>,
): ClError {
  if (code !== undefined) return new ClError(code, message);
  const [known, verb, advice] = doings[method] ?? ['NOT_SUPPORTED', method, 'Make a new one.'];
  const what = owner === 'trainer' ? 'a step' : 'the graph';
  return new ClError(
    known,
    `${owner}: onnxruntime could not ${verb} ${what}: ${message}. ${advice}`,
  );
}
