/** The executor that works on several trials at a time: one in the calling thread, the others in threads of their own. */
import { availableParallelism } from 'node:os';
import {
  ClError,
  defineExecutor,
  throwIfAborted,
  type Elsewhere,
  type Executor,
  type ExecutorPlugin,
  type Job,
  type MapOptions,
} from '@cl/hub';
import { sessionThreads, setSessionThreads } from '@cl/hub/node';
import { z } from 'zod';
import { takeThread, type JobThread } from './job-thread.ts';

/** Options of {@link threads}. */
export interface ThreadsOptions {
  /** Trials at a time; each gets its share of the cores and needs memory of its own. */
  readonly jobs: number;
}

/**
 * `jobs` trials at a time. The last come first, as learners are usually listed from cheap to costly, and a costly
 * one that starts last keeps one core busy and the others waiting. Jobs that cannot be done elsewhere are done here.
 */
export const threads: ExecutorPlugin<ThreadsOptions> = defineExecutor<ThreadsOptions>({
  name: 'threads',
  description: 'Several trials at a time, in threads of this process.',
  defaults: { jobs: 2 },
  help: { jobs: 'trials at a time; each needs memory of its own' },
  schema: z.object({ jobs: z.int().min(1).max(256) }),
  async create({ jobs }) {
    return new ThreadsExecutor(jobs);
  },
});

class ThreadsExecutor implements Executor {
  readonly concurrency: number;
  #disposed = false;

  constructor(jobs: number) {
    this.concurrency = jobs;
  }

  async map<In, Out>(
    inputs: readonly In[],
    job: Job<In, Out>,
    options: MapOptions<In, Out> = {},
  ): Promise<readonly Out[]> {
    if (this.#disposed) {
      throw new ClError('DISPOSED', 'executor "threads": used after dispose(). Create another.');
    }
    const count = Math.min(this.concurrency, inputs.length);
    if (options.elsewhere === undefined || count < 2) return new Queue(inputs, options).here(job);
    const before = sessionThreads();
    try {
      return await new Queue(inputs, options).inThreads(count - 1, job, options.elsewhere);
    } finally {
      setSessionThreads(before);
    }
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
  }
}

/** The inputs of one `map`: whoever is free takes the last that is left. */
class Queue<In, Out> {
  readonly #inputs: readonly In[];
  readonly #left: number[];
  readonly #results: Out[];
  readonly #failed = new AbortController();
  readonly #signal: AbortSignal;
  readonly #onProgress: MapOptions<In, Out>['onProgress'];
  #done = 0;

  constructor(inputs: readonly In[], { signal, onProgress }: MapOptions<In, Out>) {
    this.#inputs = inputs;
    this.#left = [...inputs.keys()];
    this.#results = new Array<Out>(inputs.length);
    this.#signal = AbortSignal.any([
      this.#failed.signal,
      ...(signal === undefined ? [] : [signal]),
    ]);
    this.#onProgress = onProgress;
  }

  /** One after another in this thread. */
  async here(job: Job<In, Out>): Promise<readonly Out[]> {
    await this.#lane(job);
    return this.#end();
  }

  /** In this thread and in `count` others. Who is done leaves the cores to those who still work. */
  async inThreads(
    count: number,
    job: Job<In, Out>,
    elsewhere: Elsewhere<In, Out>,
  ): Promise<readonly Out[]> {
    const others = Array.from({ length: count }, takeThread);
    let working = count + 1;
    setSessionThreads(shareOf(working));
    const leave = (): void => {
      working = Math.max(1, working - 1);
      setSessionThreads(shareOf(working));
      for (const thread of others) thread.share(shareOf(working));
    };
    await Promise.all([
      this.#lane(job).then(leave),
      ...others.map((thread) => this.#laneOf(thread, shareOf(working), elsewhere).then(leave)),
    ]);
    return this.#end();
  }

  async #laneOf(thread: JobThread, share: number, elsewhere: Elsewhere<In, Out>): Promise<void> {
    try {
      await thread.load(elsewhere, share, this.#signal, (error) => {
        this.#fail(error);
      });
      await this.#lane((input, index) =>
        elsewhere.job(input, index, (message) => thread.ask(message)),
      );
    } catch (error) {
      this.#fail(error);
    } finally {
      await thread.close();
    }
  }

  /** Does what is left, as long as nothing fails. */
  async #lane(job: Job<In, Out>): Promise<void> {
    try {
      while (this.#left.length > 0) {
        throwIfAborted('executor "threads"', this.#signal);
        const index = this.#left.pop()!;
        this.#results[index] = await job(this.#inputs[index]!, index, this.#signal);
        this.#done += 1;
        this.#onProgress?.({ phase: 'trials', done: this.#done, total: this.#inputs.length });
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The first failure counts; those that it causes are its consequences. */
  #fail(error: unknown): void {
    if (!this.#failed.signal.aborted) this.#failed.abort(error);
  }

  #end(): readonly Out[] {
    if (this.#failed.signal.aborted) throw this.#failed.signal.reason;
    return this.#results;
  }
}

/** Cores of each who works. */
function shareOf(working: number): number {
  return Math.max(1, Math.floor(availableParallelism() / working));
}
