/** The caller's end of a worker thread: calls go out, answers come back as promises. */
import { Worker } from 'node:worker_threads';
import { unpackError } from './sent-error.ts';
import { closeMethod, type Call, type FromThread } from './thread-messages.ts';

/** How a thread is started and heard. */
export interface ThreadOptions {
  /** Shown by debuggers. */
  readonly name: string;
  /** Read by the thread as `workerData`: a structured clone. */
  readonly workerData?: unknown;
  /** Hears what the thread posts. */
  readonly onPost?: (message: unknown) => void;
  /** The error of calls to a thread that is gone; with the cause when it died. */
  readonly gone: (cause: Error | undefined) => Error;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** How long a thread may take to finish and free its memory before it is stopped. */
const goodbyeMs = 30_000;

/** A thread that runs `serveThread`. It keeps the process alive only while a call is under way. */
export class ThreadClient {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #gone: ThreadOptions['gone'];
  readonly #exit: Promise<void>;
  #nextId = 0;
  #failure: Error | undefined;
  #closed: Promise<void> | undefined;

  /** Starts the thread; the module is JavaScript (see `compiledModule`). */
  constructor(module: URL, { name, workerData, onPost, gone }: ThreadOptions) {
    this.#gone = gone;
    this.#worker = new Worker(module, { workerData, execArgv: [], name });
    this.#worker.unref();
    this.#worker.on('message', (message: FromThread) => {
      if ('post' in message) onPost?.(message.post);
      else this.#answered(message);
    });
    this.#worker.on('error', (cause) => {
      this.#fail(gone(cause));
    });
    this.#exit = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        const asked = this.#closed !== undefined;
        this.#fail(gone(asked ? undefined : new Error(`it ended with exit code ${code}`)));
        resolve();
      });
    });
  }

  /**
   * Calls a method of the thread. `transfer` lists buffers that it takes over.
   *
   * @throws what the method throws, ClErrors as such; `gone` when the thread ends before it answers.
   */
  async call<T>(
    method: string,
    payload: unknown,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closed !== undefined) throw this.#gone(undefined);
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, method, payload } satisfies Call, transfer);
    });
  }

  /** Lets the thread finish its calls and free its memory, and waits until it is gone. Safe to call twice. */
  async close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (this.#failure !== undefined) return;
    const stop = setTimeout(() => void this.#worker.terminate(), goodbyeMs);
    this.#worker.ref();
    this.#worker.postMessage({ id: -1, method: closeMethod, payload: undefined } satisfies Call);
    await this.#exit;
    clearTimeout(stop);
  }

  #answered({ id, result, error }: Exclude<FromThread, { readonly post: unknown }>): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(unpackError(error));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}

/**
 * The compiled file of a module that threads load: Node 20 runs no TypeScript.
 *
 * @param name - its base name in `src`.
 * @param from - `import.meta.url` of a module in the same folder, compiled or not.
 */
export function compiledModule(name: string, from: string): URL {
  return new URL(from.endsWith('.ts') ? `../dist/${name}.js` : `./${name}.js`, from);
}
