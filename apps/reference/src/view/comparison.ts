/** A comparison in a terminal: for each stream what was reached, what it cost, and what can be said of it. */
import { shownMetrics, verdict, type ComparedNumbers, type Comparison } from '@cl/report';
import { bytes, duration, left, percent, plain, right } from './format.ts';
import type { Style } from './style.ts';

/** The lines of all streams, none of the tables wider than `width` where that can be. */
export function comparisonLines(
  comparison: Comparison,
  width: number,
  style: Style,
): readonly string[] {
  return comparison.streams.flatMap((stream) => [
    '',
    style.bold(plain(stream.name)),
    ...accuracyLines(stream, width, style),
    '',
    ...costLines(stream, width, style),
    ...stream.leftOut.map(({ label, reason }) => {
      return style.warn(`${plain(label)} takes no part: ${plain(reason)}`);
    }),
    ...wrapped(verdict(stream).map(plain).join(' '), width).map(style.dim),
  ]);
}

/** In percent, mean ± deviation where there are several seeds. */
function accuracyLines(stream: ComparedNumbers, width: number, style: Style): readonly string[] {
  const columns = shownMetrics(stream);
  const { learners } = stream;
  const several = learners.some(({ seeds }) => seeds.length > 1);
  const cell = several ? 13 : 11;
  const name = nameWidth(stream, width - columns.length * cell);
  const heading = columns.map(({ label }) => right(label, cell)).join('');
  const rows = learners.map(({ label, metrics }) => {
    const cells = columns.map(({ metric }) => {
      const found = metrics[metric] ?? null;
      if (found === null) return right('–', cell);
      const { mean, deviation } = found;
      const spread = deviation === null ? '' : ` ± ${percent(deviation)}`;
      return right(`${percent(mean)}${spread}`, cell);
    });
    return `${left(plain(label), name)}${style.strong(cells.join(''))}`;
  });
  return [style.dim(`${left('learner', name)}${heading}`), ...rows];
}

function costLines(stream: ComparedNumbers, width: number, style: Style): readonly string[] {
  const name = nameWidth(stream, width - 60);
  const heading = ['time', 'memory', 'trainable', 'state'].map((text) => right(text, 10)).join('');
  const rows = stream.learners.map((learner) => {
    const { label, seconds, peakMemoryBytes, stateBytes, trainableParameters, keeps } = learner;
    const time = ((seconds['learn'] ?? 0) + (seconds['evaluate'] ?? 0)) * 1000;
    const cells = [
      duration(time),
      bytes(peakMemoryBytes),
      trainableParameters === null ? '–' : String(trainableParameters),
      bytes(stateBytes),
    ];
    const kept = keeps ?? (learner.exemplarFree ? 'no sample' : 'samples');
    return `${left(plain(label), name)}${cells.map((text) => right(text, 10)).join('')}  ${plain(kept)}`;
  });
  return [style.dim(`${left('learner', name)}${heading}  keeps of past data`), ...rows];
}

function nameWidth({ learners }: ComparedNumbers, room: number): number {
  const longest = Math.max(7, ...learners.map(({ label }) => plain(label).length));
  return Math.min(longest, Math.max(12, room)) + 1;
}

/** Words in lines of at most `width`. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
