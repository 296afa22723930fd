/** What a learner found out, drawn without knowing the method: numbers, a heat map, or lines. */
import type { Insight, LinesInsight, MatrixInsight, NumbersInsight } from '@cl/hub';
import { lineChart } from '../charts/lines.ts';
import { alike, number, unavailable } from '../format.ts';
import { html, name, type Html } from '../html.ts';
import { figure } from './figure.ts';
import { colourScale, heatMap, type HeatCell } from './heat-map.ts';
import { legend } from './legend.ts';

/** An insight with its title and its text. */
export async function insightOf(insight: Insight): Promise<Html> {
  return html`<div class="insight">
    <h3>${name(insight.title)}</h3>
    <p class="note">${name(insight.text)}</p>
    ${await drawingOf(insight)}
  </div>`;
}

async function drawingOf(insight: Insight): Promise<Html> {
  switch (insight.kind) {
    case 'numbers':
      return numbers(insight);
    case 'matrix':
      return matrix(insight);
    case 'lines':
      return lines(insight);
  }
}

function numbers({ values }: NumbersInsight): Html {
  return html`<dl class="facts">
    ${Object.entries(values).map(
      ([key, value]) =>
        html`<div>
          <dt>${name(key)}</dt>
          <dd>${typeof value === 'number' ? number(value) : name(value)}</dd>
        </div> `,
    )}
  </dl>`;
}

/** Colours run from the smallest number to the largest, zero included. */
function matrix({ title, rows, columns, values }: MatrixInsight): Html {
  const known = values.flat().filter((value) => value !== null);
  const print = alike(known);
  const low = Math.min(0, ...known);
  const high = Math.max(0, ...known);
  const cell = (value: number | null | undefined, row: string, column: string): HeatCell => {
    if (value === null || value === undefined) {
      return { shade: undefined, text: '', detail: `${row}, ${column}: none` };
    }
    const shade = high > low ? (value - low) / (high - low) : 0;
    return { shade, text: print(value), detail: `${row}, ${column}: ${number(value)}` };
  };
  return html`${heatMap({
      caption: html`<span class="sr">${name(title)}</span>`,
      corner: '',
      columns,
      rows: rows.map((row, i) => ({
        name: row,
        cells: columns.map((column, j) => cell(values[i]?.[j], row, column)),
      })),
    })}
    <div class="scale">${colourScale(undefined, print(low), print(high))}</div>`;
}

async function lines({ title, x, y, series }: LinesInsight): Promise<Html> {
  const drawn = series.map(({ label, values }, rank) => ({
    label,
    marked: { rank, isReference: false },
    points: x.values.map((_, i) => {
      const value = values[i];
      return value === null || value === undefined ? undefined : { value };
    }),
  }));
  const ends = drawn.map(({ label, points }) => {
    const known = points.filter((point) => point !== undefined);
    if (known.length === 0) return `${label}: none`;
    return `${label}: from ${number(known[0]!.value)} to ${number(known.at(-1)!.value)}`;
  });
  const chart = await lineChart(
    { x: x.values, lines: drawn },
    `${title}: ${y} over ${x.label}. ${ends.join('; ')}.`,
  );
  const rows = x.values.map(
    (value, i) =>
      html`<tr>
        <th scope="row">${typeof value === 'number' ? number(value) : name(value)}</th>
        ${drawn.map(({ points }) => {
          const point = points[i];
          return html`<td>${point === undefined ? unavailable : number(point.value)}</td>`;
        })}
      </tr> `,
  );
  return html`${
      drawn.length > 1 &&
      legend(
        drawn.map(({ label, marked }) => ({ label, ...marked })),
        'Lines',
      )
    }
    <div class="charts">${figure(y, '', chart, x.label)}</div>
    <details>
      <summary>Numbers behind the lines</summary>
      <div class="scroll" tabindex="0" role="group" aria-label="Table, scrolls sideways">
        <table class="numbers">
          <caption>
            ${name(y)}
          </caption>
          <thead>
            <tr>
              <th scope="col">${name(x.label)}</th>
              ${drawn.map(({ label }) => html`<th scope="col">${name(label)}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${rows}
          </tbody>
        </table>
      </div>
    </details>`;
}
