/** A run: every learner with every seed over the stream, written down so that nothing is lost. */
import { join } from 'node:path';
import { ClError, isClError, type MetricPlugin, type RunRecord } from '@cl/hub';
import type { RunConfig } from './config.ts';
import { EventLog } from './event-log.ts';
import type { RunEvent, RunListener } from './events.ts';
import { guarded } from './guarded.ts';
import { Ledger } from './ledger.ts';
import { lock } from './lock.ts';
import { makePlan, type Plan } from './plan.ts';
import { prepare } from './prepare.ts';
import { headerOf, toRecord } from './record.ts';
import { renderReports } from './report.ts';
import { RunFolder, type RunHeader } from './run-folder.ts';
import { runTrials, type PreparedTrials } from './run-trials.ts';
import { takeOver, type Found } from './take-over.ts';
import { metricsOf } from './trial-context.ts';

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
  readonly #ledger: Ledger;

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
    this.#ledger = new Ledger(plan, folder);
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
    if (found.header !== undefined) {
      this.#emit({
        type: 'resumed',
        folder: this.#folder.path,
        trials: await this.#ledger.read(),
      });
    }
    try {
      const { records, streams: used } = await runTrials(this.#config, this.#plan, this.#ledger, {
        folder: this.#folder.path,
        signal: this.#options.signal,
        emit: this.#emit,
        flush: () => this.#log.flush(),
        prepare: (signal) => this.#prepare(signal),
      });
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

  /** Every feature once; tells broken images. */
  async #prepare(signal: AbortSignal): Promise<PreparedTrials> {
    const { features, skipBroken = false } = this.#config;
    const start = performance.now();
    const prepared = await prepare(this.#plan.streams, features, skipBroken, {
      signal,
      onProgress: (progress) => {
        this.#emit({ type: 'progress', progress });
      },
    });
    const { skipped } = prepared;
    if (skipped.length > 0) this.#emit({ type: 'images-skipped', ids: skipped });
    return { ...prepared, featureSeconds: (performance.now() - start) / 1000 };
  }

  readonly #emit: RunListener = (event: RunEvent) => {
    if (event.type !== 'progress') this.#log.append(event);
    this.#options.onEvent?.(event);
  };

  #stopped(cause: Error): ClError {
    const { trials, streams } = this.#plan;
    const total = trials.reduce((sum, { seed }) => sum + streams.get(seed)!.experiences.length, 0);
    return new ClError(
      'ABORTED',
      `run "${this.#config.name}": stopped after ${this.#ledger.rows} of ${total} experiences; they are saved in ` +
        `${this.#folder.path}. Run the same command again to go on from there.`,
      { cause },
    );
  }
}

/** Whether a record has these metrics: one that lacks some gets them from the accuracies that were written down. */
function hasAll({ trials }: RunRecord, metrics: readonly MetricPlugin[]): boolean {
  return trials.every((trial) => metrics.every(({ name }) => Object.hasOwn(trial.metrics, name)));
}
