/** The metrics of a record as table columns: which, in which order, and which first. */
import type { MetricPlugin, RecordedMetric, RunRecord } from '@cl/hub';
import { metrics } from '@cl/metrics';
import type { LearnerView, ReportModel } from './model.ts';
import { spreadOf, type Spread } from './spread.ts';

/** A metric over all learners. */
export interface MetricColumn {
  readonly metric: string;
  readonly label: string;
  /** `undefined` for a metric that neither `@cl/metrics` nor the record tells of. */
  readonly better: MetricPlugin['better'] | undefined;
  readonly formula: string | undefined;
  readonly description: string | undefined;
  /** Whether it is an accuracy, not a change of one: what a distance to the reference makes sense for. */
  readonly isLevel: boolean;
  /** One a learner, by its index. */
  readonly spreads: readonly (Spread | undefined)[];
}

/** Metrics that are differences of accuracies already. */
const changes: readonly string[] = [
  'average-forgetting',
  'average-forgetting-including-final',
  'running-forgetting',
  'backward-transfer',
  'forward-transfer',
];

const crossDomain = ['transfer', 'average', 'last', 'average-forgetting', 'backward-transfer'];
const incremental = [
  'final-average-accuracy',
  'cumulative-average-accuracy',
  'average-forgetting',
  'backward-transfer',
];

/**
 * Every metric that at least one trial has, those of `@cl/metrics` first and in its order, then others by
 * name. The record's numbers are shown as they are; nothing is computed anew.
 */
export function allMetrics(model: ReportModel): readonly MetricColumn[] {
  const recorded = new Set(model.record.trials.flatMap((trial) => Object.keys(trial.metrics)));
  const known = metrics.map((plugin) => plugin.name);
  const foreign = [...recorded].filter((key) => !known.includes(key)).sort();
  return [...known, ...foreign]
    .filter((key) => recorded.has(key))
    .map((key) => columnOf(model, key))
    .filter(({ spreads }) => spreads.some((spread) => spread !== undefined));
}

/** The metrics of the scenario's literature and those of other plugins; all of them when the run has none of those. */
export function headlineMetrics(model: ReportModel): readonly MetricColumn[] {
  const all = allMetrics(model);
  const { name } = model.record.stream.scenario;
  const wanted = name === 'x-tail' || name === 'mtil' ? crossDomain : incremental;
  const chosen = wanted.flatMap((key) => all.filter(({ metric }) => metric === key));
  const own = metrics.map((plugin) => plugin.name);
  const foreign = all.filter(({ metric }) => !own.includes(metric));
  return chosen.length > 0 ? [...chosen, ...foreign] : all;
}

/** The learner whose accuracy at the end is highest, the reference aside: what the page opens with. */
export function leader(model: ReportModel): LearnerView | undefined {
  const final = allMetrics(model).find(
    ({ metric }) => metric === 'last' || metric === 'final-average-accuracy',
  );
  const share = ({ index }: LearnerView): number => final?.spreads[index]?.mean ?? -1;
  return model.learners
    .filter(({ isReference }) => !isReference)
    .toSorted((a, b) => share(b) - share(a))[0];
}

function columnOf(model: ReportModel, key: string): MetricColumn {
  const own = metrics.find(({ name }) => name === key);
  const known = own ?? recordedMetric(model.record, key);
  return {
    metric: key,
    label: known?.label ?? key,
    better: known?.better,
    formula: known?.formula,
    description: known?.description,
    isLevel: own !== undefined && !changes.includes(key),
    spreads: model.learners.map(({ trials }) =>
      spreadOf(
        trials.map((trial) => (Object.hasOwn(trial.metrics, key) ? trial.metrics[key] : undefined)),
        model.ddof,
      ),
    ),
  };
}

/** What a record says of a metric; records are read from disk, and keys of theirs are anybody's. */
function recordedMetric(
  { metrics: recorded = {} }: RunRecord,
  key: string,
): RecordedMetric | undefined {
  return Object.hasOwn(recorded, key) ? recorded[key] : undefined;
}
