/** Which learners differ: every pair of a stream as a cell. */
import { points } from '../format.ts';
import { html, name, type Html } from '../html.ts';
import { heatMap, type HeatCell } from '../parts/heat-map.ts';
import type { ComparedNumbers, ComparedPair } from './compare-learners.ts';
import { isSignificant, pairText } from './words.ts';

/**
 * A table of differences, row less column; those that count are marked by a star and a colour. `undefined` with fewer
 * than two learners.
 */
export function pairsOf(stream: ComparedNumbers): Html | undefined {
  const { learners, pairs } = stream;
  if (pairs.length === 0) return undefined;
  const labels = learners.map(({ label }) => label);
  const largest = Math.max(...pairs.map(({ difference }) => Math.abs(difference)), 1e-9);
  return html`${heatMap({
      caption: html`${name(stream.name)}: final average accuracy of the row less that of the column,
      in points; * differs beyond chance.`,
      corner: '',
      columns: labels,
      rows: labels.map((row) => ({
        name: row,
        cells: labels.map((column) => cellOf(row, column, pairs, largest)),
      })),
    })}
    <p class="note">
      Paired t-test over seeds, two-sided, Holm's correction over all pairs of a stream; starred
      when the corrected p is below 0.05. A seed decides the order of classes, the training images
      and the learner's own chance, so the test is about those, not about other test images.
    </p>`;
}

function cellOf(
  row: string,
  column: string,
  pairs: readonly ComparedPair[],
  largest: number,
): HeatCell {
  if (row === column) return { shade: undefined, text: '', detail: `${row} and itself` };
  const pair = pairs.find(({ a, b }) => (a === row && b === column) || (a === column && b === row));
  if (pair === undefined) {
    return { shade: undefined, text: '', detail: `${row} and ${column}: no seed in common` };
  }
  const seen = pair.a === row ? pair : turned(pair);
  const counts = isSignificant(pair);
  return {
    shade: counts ? 0.25 + (0.75 * Math.abs(seen.difference)) / largest : 0,
    text: `${points(seen.difference)}${counts ? '*' : ''}`,
    detail: `${row} less ${column}: ${pairText(seen)}`,
  };
}

function turned(pair: ComparedPair): ComparedPair {
  const minus = (value: number | null): number | null => (value === null ? null : -value);
  const { a, b, difference, low, high, t } = pair;
  return {
    ...pair,
    a: b,
    b: a,
    difference: -difference,
    low: minus(high),
    high: minus(low),
    t: minus(t),
  };
}
