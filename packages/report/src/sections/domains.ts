/** Transfer, Average and Last of each domain against the reference. */
import { perDomain, type DomainSummary } from '@cl/metrics';
import { capital, list, percent, points, unavailable } from '../format.ts';
import { html, name, type Html, type Part } from '../html.ts';
import type { LearnerView, ReportModel } from '../model.ts';
import { dotStrip, type Dot } from '../charts/dot-strip.ts';
import { legend } from '../parts/legend.ts';
import type { Section } from '../parts/section.ts';
import { tabs } from '../parts/tabs.ts';
import { partName } from '../scenario.ts';
import { spreadOf, spreadText, type Spread } from '../spread.ts';

type Kind = keyof DomainSummary;

const kinds: readonly { readonly key: Kind; readonly title: string; readonly note: string }[] = [
  { key: 'transfer', title: 'Transfer', note: 'before it is learned' },
  { key: 'average', title: 'Average', note: 'over all steps' },
  { key: 'last', title: 'Last', note: 'at the end' },
];

/** A table of dots and, in tabs, the numbers; without what too few evaluations tell; `undefined` when none of the three is left. */
export function domains(model: ReportModel): Section | undefined {
  const summaries = model.learners.map((learner) => summariesOf(model, learner));
  const expected = Math.max(1, model.domains.length - 1); // the first has no Transfer
  const shown = kinds.filter(({ key }) =>
    summaries.some((rows) => rows.filter((row) => row[key] !== undefined).length >= expected),
  );
  if (shown.length === 0) return undefined;
  const { reference } = model;
  const part = partName(model.record.stream.scenario);
  return {
    id: 'domains',
    title: `${capital(part)} by ${part}`,
    short: `${capital(part)}s`,
    lead: html`Accuracy on each ${part}:
    ${list(shown.map(({ title, note }) => `${title} ${note}`))}${
      reference !== undefined &&
      html`. Each bar runs from ${name(reference.label)} to the learner, so its length is what
      learning gained or lost`
    }.`,
    body: html`<div class="card">
        ${legend(model.learners)} ${dotTable(model, summaries, shown)}
      </div>
      <div class="card">
        ${tabs(
          'domain-numbers',
          'Metric',
          shown.map(({ key, title, note }) => ({
            label: title,
            body: numberTable(
              model,
              summaries,
              key,
              `${title} of each ${part} in percent: ${note}.`,
            ),
          })),
        )}
      </div>`,
  };
}

type Row = Readonly<Record<Kind, Spread | undefined>>;

function summariesOf(model: ReportModel, { matrices }: LearnerView): readonly Row[] {
  const perSeed = matrices.map((accuracy) => perDomain(accuracy));
  return model.domains.map((_, j) => {
    const over = (key: Kind): Spread | undefined =>
      spreadOf(
        perSeed.map((rows) => rows[j]?.[key]),
        model.ddof,
      );
    return { transfer: over('transfer'), average: over('average'), last: over('last') };
  });
}

function dotTable(
  model: ReportModel,
  summaries: readonly (readonly Row[])[],
  shown: typeof kinds,
): Html {
  const rows = model.domains.map(
    (domain, j) =>
      html`<tr>
        <th scope="row">${name(domain)}</th>
        ${shown.map(({ key }) => html`<td>${strip(model, summaries, key, j)}</td>`)}
      </tr> `,
  );
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table, scrolls sideways">
    <table class="dots">
      <caption>
        Accuracy from 0 to 100 percent; the grid lines stand at 25, 50 and 75.
      </caption>
      <thead>
        <tr>
          <th scope="col">${capital(partName(model.record.stream.scenario))}</th>
          ${shown.map(({ title, note }) => html`<th scope="col">${title} <span>${note}</span></th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

function strip(
  model: ReportModel,
  summaries: readonly (readonly Row[])[],
  key: Kind,
  j: number,
): Part {
  const dots = model.learners.map((learner): Dot => {
    return { learner, spread: summaries[learner.index]![j]![key] };
  });
  return dots.every(({ spread }) => spread === undefined)
    ? html`<span class="none">${unavailable}<span class="sr"> not available</span></span>`
    : dotStrip(dots);
}

function numberTable(
  model: ReportModel,
  summaries: readonly (readonly Row[])[],
  key: Kind,
  caption: string,
): Html {
  const rows = model.domains.map((domain, j) => {
    const spreads = summaries.map((rowsOf) => rowsOf[j]![key]);
    const baseline = model.reference && spreads[model.reference.index];
    const texts = spreads.map((spread) => percent(spread?.mean));
    const best = percent(Math.max(...spreads.map((spread) => spread?.mean ?? -1)));
    const cells = model.learners.map(({ index, isReference }) => {
      const spread = spreads[index];
      const isBest = spread !== undefined && model.learners.length > 1 && texts[index] === best;
      const versus = baseline !== undefined && spread !== undefined && !isReference;
      return html`<td class="${isBest && 'best'}" title="${spreadText(spread)}">
        <span class="v">${texts[index]}</span>${isBest && html`<span class="sr"> (best)</span>`}
        ${versus && html`<small>${points(spread.mean - baseline.mean)}</small>`}
      </td>`;
    });
    return html`<tr>
      <th scope="row">${name(domain)}</th>
      ${cells}
    </tr> `;
  });
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table, scrolls sideways">
    <table class="numbers">
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          <th scope="col">${capital(partName(model.record.stream.scenario))}</th>
          ${model.learners.map(({ label }) => html`<th scope="col">${name(label)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}
