/** A run: every learner with every seed over the stream, written down so that nothing is lost. */
import { join } from 'node:path';
import {
  ClError,
  isClError,
  resolveOptions,
  memoryError,
  type Executor,
  type ImageRef,
  type MetricPlugin,
  type RunRecord,
  type TrialRecord,
} from '@cl/hub';
import { thumbnail } from '@cl/images';
import { metrics as allMetrics } from '@cl/metrics';
import type { RunConfig } from './config.ts';
import { EventLog } from './event-log.ts';
import type { RunEvent, RunListener } from './events.ts';
import { guarded } from './guarded.ts';
import { inline } from './inline-executor.ts';
import { lock } from './lock.ts';
import { makePlan, type Plan, type Trial } from './plan.ts';
import { prepare } from './prepare.ts';
import { headerOf, toRecord } from './record.ts';
import { renderReports } from './report.ts';
import { RunFolder, type RunHeader, type TrialProgress } from './run-folder.ts';
import { takeOver, type Found } from './take-over.ts';
import { runTrial, type TrialContext } from './trial.ts';

/** How a run is watched and stopped. */
export interface RunOptions {
  /** Stops at the next safe point; `run` then throws `ABORTED`, and the same configuration goes on from there. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: RunListener | undefined;
}

/**
 * Runs learners over a stream. Leaves `run.json`, `accuracy.json`, `events.jsonl`, a saved learner after each
 * experience, `record.json` and the reporters' files in the run's folder.
 *
 * A run that was stopped goes on from its last finished experience and ends in the same record but for times
 * and memory. A finished run is returned as it is, unless `existing` is `replace`.
 *
 * @throws ClError `INVALID_CONFIG` when the folder holds another run, listing what differs; `ABORTED`, saying how
 * to go on; `IO_FAILED`; what plugins throw, with the trial named. What was saved stays.
 */
export async function run(given: RunConfig, options: RunOptions = {}): Promise<RunRecord> {
  const { signal, onEvent } = options;
  const config = guarded(given);
  const plan = await makePlan(config, {
    signal,
    onProgress: (progress) => onEvent?.({ type: 'progress', progress }),
  });
  const folder = new RunFolder(config.folder);
  await folder.create();
  const unlock = await lock(folder.path);
  let log: EventLog | undefined;
  try {
    const found = await takeOver(folder, plan, config);
    if (found.record !== undefined && hasAll(found.record, metricsOf(config))) {
      onEvent?.({ type: 'already-finished', folder: folder.path });
      return found.record;
    }
    if (found.replaced === true) onEvent?.({ type: 'started-over', folder: folder.path });
    const header = found.header ?? headerOf(config, plan);
    await folder.writeJson('run.json', header);
    log = await EventLog.open(join(folder.path, 'events.jsonl'));
    return await new Run(config, plan, header, folder, log, options).carryOut(found);
  } finally {
    await log?.close();
    await unlock();
  }
}

class Run {
  readonly #config: RunConfig;
  readonly #plan: Plan;
  readonly #header: RunHeader;
  readonly #folder: RunFolder;
  readonly #log: EventLog;
  readonly #options: RunOptions;
  readonly #progress = new Map<Trial, TrialProgress>();

  constructor(
    config: RunConfig,
    plan: Plan,
    header: RunHeader,
    folder: RunFolder,
    log: EventLog,
    options: RunOptions,
  ) {
    this.#config = config;
    this.#plan = plan;
    this.#header = header;
    this.#folder = folder;
    this.#log = log;
    this.#options = options;
  }

  async carryOut(found: Found): Promise<RunRecord> {
    const { trials, streams } = this.#plan;
    const first = streams.get(trials[0]!.seed)!;
    this.#emit({
      type: 'run-started',
      name: this.#config.name,
      folder: this.#folder.path,
      trials: trials.map(({ label, seed }) => ({ label, seed })),
      experiences: first.experiences.map(({ name }) => name),
    });
    if (found.header !== undefined) await this.#readProgress();
    try {
      const { streams: used, seconds } = await this.#prepare();
      const records = await this.#runTrials(used, seconds);
      const stream = used.get(trials[0]!.seed)!;
      const record = toRecord(this.#header, this.#plan, stream, records, metricsOf(this.#config));
      const reporters = this.#config.reporters ?? [];
      const reports = await renderReports(this.#folder, record, reporters);
      await this.#folder.writeJson('record.json', record);
      const files = [...reports, join(this.#folder.path, 'record.json')];
      this.#emit({ type: 'run-finished', folder: this.#folder.path, files });
      await this.#log.flush();
      return record;
    } catch (error) {
      throw isClError(error) && error.code === 'ABORTED' ? this.#stopped(error) : error;
    }
  }

  async #runTrials(
    streams: Plan['streams'],
    featureSeconds: number,
  ): Promise<readonly TrialRecord[]> {
    const context = this.#context(featureSeconds);
    const { executor: choice } = this.#config;
    const executor: Executor =
      choice === undefined
        ? await inline.create({})
        : await choice.plugin.create(
            await resolveOptions(choice.plugin, choice.options, choice.preset),
          );
    try {
      return await executor.map(
        this.#plan.trials,
        async (trial) => {
          try {
            const stream = streams.get(trial.seed)!;
            return await runTrial(trial, stream, this.#progress.get(trial), context);
          } catch (error) {
            throw named(trial, error);
          }
        },
        { signal: this.#options.signal },
      );
    } finally {
      await executor.dispose();
    }
  }

  /** Every feature once; tells broken images. */
  async #prepare(): Promise<{ streams: Plan['streams']; seconds: number }> {
    const { features, skipBroken = false } = this.#config;
    const start = performance.now();
    const { streams, skipped } = await prepare(this.#plan.streams, features, skipBroken, {
      signal: this.#options.signal,
      onProgress: (progress) => {
        this.#emit({ type: 'progress', progress });
      },
    });
    if (skipped.length > 0) this.#emit({ type: 'images-skipped', ids: skipped });
    return { streams, seconds: (performance.now() - start) / 1000 };
  }

  #context(featureSeconds: number): TrialContext {
    const { backbone, trainable, features, keep, examples } = this.#config;
    return {
      folder: this.#folder.path,
      backbone,
      trainable,
      features,
      keep: keep ?? 'last',
      metrics: metricsOf(this.#config),
      examples: examples ?? { right: 3, wrong: 3 },
      thumbnail: remembered(this.#config.thumbnail ?? ((image) => thumbnail(image, 48))),
      featureSeconds,
      signal: this.#options.signal,
      emit: this.#emit,
      store: this.#store,
    };
  }

  async #readProgress(): Promise<void> {
    for (const trial of this.#plan.trials) {
      const read = (await this.#folder.readJson(fileOf(trial))) as TrialProgress | undefined;
      if (read !== undefined) this.#progress.set(trial, read);
    }
    const trials = this.#plan.trials.map((trial) => {
      const progress = this.#progress.get(trial);
      const { label, seed } = trial;
      return { label, seed, rows: progress?.rows ?? [], finished: progress?.record !== undefined };
    });
    this.#emit({ type: 'resumed', folder: this.#folder.path, trials });
  }

  readonly #store = async (trial: Trial, progress: TrialProgress): Promise<void> => {
    this.#progress.set(trial, progress);
    await this.#folder.writeJson(fileOf(trial), progress);
    await this.#folder.writeJson('accuracy.json', {
      evaluations: this.#plan.streams.get(trial.seed)!.evaluations.map(({ name }) => name),
      trials: this.#plan.trials.map((one) => ({
        label: one.label,
        seed: one.seed,
        accuracy: this.#progress.get(one)?.rows ?? [],
      })),
    });
    await this.#log.flush();
  };

  readonly #emit: RunListener = (event: RunEvent) => {
    if (event.type !== 'progress') this.#log.append(event);
    this.#options.onEvent?.(event);
  };

  #stopped(cause: Error): ClError {
    const { trials, streams } = this.#plan;
    const total = trials.reduce((sum, { seed }) => sum + streams.get(seed)!.experiences.length, 0);
    const done = [...this.#progress.values()].reduce((sum, { rows }) => sum + rows.length, 0);
    return new ClError(
      'ABORTED',
      `run "${this.#config.name}": stopped after ${done} of ${total} experiences; they are saved in ` +
        `${this.#folder.path}. Run the same command again to go on from there.`,
      { cause },
    );
  }
}

const fileOf = (trial: Trial): string => `trials/${trial.id}.json`;

const metricsOf = ({ metrics }: RunConfig): readonly MetricPlugin[] => metrics ?? allMetrics;

/** Whether a record has these metrics: one that lacks some gets them from the accuracies that were written down. */
function hasAll({ trials }: RunRecord, metrics: readonly MetricPlugin[]): boolean {
  return trials.every((trial) => metrics.every(({ name }) => Object.hasOwn(trial.metrics, name)));
}

function named({ label, seed }: Trial, thrown: unknown): unknown {
  const error = memoryError('learning', thrown) ?? thrown;
  if (!isClError(error) || error.code === 'ABORTED') return error;
  return new ClError(error.code, `run: "${label}" with seed ${seed}: ${error.message}`, {
    cause: error,
  });
}

/** Learners are shown on the same images: each thumbnail is made once. */
function remembered(make: (image: ImageRef) => Promise<string>): typeof make {
  const known = new Map<ImageRef, Promise<string>>();
  return (image) => {
    const found = known.get(image) ?? make(image);
    known.set(image, found);
    return found;
  };
}
