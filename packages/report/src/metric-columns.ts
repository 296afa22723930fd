/** The metrics of a record as table columns: which, in which order, and which first. */
import type { MetricPlugin } from '@cl/hub';
import { metrics } from '@cl/metrics';
import type { ReportModel } from './model.ts';
import { spreadOf, type Spread } from './spread.ts';

/** A metric over all learners. */
export interface MetricColumn {
  readonly metric: string;
  readonly label: string;
  /** `undefined` for a metric that is not from `@cl/metrics`. */
  readonly better: MetricPlugin['better'] | undefined;
  readonly formula: string | undefined;
  readonly description: string | undefined;
  /** One a learner, by its index. */
  readonly spreads: readonly (Spread | undefined)[];
}

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

/** The metrics of the scenario's literature; all of them when the run has none of those. */
export function headlineMetrics(model: ReportModel): readonly MetricColumn[] {
  const all = allMetrics(model);
  const { name } = model.record.stream.scenario;
  const wanted = name === 'x-tail' || name === 'mtil' ? crossDomain : incremental;
  const chosen = wanted.flatMap((key) => all.filter(({ metric }) => metric === key));
  return chosen.length > 0 ? chosen : all;
}

function columnOf(model: ReportModel, key: string): MetricColumn {
  const plugin = metrics.find(({ name }) => name === key);
  return {
    metric: key,
    label: plugin?.label ?? key,
    better: plugin?.better,
    formula: plugin?.formula,
    description: plugin?.description,
    spreads: model.learners.map(({ trials }) =>
      spreadOf(
        trials.map((trial) => (Object.hasOwn(trial.metrics, key) ? trial.metrics[key] : undefined)),
        model.ddof,
      ),
    ),
  };
}
