/** The trials of a run, through its executor: in this thread and, where the executor has some, in others. */
import {
  ClError,
  isClError,
  memoryError,
  resolveOptions,
  type Elsewhere,
  type Executor,
  type TrialRecord,
} from '@cl/hub';
import { compiledModule } from '@cl/hub/node';
import type { RunConfig } from './config.ts';
import type { RunListener } from './events.ts';
import { inline } from './inline-executor.ts';
import type { Ledger } from './ledger.ts';
import type { Plan, Trial } from './plan.ts';
import type { Prepared } from './prepare.ts';
import { RunFolder, type TrialProgress } from './run-folder.ts';
import { runTrial } from './trial.ts';
import { contextOf } from './trial-context.ts';
import type { TrialMessage, TrialPost, TrialThreadData } from './trial-thread.ts';

/** What trials wait for: images whose features are known. */
export interface PreparedTrials extends Prepared {
  /** Time that the features took. */
  readonly featureSeconds: number;
}

/** What trials need of their run. */
export interface TrialSurroundings {
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
  readonly emit: RunListener;
  /** Waits until every event is on disk. */
  readonly flush: () => Promise<void>;
  /** Asks for every feature once. */
  readonly prepare: (signal: AbortSignal) => Promise<PreparedTrials>;
}

/** The records of trials in the plan's order, and the streams as they were learned. */
export interface CarriedOut {
  readonly records: readonly TrialRecord[];
  readonly streams: Plan['streams'];
}

/**
 * Carries out every trial of the plan. Threads start while features are still being prepared.
 *
 * @throws what trials throw, with the trial named; what `prepare` throws.
 */
export async function runTrials(
  config: RunConfig,
  plan: Plan,
  ledger: Ledger,
  { folder, signal, emit, flush, prepare }: TrialSurroundings,
): Promise<CarriedOut> {
  const files = new RunFolder(folder);
  const note = async (id: string, progress: TrialProgress): Promise<void> => {
    await ledger.note(id, progress);
    await flush();
  };
  const shared = contextOf(config, {
    folder,
    emit,
    store: async ({ id }, progress) => {
      await files.writeProgress(id, progress);
      await note(id, progress);
    },
  });
  const noted: Promise<void>[] = [];
  const onMessage = (message: unknown): void => {
    const post = message as TrialPost;
    if ('event' in post) emit(post.event);
    else noted.push(heldBack(note(post.stored, post.progress)));
  };
  const over = new AbortController(); // ends the preparation when there is nobody left to wait for it
  const stop = AbortSignal.any([over.signal, ...(signal === undefined ? [] : [signal])]);
  const executor = await executorOf(config);
  const jobs = Math.min(executor.concurrency ?? 1, plan.trials.length);
  const prepared = heldBack(prepare(stop));
  try {
    const records = await executor.map(
      plan.trials,
      async (trial, _, own = signal) => {
        const { streams, featureSeconds } = await prepared;
        const context = { ...shared, featureSeconds, jobs, signal: own };
        return naming(trial, () =>
          runTrial(trial, streams.get(trial.seed)!, ledger.of(trial), context),
        );
      },
      {
        signal,
        // Whoever has nothing left to begin has time for what comes next.
        onProgress: ({ done, total }) => {
          if (done < total && total - done < jobs) warmUp(config);
        },
        elsewhere: elsewhereOf(config, plan, { folder, ledger, prepared, jobs, onMessage }),
      },
    );
    await Promise.all(noted);
    return { records, streams: (await prepared).streams };
  } finally {
    over.abort();
    await executor.dispose();
    await Promise.allSettled([prepared, ...noted]);
  }
}

/** Reporters get ready; one that cannot will say so when it renders. */
function warmUp({ reporters = [] }: RunConfig): void {
  for (const { plugin } of reporters) {
    void Promise.resolve()
      .then(() => plugin.warmUp?.())
      .catch(() => undefined);
  }
}

/** Nobody may wait for it yet when it fails. */
function heldBack<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

async function executorOf({ executor: choice }: RunConfig): Promise<Executor> {
  if (choice === undefined) return inline.create({});
  const { plugin, options, preset } = choice;
  return plugin.create(await resolveOptions(plugin, options, preset));
}

/** The trials in threads that make the configuration for themselves, where it says how. */
function elsewhereOf(
  { elsewhere }: RunConfig,
  { resolved }: Plan,
  run: {
    readonly folder: string;
    readonly ledger: Ledger;
    readonly prepared: Promise<PreparedTrials>;
    readonly jobs: number;
    readonly onMessage: (message: unknown) => void;
  },
): Elsewhere<Trial, TrialRecord> | undefined {
  if (elsewhere === undefined) return undefined;
  const { module, data, part } = elsewhere;
  const { folder, ledger, prepared, jobs, onMessage } = run;
  return {
    module: compiledModule('trial-thread', import.meta.url).href,
    data: { module, data, part, folder, resolved } satisfies TrialThreadData,
    job: async (trial, _, ask) => {
      const { broken, featureSeconds } = await prepared;
      const before = ledger.of(trial);
      const message: TrialMessage = { id: trial.id, before, broken, featureSeconds, jobs };
      return naming(trial, async () => (await ask(message)) as TrialRecord);
    },
    onMessage,
  };
}

/** Names the trial in the errors of its work. */
async function naming<T>({ label, seed }: Trial, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const error = memoryError('learning', thrown) ?? thrown;
    if (!isClError(error) || error.code === 'ABORTED') throw error;
    throw new ClError(error.code, `run: "${label}" with seed ${seed}: ${error.message}`, {
      cause: error,
    });
  }
}
