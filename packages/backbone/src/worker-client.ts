/** The caller's end of a worker thread: calls go out, answers come back as promises. */
import { Worker } from 'node:worker_threads';
import { ClError } from '@cl/hub';
import { unpackError, type Answer, type Call } from './worker-messages.ts';

interface Waiting {
  readonly method: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** How long a thread may take to finish its last batch and free its memory before it is stopped. */
const goodbyeMs = 30_000;

/**
 * A worker thread. It keeps the process alive only while a call is under way, so a program that forgets
 * `close()` ends all the same.
 */
export class WorkerClient {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #failure: ClError | undefined;
  #closed: Promise<void> | undefined;

  /** Starts the thread. `script` is the base name of a compiled file of this package. */
  constructor(script: 'inference-worker' | 'preparation-worker', workerData: unknown) {
    this.#worker = new Worker(compiled(script), { workerData, execArgv: [], name: `cl ${script}` });
    this.#worker.unref();
    this.#worker.on('message', ({ id, result, error }: Answer) => {
      const waiting = this.#waiting.get(id);
      if (waiting === undefined) return;
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#worker.unref();
      if (error === undefined) waiting.resolve(result);
      else
        waiting.reject(unpackError(error, 'INVALID_MODEL', `backbone: ${waiting.method} failed`));
    });
    this.#worker.on('error', (cause) => {
      this.#fail(
        new ClError(
          'NOT_SUPPORTED',
          `backbone: a worker thread died: ${cause.message}. Load it again.`,
          {
            cause,
          },
        ),
      );
    });
    this.#worker.on('exit', () => {
      this.#fail(new ClError('DISPOSED', 'backbone: it was disposed of. Load it again to go on.'));
    });
  }

  /** Calls a method of the thread. `transfer` lists buffers that it takes over. */
  async call<T>(method: string, payload: unknown, transfer: ArrayBuffer[] = []): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure;
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { method, resolve: resolve as Waiting['resolve'], reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, method, payload } satisfies Call, transfer);
    });
  }

  /** Lets the thread free its memory and waits until it is gone. */
  async close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (this.#failure !== undefined) return;
    const gone = new Promise<void>((resolve) =>
      this.#worker.once('exit', () => {
        resolve();
      }),
    );
    const stop = setTimeout(() => void this.#worker.terminate(), goodbyeMs);
    this.#worker.ref();
    this.#worker.postMessage({ id: -1, method: 'close', payload: undefined } satisfies Call);
    await gone;
    clearTimeout(stop);
  }

  #fail(error: ClError): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}

/** A compiled file of this package, also when its TypeScript source is what runs. */
export function compiled(name: string): URL {
  const fromSource = import.meta.url.endsWith('.ts');
  return new URL(fromSource ? `../dist/${name}.js` : `./${name}.js`, import.meta.url);
}
