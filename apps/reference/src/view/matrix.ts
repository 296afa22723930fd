/** The accuracy matrix of a trial in a terminal: a row an experience, a column a test set, in percent. */
import type { AccuracyRow } from '@cl/runner';
import { left, percent, plain, right } from './format.ts';
import type { Style } from './style.ts';

/** What there is room for. */
interface Layout {
  readonly name: number;
  readonly cell: number;
  readonly decimals: number;
  /** The first column that is shown. */
  readonly from: number;
}

/**
 * The lines of a matrix, none wider than `width`: headings, the rows so far, and blank ones for those to come when
 * `padded`, so that a live view keeps its height. Sets not learned yet are dim, the one just learned is bold.
 */
export function matrixLines(
  names: readonly string[],
  rows: readonly AccuracyRow[],
  width: number,
  style: Style,
  padded = false,
): readonly string[] {
  const layout = layoutOf(names, width);
  const shown = names.map(plain);
  const cells = (texts: readonly string[]): string => texts.slice(layout.from).join('');
  const heading = shown.map(
    (name) => ` ${right(abbreviate(name, layout.cell - 1), layout.cell - 1)}`,
  );
  const lines = [style.dim(`${left('after', layout.name)}${cells(heading)}${right('mean', 6)}`)];
  for (const [i, row] of rows.entries()) {
    const values = row.map((value, j) => {
      const text = right(percent(value, layout.decimals), layout.cell);
      if (j > i || value === null) return style.dim(text);
      return j === i ? style.bold(text) : text;
    });
    const name = left(abbreviate(shown[i] ?? String(i), layout.name), layout.name);
    lines.push(`${name}${cells(values)}${style.strong(right(percent(mean(row)), 6))}`);
  }
  for (let i = rows.length; padded && i < names.length; i += 1) {
    lines.push(style.dim(left(abbreviate(shown[i]!, layout.name), layout.name)));
  }
  return lines;
}

/** Mean of what was evaluated; `null` when nothing was. */
export function mean(row: AccuracyRow): number | null {
  const values = row.filter((value) => value !== null);
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** One decimal where all columns fit, else whole percents, else the last columns only. */
function layoutOf(names: readonly string[], width: number): Layout {
  const longest = Math.max(5, ...names.map((name) => plain(name).length));
  const room = width - 6;
  for (const [cell, decimals] of [
    [7, 1],
    [6, 1],
    [5, 1],
    [4, 0],
  ] as const) {
    const name = Math.min(longest, room - cell * names.length, 16);
    if (name >= Math.min(longest, 8)) return { name, cell, decimals, from: 0 };
  }
  const name = Math.min(longest, 8);
  const columns = Math.max(1, Math.floor((room - name) / 4));
  return { name, cell: 4, decimals: 0, from: Math.max(0, names.length - columns) };
}

/** A heading that fits: `classes 10–19` becomes `10–19`, `10–` or `10`, other names are cut. */
function abbreviate(name: string, width: number): string {
  const [, range, first] = / ((\d+)(?:–\d+)?)$/u.exec(name) ?? [];
  const shorter = range === undefined ? [] : [range, `${first}–`, first!];
  return [name, ...shorter].find((text) => text.length <= width) ?? name.slice(0, width);
}
