/** One learner with one seed over its stream: learn, evaluate, save, write down; and again. */
import {
  createRandom,
  throwIfAborted,
  type Learner,
  type LearnerAccount,
  type LearnerContext,
  type MetricPlugin,
  type Stream,
  type TrialRecord,
  type WorkOptions,
} from '@cl/hub';
import { Checkpoints } from './checkpoint.ts';
import { accuracies, answerAll, type AnswerSheet } from './evaluate.ts';
import type { AccuracyRow } from './events.ts';
import { confusions, examples, sources } from './final-row.ts';
import { watchMemory } from './memory.ts';
import type { Trial } from './plan.ts';
import type { TrialProgress } from './run-folder.ts';
import type { TrialContext } from './trial-context.ts';

/**
 * Carries a trial out, from where `before` says it stopped.
 *
 * After each experience the learner is evaluated, saved and written down, in this order: whatever
 * a crash cuts off is done again from the saved learner and gives the same bits.
 */
export async function runTrial(
  trial: Trial,
  stream: Stream,
  before: TrialProgress | undefined,
  context: TrialContext,
): Promise<TrialRecord> {
  if (before?.record !== undefined) return withMetrics(before, before.record, stream, context);
  const run = new TrialRun(trial, stream, context);
  try {
    return await run.finish(before);
  } finally {
    await run.dispose();
  }
}

/** A finished trial with the metrics that are asked for now: they are functions of what was written down. */
function withMetrics(
  { rows, baseline }: TrialProgress,
  record: TrialRecord,
  stream: Stream,
  { metrics }: TrialContext,
): TrialRecord {
  const missing = metrics.filter(({ name }) => !Object.hasOwn(record.metrics, name));
  if (missing.length === 0) return record;
  const more = computed(missing, stream, rows, baseline);
  return { ...record, metrics: { ...record.metrics, ...more } };
}

/** The metrics of accuracies, by name. */
function computed(
  metrics: readonly MetricPlugin[],
  { evaluations }: Stream,
  rows: readonly AccuracyRow[],
  baseline: AccuracyRow | undefined,
): TrialRecord['metrics'] {
  const input = {
    accuracy: rows.map(measured),
    testSizes: evaluations.map(({ test }) => test.length),
    ...(baseline === undefined ? {} : { baseline: measured(baseline) }),
  };
  return Object.fromEntries(metrics.map((metric) => [metric.name, metric.compute(input) ?? null]));
}

const nothing: TrialProgress = { rows: [], seconds: {}, peakMemoryBytes: 0, stateBytes: 0 };

class TrialRun {
  readonly #trial: Trial;
  readonly #stream: Stream;
  readonly #context: TrialContext;
  readonly #checkpoints: Checkpoints;
  readonly #memory = watchMemory();
  #learner: Learner | undefined;
  #progress: TrialProgress = nothing;

  constructor(trial: Trial, stream: Stream, context: TrialContext) {
    this.#trial = trial;
    this.#stream = stream;
    this.#context = context;
    this.#checkpoints = new Checkpoints(context.folder, trial, context.keep);
  }

  async finish(before: TrialProgress | undefined): Promise<TrialRecord> {
    const { label, seed } = this.#trial;
    const learner = await this.#begin(before);
    this.#context.emit({ type: 'trial-started', label, seed, from: learner.experiences });
    await this.#baseline(learner);
    let sheet: AnswerSheet | undefined;
    if (this.#progress.rows.length < learner.experiences) sheet = await this.#record(learner);
    while (learner.experiences < this.#stream.experiences.length) {
      sheet = await this.#step(learner);
    }
    sheet ??= await this.#answers(learner); // everything was learned by an earlier process
    const record = await this.#toRecord(
      sheet,
      await learner.describe?.(this.#work(learner.experiences - 1)),
    );
    await this.#store({ record });
    this.#context.emit({ type: 'trial-finished', label, seed, metrics: record.metrics });
    return record;
  }

  async dispose(): Promise<void> {
    this.#memory.stop();
    await this.#learner?.dispose();
  }

  /** The learner as it was saved, with the accuracies that belong to it; else a new one. */
  async #begin(before: TrialProgress | undefined): Promise<Learner> {
    const { plugin, options, seed } = this.#trial;
    const context = (): LearnerContext => ({
      features: this.#context.features,
      backbone: this.#context.trainable,
      random: createRandom(seed).fork('learner'),
    });
    this.#learner = await this.#checkpoints.load(this.#trial, context());
    const learned = this.#learner?.experiences ?? 0;
    const rows = before?.rows ?? [];
    // The learner is saved just before its row is written down, so it may be one row ahead. The accuracy before learning
    // is written down with the first row: where that is missing, the trial starts over.
    if (this.#learner !== undefined && before !== undefined && rows.length >= learned - 1) {
      this.#progress = { ...before, rows: rows.slice(0, learned) };
      return this.#learner;
    }
    await this.#learner?.dispose();
    await this.#checkpoints.clear();
    this.#learner = await plugin.create(options, context());
    return this.#learner;
  }

  /** Accuracy before anything was learned, where the learner can answer then. */
  async #baseline(learner: Learner): Promise<void> {
    if (learner.experiences > 0 || !this.#openVocabulary) return;
    const sheet = await this.#timed('evaluate', () => this.#answers(learner));
    this.#progress = { ...this.#progress, baseline: accuracies(sheet) };
  }

  async #step(learner: Learner): Promise<AnswerSheet> {
    const { label, seed } = this.#trial;
    const { signal, emit } = this.#context;
    throwIfAborted('run', signal);
    const index = learner.experiences;
    const before = this.#progress.seconds['learn'] ?? 0;
    await this.#timed('learn', () =>
      learner.learn(this.#stream.experiences[index]!, this.#work(index)),
    );
    const seconds = this.#progress.seconds['learn']! - before;
    emit({ type: 'experience-learned', label, seed, experience: index, seconds });
    return this.#record(learner);
  }

  /** Evaluates the latest experience, saves the learner and writes both down. */
  async #record(learner: Learner): Promise<AnswerSheet> {
    const { label, seed } = this.#trial;
    const { emit, backbone, features } = this.#context;
    const experience = learner.experiences - 1;
    const sheet = await this.#timed('evaluate', () => this.#answers(learner));
    const row = accuracies(sheet);
    const bytes = await this.#timed('save', () =>
      this.#checkpoints.save(
        learner,
        this.#trial,
        this.#stream,
        { ...backbone, featureDim: features.featureDim },
        row,
      ),
    );
    await this.#store({ rows: [...this.#progress.rows, row], stateBytes: bytes });
    emit({ type: 'evaluated', label, seed, experience, row });
    emit({ type: 'saved', label, seed, experience, bytes });
    return sheet;
  }

  #answers(learner: Learner): Promise<AnswerSheet> {
    const i = learner.experiences - 1;
    return answerAll(learner, this.#openVocabulary, this.#stream, i, this.#work(i));
  }

  async #toRecord(sheet: AnswerSheet, account: LearnerAccount | undefined): Promise<TrialRecord> {
    const { label, plugin, options, seed } = this.#trial;
    const { rows, baseline, seconds, stateBytes } = this.#progress;
    const { featureSeconds, jobs } = this.#context;
    const phases = { features: featureSeconds, learn: 0, evaluate: 0, save: 0 };
    return {
      label,
      plugin: plugin.name,
      options,
      seed,
      accuracy: rows,
      metrics: computed(this.#context.metrics, this.#stream, rows, baseline),
      confusions: confusions(this.#stream, sheet),
      sources: sources(sheet),
      examples: await examples(
        this.#stream,
        sheet,
        this.#context.examples,
        this.#context.thumbnail,
      ),
      phases: Object.entries({ ...phases, ...seconds }).map(([name, value]) => ({
        name,
        seconds: value,
      })),
      stateBytes,
      peakMemoryBytes: this.#peak(),
      ...(jobs > 1 && { jobs }),
      exemplarFree: plugin.capabilities(options).exemplarFree,
      ...(account && { account }),
    };
  }

  async #store(change: Partial<TrialProgress>): Promise<void> {
    this.#progress = { ...this.#progress, ...change, peakMemoryBytes: this.#peak() };
    await this.#context.store(this.#trial, this.#progress);
  }

  #peak(): number {
    return Math.max(this.#progress.peakMemoryBytes, this.#memory.peak());
  }

  get #openVocabulary(): boolean {
    return this.#trial.plugin.capabilities(this.#trial.options).openVocabulary;
  }

  async #timed<T>(phase: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const result = await work();
    const { seconds } = this.#progress;
    const spent = (seconds[phase] ?? 0) + (performance.now() - start) / 1000;
    this.#progress = { ...this.#progress, seconds: { ...seconds, [phase]: spent } };
    return result;
  }

  #work(experience: number): WorkOptions {
    const { label, seed } = this.#trial;
    const { signal, emit } = this.#context;
    return {
      signal,
      onProgress: (progress) => {
        emit({ type: 'progress', label, seed, experience, progress });
      },
    };
  }
}

const measured = (row: AccuracyRow): readonly (number | undefined)[] =>
  row.map((value) => value ?? undefined);
