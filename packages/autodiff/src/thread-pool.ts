/**
 * Threads that run sessions, one for each trainer and evaluator. Starting one takes a processor about 85 ms, most of it
 * for onnxruntime, so a thread whose owner is disposed of waits for the next owner a while.
 */
import { Worker, type Transferable } from 'node:worker_threads';
import type { SentCall, SessionAnswer } from './session-messages.ts';

/** What the owner of a thread hears of it. */
export interface ThreadListener {
  /** An answer to a call. */
  readonly onAnswer: (answer: SessionAnswer) => void;
  /** The thread is gone; with a cause when it died. */
  readonly onEnd: (cause?: Error) => void;
}

/** Threads that wait, the last to come last. */
const waiting = new Set<PooledThread>();
const mostWaiting = 8;
const patienceMs = 10_000;
/** A thread that held more ends with its owner: what it held is then free at once, and not when garbage is collected. */
const mostKeptBytes = 32 * 2 ** 20;

/** A thread that waits, or a new one. */
export function takeThread(listener: ThreadListener): PooledThread {
  const thread = [...waiting].at(-1) ?? new PooledThread();
  thread.begin(listener);
  return thread;
}

/** A thread in the hands of one owner at a time. It keeps the process alive only while it is `busy`. */
export class PooledThread {
  readonly #worker: Worker;
  readonly #gone: Promise<void>;
  #listener: ThreadListener | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.#worker = new Worker(compiledWorker(), { execArgv: [], name: 'cl session-worker' });
    this.#worker.unref();
    this.#worker.on('message', (answer: SessionAnswer) => this.#listener?.onAnswer(answer));
    this.#worker.on('error', (cause) => this.#listener?.onEnd(cause));
    this.#gone = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        waiting.delete(this);
        this.#listener?.onEnd();
        resolve();
      });
    });
  }

  /** Starts to work for an owner. */
  begin(listener: ThreadListener): void {
    waiting.delete(this);
    clearTimeout(this.#timer);
    this.#listener = listener;
  }

  set busy(busy: boolean) {
    if (busy) this.#worker.ref();
    else this.#worker.unref();
  }

  post(call: SentCall, transfer: readonly Transferable[] = []): void {
    this.#worker.postMessage(call, transfer);
  }

  /**
   * Stops to work for its owner, who has freed everything that the thread held.
   *
   * @param heldBytes - of arrays and the like that are in the thread's memory until its garbage is collected.
   */
  async release(heldBytes: number): Promise<void> {
    this.#listener = undefined;
    if (heldBytes > mostKeptBytes || waiting.size >= mostWaiting) {
      this.busy = true; // or the process ends before who awaits this hears of it
      this.#end();
      return this.#gone;
    }
    this.busy = false;
    waiting.add(this);
    this.#timer = setTimeout(() => {
      waiting.delete(this);
      this.#end();
    }, patienceMs).unref();
  }

  #end(): void {
    this.post({ id: -1, waiting: false, call: { method: 'end' } });
  }
}

/** The thread's file as compiled, also when the TypeScript source is what runs: Node 20 runs no TypeScript. */
function compiledWorker(): URL {
  const fromSource = import.meta.url.endsWith('.ts');
  return new URL(fromSource ? '../dist/session-worker.js' : './session-worker.js', import.meta.url);
}
