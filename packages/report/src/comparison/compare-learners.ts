/** The numbers of a comparison: one row a learner and stream, and the differences between learners. */
import type { ComparedStream, ComparisonRecord, JsonObject, ScenarioName } from '@cl/hub';
import { metrics as metricPlugins } from '@cl/metrics';
import { allMetrics } from '../metric-columns.ts';
import { readRecord, type LearnerView, type ReportModel } from '../model.ts';
import { spreadOf, type Ddof, type Spread } from '../spread.ts';
import { holm, pairedTest, type PairedTest } from './paired-test.ts';
import type { ShownMetric } from './words.ts';

/** Options of a comparison's numbers and pages. */
export interface ComparisonOptions {
  /** Label or plugin name of the learner that is drawn as a reference; default `zero-shot`. */
  readonly reference?: string | undefined;
  /** Standard deviations over seeds divide by n (0) or by n − 1 (1, default). */
  readonly ddof?: Ddof | undefined;
}

/** A metric over seeds. */
export interface ComparedMetric {
  readonly mean: number;
  /** `null` for a single seed. */
  readonly deviation: number | null;
  /** One a seed, in the order of `seeds`; `null` where a seed lacks it. */
  readonly values: readonly (number | null)[];
}

/** A learner on a stream. */
export interface ComparedLearner {
  readonly label: string;
  readonly plugin: string;
  readonly options: JsonObject;
  readonly seeds: readonly number[];
  /** By name; `null`: not available. */
  readonly metrics: Readonly<Record<string, ComparedMetric | null>>;
  /** Mean over seeds, by phase. */
  readonly seconds: Readonly<Record<string, number>>;
  /** The largest of the seeds, as the next two. */
  readonly peakMemoryBytes: number;
  readonly stateBytes: number;
  /** `null` when the learner does not tell. */
  readonly trainableParameters: number | null;
  /** What is kept of past data, in words; `null` when the learner does not tell. */
  readonly keeps: string | null;
  /** Keeps nothing that belongs to a single past sample. */
  readonly exemplarFree: boolean;
}

/** The difference of two learners in the final average accuracy. */
export interface ComparedPair extends PairedTest {
  readonly a: string;
  readonly b: string;
  /** p after Holm's correction over all pairs of the stream. */
  readonly adjusted: number | null;
}

/** A stream with its learners. */
export interface ComparedNumbers extends Pick<ComparedStream, 'name' | 'leftOut'> {
  readonly scenario: ScenarioName;
  readonly experiences: number;
  readonly classes: number;
  readonly seeds: readonly number[];
  readonly learners: readonly ComparedLearner[];
  /** Metrics of other packages than `@cl/metrics`: columns after the usual ones. */
  readonly others: readonly ShownMetric[];
  readonly pairs: readonly ComparedPair[];
}

/** `compare.json`. */
export interface Comparison {
  readonly name: string;
  readonly startedAt: string;
  readonly command: string;
  readonly ddof: Ddof;
  /** What the metrics are, by name. */
  readonly definitions: Readonly<
    Record<string, { readonly label: string; readonly formula: string }>
  >;
  readonly streams: readonly ComparedNumbers[];
}

/** The metric that differences are tested on. */
export const testedMetric = 'final-average-accuracy';

/**
 * The numbers of a comparison.
 *
 * @throws ClError as the report of a run does, for a record that contradicts itself.
 */
export function compareLearners(
  record: ComparisonRecord,
  options: ComparisonOptions = {},
): Comparison {
  const models = modelsOf(record, options);
  const { name, startedAt, command } = record;
  const recorded = record.streams.flatMap(({ record: { metrics = {} } }) =>
    Object.entries(metrics),
  );
  const definitions = [
    ...recorded,
    ...metricPlugins.map((metric) => [metric.name, metric] as const),
  ].map(([metric, { label, formula }]) => [metric, { label, formula }] as const);
  return {
    name,
    startedAt,
    command,
    ddof: options.ddof ?? 1,
    definitions: Object.fromEntries(definitions),
    streams: models.map((model, k) => numbersOf(record.streams[k]!, model)),
  };
}

/** One model a stream; a learner has the same mark in all of them. */
export function modelsOf(
  { streams }: ComparisonRecord,
  { reference = 'zero-shot', ddof = 1 }: ComparisonOptions,
): readonly ReportModel[] {
  const trials = streams.flatMap(({ record }) => record.trials);
  const chosen =
    trials.find(({ label }) => label === reference) ??
    trials.find(({ plugin }) => plugin === reference);
  const labels = [...new Set(trials.map(({ label }) => label))];
  return streams.map(({ record }) => readRecord(record, chosen?.label ?? reference, ddof, labels));
}

function numbersOf({ name, leftOut, record }: ComparedStream, model: ReportModel): ComparedNumbers {
  const { scenario, experiences } = record.stream;
  const learners = model.learners.map((learner) => learnerOf(learner, model.ddof));
  return {
    name,
    scenario: scenario.name,
    experiences: experiences.length,
    classes: experiences.reduce((sum, { classes }) => sum + classes, 0),
    seeds: model.seeds,
    learners,
    others: othersOf(model),
    leftOut,
    pairs: pairsOf(learners),
  };
}

function othersOf(model: ReportModel): readonly ShownMetric[] {
  const own = new Set(metricPlugins.map((metric) => metric.name));
  return allMetrics(model)
    .filter(({ metric }) => !own.has(metric))
    .map(({ metric, label, better }) => ({ metric, label, better }));
}

function learnerOf({ label, trials }: LearnerView, ddof: Ddof): ComparedLearner {
  const first = trials[0]!;
  const names = [...new Set(trials.flatMap((trial) => Object.keys(trial.metrics)))];
  const phases = [...new Set(trials.flatMap((trial) => trial.phases.map((phase) => phase.name)))];
  const accounts = trials.flatMap(({ account }) => account ?? []);
  const seconds = (phase: string): number =>
    trials
      .flatMap((trial) => trial.phases.filter((one) => one.name === phase))
      .reduce((sum, one) => sum + one.seconds, 0) / trials.length;
  const trained = accounts.map(({ trainableParameters }) => trainableParameters);
  return {
    label,
    plugin: first.plugin,
    options: first.options,
    seeds: trials.map(({ seed }) => seed),
    metrics: Object.fromEntries(
      names.map((name) => [
        name,
        toJson(
          spreadOf(
            trials.map((trial) => trial.metrics[name]),
            ddof,
          ),
        ),
      ]),
    ),
    seconds: Object.fromEntries(phases.map((phase) => [phase, seconds(phase)])),
    peakMemoryBytes: Math.max(...trials.map((trial) => trial.peakMemoryBytes)),
    stateBytes: Math.max(...trials.map((trial) => trial.stateBytes)),
    trainableParameters: trained.length === 0 ? null : Math.max(...trained),
    keeps: accounts[0]?.keeps ?? null,
    exemplarFree: trials.every((trial) => trial.exemplarFree),
  };
}

function toJson(spread: Spread | undefined): ComparedMetric | null {
  if (spread === undefined) return null;
  const { mean, deviation = null, values } = spread;
  return { mean, deviation, values: values.map((value) => value ?? null) };
}

/** Every pair once, over the seeds that both have. */
function pairsOf(learners: readonly ComparedLearner[]): readonly ComparedPair[] {
  const pairs = learners.flatMap((a, k) =>
    learners.slice(k + 1).flatMap((b): Omit<ComparedPair, 'adjusted'>[] => {
      const shared = a.seeds.flatMap((seed, i) => {
        const x = a.metrics[testedMetric]?.values[i] ?? null;
        const y = b.metrics[testedMetric]?.values[b.seeds.indexOf(seed)] ?? null;
        return x === null || y === null ? [] : [[x, y] as const];
      });
      if (shared.length === 0) return [];
      const test = pairedTest(
        shared.map(([x]) => x),
        shared.map(([, y]) => y),
      );
      return [{ a: a.label, b: b.label, ...test }];
    }),
  );
  const adjusted = holm(pairs.map(({ p }) => p));
  return pairs.map((pair, k) => ({ ...pair, adjusted: adjusted[k]! }));
}
