/** The caller's end of the thread that runs sessions. */
import { Worker } from 'node:worker_threads';
import { ClError } from '@cl/hub';
import {
  failureCodes,
  type MessageTensor,
  type SessionAnswer,
  type SessionCall,
} from './session-messages.ts';

interface Waiting {
  readonly method: SessionCall['method'];
  readonly resolve: (results: Readonly<Record<string, MessageTensor>>) => void;
  readonly reject: (error: ClError) => void;
}

/** Sessions by key, in a thread of their own. It keeps the process alive only while a call is under way. */
export class SessionThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #failure: ClError | undefined;
  #closed: Promise<void> | undefined;

  /** Starts the thread; messages name its owner. */
  constructor(owner: 'trainer' | 'evaluator') {
    this.#worker = new Worker(compiledWorker(), { execArgv: [], name: 'cl session-worker' });
    this.#worker.unref();
    this.#worker.on('message', ({ id, results, error }: SessionAnswer) => {
      const waiting = this.#waiting.get(id);
      if (waiting === undefined) return;
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#worker.unref();
      if (results !== undefined) waiting.resolve(results);
      else waiting.reject(failed(owner, waiting.method, error ?? 'no reason given'));
    });
    this.#worker.on('error', (cause) => {
      const advice = `Make a new ${owner}${owner === 'trainer' ? ' and restore the last checkpoint' : ''}.`;
      this.#fail(
        new ClError('NOT_SUPPORTED', `${owner}: its thread died: ${cause.message}. ${advice}`, {
          cause,
        }),
      );
    });
    this.#worker.on('exit', () => {
      this.#fail(
        new ClError(
          'DISPOSED',
          `${owner}: it was disposed of, expected a live one. Make a new ${owner}.`,
        ),
      );
    });
  }

  /** Makes a session of a model's bytes, which the thread takes over. */
  async load(key: string, model: Uint8Array<ArrayBuffer>, threads: number): Promise<void> {
    await this.#call({ id: this.#nextId++, method: 'load', key, model, threads }, [model.buffer]);
  }

  /** Hands over inputs that later runs use when they are not fed. */
  async set(tensors: Readonly<Record<string, MessageTensor>>): Promise<void> {
    await this.#call({ id: this.#nextId++, method: 'set', tensors }, buffersOf(tensors));
  }

  /** Runs a session, which takes over the feeds. */
  async run(
    key: string,
    feeds: Readonly<Record<string, MessageTensor>>,
  ): Promise<Readonly<Record<string, MessageTensor>>> {
    return this.#call({ id: this.#nextId++, method: 'run', key, feeds }, buffersOf(feeds));
  }

  /** Frees the sessions and ends the thread; safe to call twice. */
  async close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (this.#failure !== undefined) return;
    const gone = new Promise<void>((resolve) => {
      this.#worker.once('exit', () => {
        resolve();
      });
    });
    await this.#call({ id: this.#nextId++, method: 'close' }, []);
    this.#worker.ref(); // or a program that has nothing else to do would end before the thread has
    await gone;
  }

  async #call(
    call: SessionCall,
    transfer: readonly ArrayBuffer[],
  ): Promise<Readonly<Record<string, MessageTensor>>> {
    if (this.#failure !== undefined) throw this.#failure;
    return new Promise((resolve, reject) => {
      this.#waiting.set(call.id, { method: call.method, resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage(call, [...transfer]);
    });
  }

  #fail(error: ClError): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}

function buffersOf(tensors: Readonly<Record<string, MessageTensor>>): ArrayBuffer[] {
  return Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer);
}

function failed(owner: string, method: SessionCall['method'], reason: string): ClError {
  const advice =
    method === 'load'
      ? 'The graph holds an operator that this runtime does not know: simplify it, or export it again.'
      : 'Compare the batch with the inputs of the graph.';
  return new ClError(
    failureCodes[method],
    `${owner}: onnxruntime could not ${method} ${owner === 'trainer' ? 'a step' : 'the graph'}: ${reason}. ${advice}`,
  );
}

/** The thread's file as compiled, also when the TypeScript source is what runs: Node 20 runs no TypeScript. */
function compiledWorker(): URL {
  const fromSource = import.meta.url.endsWith('.ts');
  return new URL(fromSource ? '../dist/session-worker.js' : './session-worker.js', import.meta.url);
}
