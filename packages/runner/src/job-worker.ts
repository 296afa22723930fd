/** A thread of the executor `threads`: loads the module that makes the job, then does it for one input after another. */
import { workerData } from 'node:worker_threads';
import { ClError, isClError, type CreateJob, type RemoteJob } from '@cl/hub';
import { serveThread, setSessionThreads, unpackError, type SentError } from '@cl/hub/node';

/** What the thread is started with. */
export interface JobWorkerData {
  /** Modules to import beforehand; why one does not load is told when it is needed. */
  readonly modules: readonly string[];
}

/** How the job is made. */
export interface LoadCall {
  /** URL of the module that exports `createJob`. */
  readonly module: string;
  readonly data: unknown;
  /** See `setSessionThreads`. */
  readonly sessionThreads: number;
}

const controller = new AbortController();
let job: Promise<RemoteJob> | undefined;

const loaded = (async () => {
  for (const module of (workerData as JobWorkerData).modules) {
    await import(module).catch(() => undefined);
  }
})();

const post = serveThread(
  {
    load: async ({ module, data, sessionThreads }: LoadCall) => {
      setSessionThreads(sessionThreads);
      job = load(module, data);
      await job;
      return {};
    },
    run: async (message: unknown) => ({
      result: await (await job!).run(message, controller.signal),
    }),
    share: async (share: number) => {
      setSessionThreads(share);
      return {};
    },
    abort: async (reason: SentError) => {
      controller.abort(unpackError(reason));
      return {};
    },
  },
  async () => {
    await loaded;
    await (await job?.catch(() => undefined))?.dispose();
  },
);

async function load(module: string, data: unknown): Promise<RemoteJob> {
  let createJob: unknown;
  try {
    ({ createJob } = (await import(module)) as { createJob?: unknown });
  } catch (cause) {
    if (isClError(cause)) throw cause;
    throw new ClError(
      'PLUGIN_FAILED',
      `executor "threads": ${module} does not load in another thread: ${(cause as Error).message}. Import it in a ` +
        'script of your own to see where.',
      { cause },
    );
  }
  if (typeof createJob === 'function') return (createJob as CreateJob)(data, post);
  throw new ClError(
    'PLUGIN_FAILED',
    `executor "threads": ${module} exports no function createJob, expected one that makes the job. Export it.`,
  );
}
