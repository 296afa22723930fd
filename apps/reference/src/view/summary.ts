/** The end of a run in a terminal: a table of learners, and where everything is. */
import type { RunRecord, TrialRecord } from '@cl/hub';
import { meanAndDeviation, metrics as ownMetrics } from '@cl/metrics';
import { bytes, duration, left, percent, plain, right } from './format.ts';
import type { Style } from './style.ts';

type Columns = readonly (readonly [metric: string, label: string])[];

const crossDomain: Columns = [
  ['transfer', 'Transfer'],
  ['average', 'Average'],
  ['last', 'Last'],
];
const incremental: Columns = [
  ['final-average-accuracy', 'FAA'],
  ['cumulative-average-accuracy', 'CAA'],
  ['average-forgetting', 'Forgetting'],
];

/**
 * The metrics of the scenario's literature, then those of other packages, in percent, mean ± deviation over seeds where there are
 * several, with the time spent on learning and evaluating (some solve when they are asked) and the size of the saved
 * learner.
 */
export function summaryLines(record: RunRecord, width: number, style: Style): readonly string[] {
  const { labelSpace, name: scenario } = record.stream.scenario;
  const usual = labelSpace === 'all' || scenario === 'mtil' ? crossDomain : incremental;
  const columns = [...usual, ...othersOf(record)];
  const groups = new Map<string, TrialRecord[]>();
  for (const trial of record.trials) {
    groups.set(trial.label, [...(groups.get(trial.label) ?? []), trial]);
  }
  const several = [...groups.values()].some((trials) => trials.length > 1);
  const cell = several ? 13 : 11;
  const longest = Math.max(7, ...[...groups.keys()].map((label) => plain(label).length));
  const name = Math.min(longest, width - columns.length * cell - 20);
  const heading = columns.map(([, label]) => ` ${right(label, cell - 1)}`).join('');
  const lines = [
    style.dim(`${left('learner', name)}${heading}${right('time', 9)}${right('state', 9)}`),
  ];
  for (const [label, trials] of groups) {
    const cells = columns.map(([metric]) => right(score(trials, metric), cell));
    const time = mean(
      trials.map((trial) => secondsOf(trial, 'learn') + secondsOf(trial, 'evaluate')),
    );
    const size = mean(trials.map(({ stateBytes }) => stateBytes));
    lines.push(
      `${style.bold(left(plain(label), name))}${style.strong(cells.join(''))}` +
        `${right(duration(time * 1000), 9)}${right(bytes(size), 9)}`,
    );
  }
  return lines;
}

/** Metrics that are not of `@cl/metrics`, as the record tells of them. */
function othersOf({ metrics = {} }: RunRecord): Columns {
  return Object.entries(metrics)
    .filter(([name]) => !ownMetrics.some((own) => own.name === name))
    .map(([name, { label }]) => [name, plain(label)]);
}

/** Seconds that a trial spent in a phase. */
function secondsOf(trial: TrialRecord, phase: string): number {
  return trial.phases.find(({ name }) => name === phase)?.seconds ?? 0;
}

function score(trials: readonly TrialRecord[], metric: string): string {
  const values = trials.map((trial) => trial.metrics[metric] ?? undefined);
  const over = meanAndDeviation(values, 1);
  if (over === undefined) return '–';
  const { mean: centre, deviation } = over;
  return deviation === undefined ? percent(centre) : `${percent(centre)} ± ${percent(deviation)}`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
