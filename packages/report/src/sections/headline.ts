/** The table of results: a row a learner, a column a metric. */
import { html, name, type Html, type Part } from '../html.ts';
import { percent, points, unavailable } from '../format.ts';
import { allMetrics, headlineMetrics, type MetricColumn } from '../metric-columns.ts';
import type { ReportModel } from '../model.ts';
import { markerIcon } from '../parts/marker.ts';
import type { Section } from '../parts/section.ts';
import { spreadText } from '../spread.ts';

/** Headline metrics, and the rest behind a disclosure. */
export function headline(model: ReportModel): Section {
  const first = headlineMetrics(model);
  const rest = allMetrics(model).filter(
    ({ metric }) => !first.some((column) => column.metric === metric),
  );
  const { reference } = model;
  return {
    id: 'results',
    title: 'Results',
    short: 'Results',
    lead: html`All numbers are
    percentages${model.learners.length > 1 && '; the best of each column is marked'}${
      reference !== undefined &&
      model.learners.length > 1 &&
      html`; the small numbers are the distance to ${name(reference.label)} in points`
    }.`,
    body: html`<div class="card">
      ${metricTable(model, first, seedsSentence(model))}
      ${
        rest.length > 0 &&
        html`<details>
          <summary>Further metrics (${rest.length})</summary>
          ${metricTable(model, rest, 'Further metrics; definitions are at the end of the page.')}
        </details>`
      }
    </div>`,
  };
}

function seedsSentence({ seeds, ddof }: ReportModel): string {
  if (seeds.length === 1) return `One seed (${seeds[0]!}): no deviations.`;
  const divisor = ddof === 1 ? 'n − 1, sample (ddof 1)' : 'n, population (ddof 0)';
  return (
    `Mean ± standard deviation over ${seeds.length} seeds (${seeds.join(', ')}); ` +
    `the deviation divides by ${divisor}.`
  );
}

function metricTable(model: ReportModel, columns: readonly MetricColumn[], caption: string): Html {
  const heads = columns.map(
    ({ label, better }) =>
      html`<th scope="col">
        ${name(label)}${
          better !== undefined &&
          html`<span aria-hidden="true"> ${better === 'higher' ? '↑' : '↓'}</span
            ><span class="sr"> (${better} is better)</span>`
        }
      </th>`,
  );
  const rows = model.learners.map(
    (learner) =>
      html`<tr class="${learner.isReference && 'reference'}">
        <th scope="row">${markerIcon(learner)} ${name(learner.label)}</th>
        ${columns.map((column) => metricCell(model, column, learner.index))}
      </tr> `,
  );
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table, scrolls sideways">
    <table class="numbers" data-table="metrics">
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          <th scope="col">Learner</th>
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

function metricCell(model: ReportModel, column: MetricColumn, index: number): Part {
  const spread = column.spreads[index];
  if (spread === undefined)
    return html`<td>${unavailable}<span class="sr"> not available</span></td>`;
  const best = percent(spread.mean) === bestText(column);
  const baseline =
    model.reference && column.isLevel ? column.spreads[model.reference.index] : undefined;
  const versus =
    baseline === undefined || model.reference?.index === index
      ? undefined
      : html`<small>${points(spread.mean - baseline.mean)}</small>`;
  return html`<td class="lead${best && ' best'}" title="${spreadText(spread)}">
    <span class="v">${percent(spread.mean)}</span>${
      spread.deviation !== undefined && html`&nbsp;±&nbsp;${percent(spread.deviation)}`
    }${best && html`<span class="sr"> (best)</span>`}${versus}
  </td>`;
}

/** The best mean as printed, so that what looks equal is marked alike; none for a single learner. */
function bestText({ spreads, better }: MetricColumn): string | undefined {
  const means = spreads.flatMap((spread) => (spread === undefined ? [] : [spread.mean]));
  if (better === undefined || means.length < 2) return undefined;
  return percent(better === 'higher' ? Math.max(...means) : Math.min(...means));
}
