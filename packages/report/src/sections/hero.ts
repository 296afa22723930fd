/** The head of the page: what was run, and the three numbers people look for first. */
import { html, name, type Html, type Part } from '../html.ts';
import { count, dateText, plural, points, percent } from '../format.ts';
import { headlineMetrics, type MetricColumn } from '../metric-columns.ts';
import type { ReportModel } from '../model.ts';
import { markerIcon } from '../parts/marker.ts';
import { scenarioTitle } from '../scenario.ts';

/** Title, one sentence, tiles. */
export function hero(model: ReportModel): Html {
  const { record, learners, seeds, domains } = model;
  const { stream, backbone } = record;
  const classes = stream.experiences.reduce((sum, experience) => sum + experience.classes, 0);
  return html`<header class="hero">
    <p class="eyebrow">Continual learning run · <time>${dateText(record.startedAt)}</time></p>
    <h1>${name(record.name)}</h1>
    <p class="lede">
      <strong>${plural(learners.length, 'learner')}</strong> with ${plural(seeds.length, 'seed')}
      each over <strong>${plural(domains.length, 'experience')}</strong> of the stream
      ${name(stream.name)} (${count(classes)} classes),
      <strong>${scenarioTitle(stream.scenario)}</strong>, on ${name(backbone.id)}.
    </p>
    ${tiles(model)}
  </header>`;
}

function tiles(model: ReportModel): Part {
  const shown = headlineMetrics(model).slice(0, 3);
  if (shown.length === 0) return undefined;
  return html`<dl class="tiles">${shown.map((column) => tile(model, column))}</dl>`;
}

function tile(model: ReportModel, { label, better, spreads, isLevel }: MetricColumn): Part {
  const sign = better === 'lower' ? -1 : 1;
  const others = model.learners.filter(({ isReference }) => !isReference);
  const ranked = (others.length > 0 ? others : model.learners)
    .filter(({ index }) => spreads[index] !== undefined)
    .toSorted((a, b) => sign * (spreads[b.index]!.mean - spreads[a.index]!.mean));
  const best = ranked[0];
  if (best === undefined) return undefined;
  const { mean, deviation } = spreads[best.index]!;
  const text = percent(mean);
  const ties = ranked.filter(({ index }) => percent(spreads[index]!.mean) === text).length - 1;
  const { reference } = model;
  const baseline =
    reference === best || reference === undefined || !isLevel
      ? undefined
      : spreads[reference.index];
  return html`<div class="tile">
    <dt>${model.learners.length > 1 && `${better === 'lower' ? 'Lowest' : 'Highest'} `}${label}</dt>
    <dd class="big">
      ${text}<small>${deviation !== undefined && html` ± ${percent(deviation)}`} %</small>
    </dd>
    <dd class="who">${markerIcon(best)} ${name(best.label)}${ties > 0 && ` and ${ties} more`}</dd>
    ${
      baseline !== undefined &&
      html`<dd class="versus">
        ${points(mean - baseline.mean)} against ${name(reference!.label)}
        (${percent(baseline.mean)})
      </dd>`
    }
  </div>`;
}
