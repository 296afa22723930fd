/** Which part of a learner gave the answers. */
import type { PredictionSource } from '@cl/hub';
import { count, percent } from '../format.ts';
import { html, name, type Html, type Part } from '../html.ts';
import type { LearnerView, ReportModel } from '../model.ts';
import { markerIcon } from '../parts/marker.ts';
import type { Section } from '../parts/section.ts';

const kinds: readonly { readonly key: PredictionSource; readonly means: string }[] = [
  { key: 'adapter', means: 'what was learned' },
  { key: 'fused', means: 'learned and zero-shot together' },
  { key: 'zero-shot', means: 'names only' },
];

/** A table of stacked bars; `undefined` when no trial recorded sources. */
export function sources(model: ReportModel): Section | undefined {
  const shown = model.learners.filter(({ trials }) =>
    trials.some((trial) => trial.sources.some((shares) => total(shares) > 0)),
  );
  if (shown.length === 0) return undefined;
  const key = kinds.map(
    (kind) =>
      html`<li>
        <svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">
          <rect class="fill-${kind.key}" width="10" height="10" />
        </svg>
        ${kind.key} <span class="by">(${kind.means})</span>
      </li>`,
  );
  const rows = model.domains.map(
    (domain, j) =>
      html`<tr>
        <th scope="row">${name(domain)}</th>
        ${shown.map((learner) => html`<td>${bar(learner, j)}</td>`)}
      </tr> `,
  );
  return {
    id: 'sources',
    title: 'Where answers come from',
    short: 'Sources',
    lead: `At the end of the stream, for each test set: the share of answers that came from what was
      learned, from class names alone, or from both.`,
    body: html`<div class="card">
      <ul class="legend">
        ${key}
      </ul>
      <div class="scroll" tabindex="0" role="group" aria-label="Table, scrolls sideways">
        <table class="numbers bars">
          <caption>
            Sources of the final answers in percent.
          </caption>
          <thead>
            <tr>
              <th scope="col">Domain</th>
              ${shown.map(
                (learner) =>
                  html`<th scope="col">${markerIcon(learner)} ${name(learner.label)}</th>`,
              )}
            </tr>
          </thead>
          <tbody>
            ${rows}
          </tbody>
        </table>
      </div>
    </div>`,
  };
}

type Shares = Readonly<Partial<Record<PredictionSource, number>>>;

function bar({ trials }: LearnerView, j: number): Html {
  const counts = kinds.map(({ key }) => ({
    key,
    n: trials.reduce((sum, trial) => sum + (trial.sources[j]?.[key] ?? 0), 0),
  }));
  const all = counts.reduce((sum, { n }) => sum + n, 0);
  if (all === 0) return html`–<span class="sr"> not recorded</span>`;
  let left = 0;
  const parts: Part[] = [];
  for (const { key, n } of counts) {
    const width = (n / all) * 100;
    if (n === 0) continue;
    parts.push(
      html`<rect
        class="fill-${key}"
        x="${left.toFixed(2)}%"
        width="${width.toFixed(2)}%"
        height="100%"
        ><title>${key}: ${count(n)} of ${count(all)}</title></rect
      >`,
    );
    left += width;
  }
  const words = counts
    .filter(({ n }) => n > 0)
    .map(({ key, n }) => `${key} ${percent(n / all)}`)
    .join(' · ');
  return html`<svg aria-hidden="true">${parts}</svg><small>${words}</small>`;
}

function total(shares: Shares): number {
  return kinds.reduce((sum, { key }) => sum + (shares[key] ?? 0), 0);
}
