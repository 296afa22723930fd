/** The threads of the executor `threads`, as the calling thread sees them. */
import { ClError, memoryError, type Elsewhere } from '@cl/hub';
import { compiledModule, packError, ThreadClient } from '@cl/hub/node';
import type { JobWorkerData, LoadCall } from './job-worker.ts';

/** Threads that were started before anybody needed them. */
const early: JobThread[] = [];

/**
 * Starts threads for the executor `threads`, before it is known what they will do. They load `module` at once, which is
 * what takes them longest, and do not keep the process alive.
 *
 * @param count - as many as there will be trials beside the one in this thread.
 * @param module - URL of the module of a configuration's `elsewhere`.
 */
export function startThreads(count: number, module: string): void {
  const trials = compiledModule('trial-thread', import.meta.url).href;
  for (let i = 0; i < count; i += 1) early.push(new JobThread([trials, module]));
}

/** Ends those that nobody needed: a process that ends while they load native libraries would wait for ever. */
export async function endThreads(): Promise<void> {
  await Promise.all(early.splice(0).map((thread) => thread.close()));
}

/** A thread that was started early, or a new one. */
export function takeThread(): JobThread {
  return early.pop() ?? new JobThread([]);
}

/** A thread that does jobs, one at a time. */
export class JobThread {
  readonly #client: ThreadClient;
  #hear: (message: unknown) => void = () => undefined;
  #forget = (): void => undefined;

  /** Starts it; it imports `modules` beforehand. */
  constructor(modules: readonly string[]) {
    this.#client = new ThreadClient(compiledModule('job-worker', import.meta.url), {
      name: 'cl job-worker',
      workerData: { modules } satisfies JobWorkerData,
      onPost: (message) => {
        this.#hear(message);
      },
      gone,
    });
  }

  /** Makes the job, which gets a share of the cores. `fail` is told what `onMessage` throws. */
  async load(
    { module, data, onMessage }: Pick<Elsewhere<never, never>, 'module' | 'data' | 'onMessage'>,
    share: number,
    signal: AbortSignal,
    fail: (error: unknown) => void,
  ): Promise<void> {
    this.#hear = (message) => {
      try {
        onMessage?.(message);
      } catch (error) {
        fail(error);
      }
    };
    const abort = (): void => {
      this.#client.call('abort', packError(signal.reason)).catch(() => undefined); // one that is gone has stopped
    };
    signal.addEventListener('abort', abort);
    this.#forget = () => {
      signal.removeEventListener('abort', abort);
    };
    await this.#client.call('load', { module, data, sessionThreads: share } satisfies LoadCall);
  }

  /** Hands a message to the job and gives its answer. */
  ask(message: unknown): Promise<unknown> {
    return this.#client.call('run', message);
  }

  /** Gives it another share of the cores. */
  share(share: number): void {
    this.#client.call('share', share).catch(() => undefined); // one that is gone needs none
  }

  /** Lets the job free what it holds and ends the thread. */
  async close(): Promise<void> {
    this.#forget();
    await this.#client.close();
  }
}

function gone(cause: Error | undefined): ClError {
  const reason = cause === undefined ? 'it was closed' : cause.message;
  return (
    memoryError('executor "threads"', cause) ??
    new ClError(
      'PLUGIN_FAILED',
      `executor "threads": the thread at work died: ${reason}, expected an answer. Work on one trial at a time ` +
        '(--jobs 1) to see whether the trial fails there too.',
      { cause },
    )
  );
}
