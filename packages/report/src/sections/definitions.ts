/** What the numbers mean. */
import { html, name, type Html } from '../html.ts';
import { allMetrics, type MetricColumn } from '../metric-columns.ts';
import type { ReportModel } from '../model.ts';
import type { Section } from '../parts/section.ts';
import type { Ddof } from '../spread.ts';

/** The metrics of the record with their formulas, and how the report derives the rest. */
export function definitions(model: ReportModel): Section {
  return definitionsOf(allMetrics(model), model.ddof);
}

/** The same for the metrics of several runs; `more` are further entries. */
export function definitionsOf(
  columns: readonly Omit<MetricColumn, 'spreads'>[],
  ddof: Ddof,
  more?: Html,
): Section {
  const entries = columns.map(({ label, metric, formula, description, better }): Html => {
    const direction =
      better === undefined ? '' : ` ${better === 'higher' ? 'Higher' : 'Lower'} is better.`;
    return html`<div>
      <dt>${name(label)} <code>${metric}</code></dt>
      <dd>
        ${
          formula === undefined
            ? 'Recorded by a metric plugin that this report does not know.'
            : html`<code>${formula}</code><br />${description}${direction}`
        }
      </dd>
    </div> `;
  });
  return {
    id: 'definitions',
    title: 'Definitions',
    short: 'Definitions',
    lead: html`<code>A[i,j]</code> is the top-1 accuracy on test set j after experience i, both from
      1 to T. A number whose definition needs an evaluation that was not made is not available (–),
      never 0.`,
    body: html`<div class="card">
      <dl class="definitions">
        ${entries}
        <div>
          <dt>Deviations</dt>
          <dd>
            Standard deviation over seeds with ddof ${ddof}: divided by
            ${ddof === 1 ? 'n − 1 (sample)' : 'n (population)'}. None is given for a single seed.
          </dd>
        </div>
        <div>
          <dt>Curves</dt>
          <dd>
            “On all test sets”: the mean of row i of A. “On what was learned”: the mean over j ≤ i
            of
            <code>A[i,j]</code>. “Forgetting”: the mean over j &lt; i of (max over j ≤ k &lt; i of
            <code>A[k,j]</code>, minus <code>A[i,j]</code>).
          </dd>
        </div>
        ${more}
      </dl>
    </div>`,
  };
}
