/** Executors: where the trials of a run are carried out. */
import { brand, type Plugin, type PluginDefinition } from './plugin.ts';
import type { WorkOptions } from './progress.ts';

/** Carries out independent jobs. */
export interface Executor {
  /** How many inputs it works on at a time; absent: one. */
  readonly concurrency?: number;
  /**
   * Runs a job for each input, in whatever order, and gives the results in the inputs' order. The first failure stops
   * what has not started, fires the signals of what is under way, and is thrown when all of that has ended.
   */
  map<In, Out>(
    inputs: readonly In[],
    job: Job<In, Out>,
    options?: MapOptions<In, Out>,
  ): Promise<readonly Out[]>;
  dispose(): Promise<void>;
}

/** The signal fires when the caller's does or another input failed; without one the caller's own counts. */
export type Job<In, Out> = (input: In, index: number, signal?: AbortSignal) => Promise<Out>;

/** Options of {@link Executor}'s `map`. */
export interface MapOptions<In, Out> extends WorkOptions {
  /** For executors that use more than the caller's thread, which may leave it alone. */
  readonly elsewhere?: Elsewhere<In, Out> | undefined;
}

/** How the same job is done in another thread, where a function of this one cannot go. */
export interface Elsewhere<In, Out> {
  /** URL of an ES module that exports a {@link CreateJob} as `createJob`. */
  readonly module: string;
  /** Handed to `createJob`: a structured clone. */
  readonly data: unknown;
  /** The job for an input: `ask` hands a message to the thread and gives its answer. */
  readonly job: (
    input: In,
    index: number,
    ask: (message: unknown) => Promise<unknown>,
  ) => Promise<Out>;
  /** Hears what the thread posts, before the answer that it comes before. What it throws ends the work. */
  readonly onMessage?: (message: unknown) => void;
}

/** Made once a thread; `post` sends what is no answer. */
export type CreateJob = (data: unknown, post: (message: unknown) => void) => Promise<RemoteJob>;

/** A job as another thread does it. Messages, answers and posts are structured clones; errors stay ClErrors. */
export interface RemoteJob {
  run(message: unknown, signal: AbortSignal): Promise<unknown>;
  dispose(): Promise<void>;
}

/** Makes executors. */
export interface ExecutorPlugin<O extends object = object> extends Plugin<'executor', O> {
  create(options: O): Promise<Executor>;
}

/** Makes an executor plugin. */
export function defineExecutor<O extends object>(
  definition: PluginDefinition<O> & Pick<ExecutorPlugin<O>, 'create'>,
): ExecutorPlugin<O> {
  return brand('executor', definition);
}
