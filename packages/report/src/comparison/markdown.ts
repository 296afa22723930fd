/** A comparison as Markdown: one table a stream, for READMEs and issues. */
import { bytes, count, duration, percent, plural, unavailable } from '../format.ts';
import type { ComparedLearner, ComparedNumbers, Comparison } from './compare-learners.ts';
import { shownMetrics, verdict, type ShownMetric } from './words.ts';

/** The tables with what is needed to read them; deterministic. */
export function toMarkdown(comparison: Comparison): string {
  const { name, command, streams } = comparison;
  const parts = [
    `# ${escaped(name)}`,
    ['```sh', command.replaceAll('```', '` ` `'), '```'].join('\n'),
    ...streams.map((stream) => section(comparison, stream)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function section({ ddof, definitions }: Comparison, stream: ComparedNumbers): string {
  const { name, scenario, seeds, experiences, classes, learners, leftOut } = stream;
  const metrics = shownMetrics(stream);
  const head = [
    'learner',
    ...metrics.map(({ label }) => escaped(label)),
    'time',
    'peak memory',
    'trainable',
    'state',
    'keeps of past data',
  ];
  const rows = learners.map((learner) => row(learner, metrics, learners));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const formulas = metrics.map(({ metric, label }) => {
    return `${label}: ${definitions[metric]?.formula ?? 'of a plugin'}`;
  });
  const table = [
    line(head),
    line(head.map((_, k) => (k === 0 || k === head.length - 1 ? '---' : '---:'))),
    ...rows.map(line),
  ];
  return [
    `## ${escaped(name)}`,
    `${scenario}, ${plural(experiences, 'experience')}, ${plural(classes, 'class', 'classes')}. Percent; ` +
      `${seeds.length === 1 ? `seed ${seeds[0]!}` : `mean ± deviation over seeds ${seeds.join(', ')} (ddof ${ddof})`}. ` +
      'Time is learning and evaluating, without features; memory is the whole process; state is the saved learner.',
    table.join('\n'),
    ...leftOut.map(({ label, reason }) => `${escaped(label)} takes no part: ${escaped(reason)}`),
    verdict(stream).map(escaped).join(' '),
    `${escaped(formulas.join('; '))}.`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function row(
  learner: ComparedLearner,
  metrics: readonly ShownMetric[],
  all: readonly ComparedLearner[],
): readonly string[] {
  const { label, seconds, peakMemoryBytes, stateBytes, trainableParameters, keeps } = learner;
  return [
    escaped(label),
    ...metrics.map(({ metric, better }) => {
      const found = learner.metrics[metric] ?? null;
      if (found === null) return unavailable;
      const { mean, deviation } = found;
      const text = `${percent(mean)}${deviation === null ? '' : ` ± ${percent(deviation)}`}`;
      const means = all.flatMap((one) => one.metrics[metric]?.mean ?? []);
      const best = better === 'higher' ? Math.max(...means) : Math.min(...means);
      const isBest = better !== undefined && means.length > 1 && percent(mean) === percent(best);
      return isBest ? `**${text}**` : text;
    }),
    duration((seconds['learn'] ?? 0) + (seconds['evaluate'] ?? 0)),
    bytes(peakMemoryBytes),
    trainableParameters === null ? unavailable : count(trainableParameters),
    bytes(stateBytes),
    escaped(keeps ?? (learner.exemplarFree ? 'no sample' : 'samples')),
  ];
}

/** Text from outside as text: nothing in it is markup, and no line ends in it. */
function escaped(text: string): string {
  return text.replaceAll(/[\p{C}\s]+/gu, ' ').replaceAll(/[\\`*_{}[\]<>#|~&!]/gu, '\\$&');
}
