/** The page of a comparison: the sections of a report, with a tab a stream. */
import type { ComparisonRecord } from '@cl/hub';
import { renderDocument } from '../document.ts';
import { count, dateText, percent, plural } from '../format.ts';
import { html, name, type Html, type Part } from '../html.ts';
import { allMetrics, type MetricColumn } from '../metric-columns.ts';
import type { ReportModel } from '../model.ts';
import type { Section } from '../parts/section.ts';
import { tabs } from '../parts/tabs.ts';
import { curves } from '../sections/curves.ts';
import { definitionsOf } from '../sections/definitions.ts';
import { sweepBody } from '../sections/sweep.ts';
import { sweepsOf } from '../sweeps.ts';
import { commandCard, scenarioOf, settingOf } from '../sections/reproduce.ts';
import { testedMetric, type Comparison, type ComparedNumbers } from './compare-learners.ts';
import { costAccuracyOf } from './cost-accuracy.ts';
import { pairsOf } from './pairs.ts';
import { resultsOf } from './results.ts';

/** Renders the page. */
export async function comparisonPage(
  record: ComparisonRecord,
  comparison: Comparison,
  models: readonly ReportModel[],
): Promise<string> {
  const { streams } = comparison;
  /** The same for each stream, in tabs. */
  const each = async (
    id: string,
    body: (stream: ComparedNumbers, model: ReportModel) => Promise<Part> | Part,
  ): Promise<Part> => {
    const entries = await Promise.all(
      streams.map(async (stream, k) => ({
        label: name(stream.name),
        body: await body(stream, models[k]!),
      })),
    );
    return tabs(id, 'Stream', entries);
  };
  const card = (body: Part): Html => html`<div class="card">${body}</div>`;
  const over = await each('curves', async (_, model) => (await curves(model)).body);
  const sections: readonly (Section | false)[] = [
    {
      id: 'results',
      title: 'Results',
      short: 'Results',
      lead: 'The best of each column is marked. Point at a number for its seeds.',
      body: card(await each('results', resultsOf)),
    },
    {
      id: 'curves',
      title: 'Over time',
      short: 'Over time',
      lead: `Every point is the state after one more experience. Bands are one standard deviation over
        seeds (ddof ${comparison.ddof}).`,
      body: over,
    },
    models.some((model) => sweepsOf(model).length > 0) && {
      id: 'sweep',
      title: 'What options do',
      short: 'Sweep',
      lead: 'Learners that differ in one option only, over its values; bands as above.',
      body: await each('sweeps', (stream, model) =>
        sweepBody(model, `sweep-${streams.indexOf(stream)}`),
      ),
    },
    {
      id: 'cost-accuracy',
      title: 'What accuracy costs',
      short: 'Cost',
      lead: 'Final accuracy against time and against size, both in powers of ten.',
      body: card(await each('cost-accuracy', costAccuracyOf)),
    },
    streams.some(({ pairs }) => pairs.length > 0) && {
      id: 'differences',
      title: 'Differences',
      short: 'Differences',
      lead: `Learners meet the same seeds, so each pair is compared seed by seed. Point at a cell for the
        interval and p.`,
      body: card(await each('differences', pairsOf)),
    },
    {
      id: 'reproduce',
      title: 'Setting, and how to repeat it',
      short: 'Repeat',
      lead: 'The command, and what each stream is.',
      body: html`${commandCard(record.command)}
      ${card(
        await each(
          'setting',
          (_, model) =>
            html`<p class="note">${scenarioOf(model)}</p>
              ${settingOf(model)}`,
        ),
      )}`,
    },
    definitionsOf(columnsOf(models), comparison.ddof, differencesDefined()),
  ];
  return renderDocument({
    title: `${record.name} · continual learning comparison`,
    hero: hero(record, comparison, models),
    sections: sections.filter((section) => section !== false),
    source: 'the records of its runs',
  });
}

function hero(
  { startedAt }: ComparisonRecord,
  comparison: Comparison,
  models: readonly ReportModel[],
): Html {
  const { streams } = comparison;
  const labels = new Set(streams.flatMap(({ learners }) => learners.map(({ label }) => label)));
  const seeds = new Set(streams.flatMap((stream) => stream.seeds));
  const backbones = [...new Set(models.map(({ record }) => record.backbone.id))];
  return html`<header class="hero">
    <p class="eyebrow">Continual learning comparison · <time>${dateText(startedAt)}</time></p>
    <h1>${name(comparison.name)}</h1>
    <p class="lede">
      <strong>${plural(labels.size, 'learner')}</strong> with ${plural(seeds.size, 'seed')} each
      over
      <strong>${plural(streams.length, 'stream')}</strong>
      (${streams.map(({ name: title, classes, experiences }, k) => [
        k > 0 && '; ',
        name(title),
        `: ${count(classes)} classes in ${plural(experiences, 'experience')}`,
      ])}),
      on ${backbones.map((id, k) => [k > 0 && ', ', name(id)])}.
    </p>
    <dl class="tiles">${streams.map(tile)}</dl>
  </header>`;
}

function tile({ name: title, learners }: ComparedNumbers): Part {
  const ranked = learners
    .flatMap(({ label, metrics }) => {
      const metric = metrics[testedMetric] ?? null;
      return metric === null ? [] : [{ label, ...metric }];
    })
    .sort((a, b) => b.mean - a.mean);
  const best = ranked[0];
  if (best === undefined) return undefined;
  const { mean, deviation, label } = best;
  return html`<div class="tile">
    <dt>Highest final accuracy, ${name(title)}</dt>
    <dd class="big">
      ${percent(mean)}<small>${deviation !== null && ` ± ${percent(deviation)}`} %</small>
    </dd>
    <dd class="who">${name(label)}</dd>
  </div>`;
}

/** The metrics of all streams, each once. */
function columnsOf(models: readonly ReportModel[]): readonly MetricColumn[] {
  const columns = new Map<string, MetricColumn>();
  for (const model of models) {
    for (const column of allMetrics(model)) columns.set(column.metric, column);
  }
  return [...columns.values()];
}

function differencesDefined(): Html {
  return html`<div>
    <dt>Differences</dt>
    <dd>
      Per seed the final average accuracy (FAA) of one learner less that of another; t = mean /
      (deviation / √n) with n − 1 degrees of freedom, two-sided, which takes the differences as
      normal. Holm (1979) corrects p for the number of pairs of the stream; intervals are not
      corrected. With one seed, or when a difference is the same in every seed, there is no test.
    </dd>
  </div>`;
}
