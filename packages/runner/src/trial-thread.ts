/** The trials of a run in another thread: the same configuration is made there, and progress is told to the run. */
import { ClError, type CreateJob, type JsonObject, type RemoteJob, type Stream } from '@cl/hub';
import { partsOf } from './compare.ts';
import type { Configure } from './config.ts';
import { differences } from './differences.ts';
import type { RunEvent } from './events.ts';
import { guarded } from './guarded.ts';
import { makePlan } from './plan.ts';
import { leaveOut } from './prepare.ts';
import { RunFolder, type TrialProgress } from './run-folder.ts';
import { runTrial } from './trial.ts';
import { contextOf, type TrialContext } from './trial-context.ts';

/** What the thread is started with. */
export interface TrialThreadData {
  /** See `ConfigElsewhere`. */
  readonly module: string;
  readonly data: unknown;
  readonly part: string | undefined;
  /** The run's folder. */
  readonly folder: string;
  /** What the run's own plan says. */
  readonly resolved: JsonObject;
}

/** A trial to carry out. */
export interface TrialMessage {
  readonly id: string;
  readonly before: TrialProgress | undefined;
  /** Positions of the images that cannot be decoded. */
  readonly broken: readonly number[];
  readonly featureSeconds: number;
  readonly jobs: number;
}

/** What a thread posts. */
export type TrialPost =
  | { readonly event: RunEvent }
  /** The progress of a trial that was written down. */
  | { readonly stored: string; readonly progress: TrialProgress };

/** Makes the configuration and the plan, and looks whether they are the run's own. */
export const createJob: CreateJob = async (given, post): Promise<RemoteJob> => {
  const { module, data, part, folder, resolved } = given as TrialThreadData;
  const { configure } = (await import(module)) as { readonly configure: Configure };
  const configured = await configure(data);
  const made = configured.config;
  const config = guarded(
    'streams' in made ? partsOf(made).find(({ name }) => name === part)!.config : made,
  );
  const plan = await makePlan(config, {});
  const differing = differences(resolved, plan.resolved);
  if (differing.length > 0) {
    throw new ClError(
      'INVALID_CONFIG',
      `run: ${module} makes another configuration than the run has: ${differing[0]!}. Let its configure() give the ` +
        'same, or work on one trial at a time (--jobs 1).',
    );
  }
  const files = new RunFolder(folder);
  let streams: ReadonlyMap<number, Stream> | undefined;
  const shared = contextOf(config, {
    folder: files.path,
    emit: (event) => {
      post({ event } satisfies TrialPost);
    },
    store: async ({ id }, progress) => {
      await files.writeProgress(id, progress);
      post({ stored: id, progress } satisfies TrialPost);
    },
  });
  return {
    async run(message, signal) {
      const { id, before, broken, featureSeconds, jobs } = message as TrialMessage;
      streams ??= leaveOut(plan.streams, broken);
      const trial = plan.trials.find((one) => one.id === id)!;
      const context: TrialContext = { ...shared, featureSeconds, jobs, signal };
      return runTrial(trial, streams.get(trial.seed)!, before, context);
    },
    dispose: async () => configured.dispose?.(),
  };
};
