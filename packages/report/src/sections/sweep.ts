/** What an option does: metrics over its values. */
import { lineChart } from '../charts/lines.ts';
import { html, name, type Html, type Part } from '../html.ts';
import { headlineMetrics, type MetricColumn } from '../metric-columns.ts';
import type { ReportModel } from '../model.ts';
import { figure } from '../parts/figure.ts';
import { legend } from '../parts/legend.ts';
import type { Section } from '../parts/section.ts';
import { tabs } from '../parts/tabs.ts';
import { inPercent, spreadText } from '../spread.ts';
import { sweepsOf, type Sweep } from '../sweeps.ts';

/** A chart a metric for each sweep; `undefined` when the run has none. */
export async function sweep(model: ReportModel): Promise<Section | undefined> {
  const body = await sweepBody(model, 'sweep');
  if (body === undefined) return undefined;
  return {
    id: 'sweep',
    title: 'What options do',
    short: 'Sweep',
    lead: html`Learners that differ in one option only, over its
    values.${model.seeds.length > 1 && ` Bands are one standard deviation over seeds (ddof ${model.ddof}).`}`,
    body,
  };
}

/** The charts alone; `id` prefixes the ids of tabs. */
export async function sweepBody(model: ReportModel, id: string): Promise<Html | undefined> {
  const sweeps = sweepsOf(model);
  if (sweeps.length === 0) return undefined;
  const columns = headlineMetrics(model).filter(({ metric }) => metric !== 'backward-transfer');
  const entries = await Promise.all(
    sweeps.map(async (one) => ({
      label: html`${name(one.option)} of ${name(one.plugin)}`,
      body: await sweepCharts(one, columns),
    })),
  );
  return html`<div class="card">${tabs(id, 'Option', entries)}</div>`;
}

async function sweepCharts(one: Sweep, columns: readonly MetricColumn[]): Promise<Part> {
  const groups = one.groups.map(({ label, learners }, rank) => ({
    label,
    learners,
    rank,
    isReference: false,
  }));
  const charts = await Promise.all(columns.map((column) => chartOf(one, groups, column)));
  return html`${groups.length > 1 && legend(groups)}
    <div class="charts">${charts}</div>`;
}

async function chartOf(
  { option, values }: Sweep,
  groups: readonly (Sweep['groups'][number] & { rank: number; isReference: boolean })[],
  { label, better, spreads }: MetricColumn,
): Promise<Html | undefined> {
  const lines = groups.map((group) => ({
    group,
    spreads: group.learners.map((learner) => learner && spreads[learner.index]),
  }));
  if (lines.every((line) => line.spreads.every((spread) => spread === undefined))) return undefined;
  const words = lines.map(({ group, spreads: own }) => {
    const points = own.map((spread, k) => `${String(values[k])}: ${spreadText(spread)}`);
    return `${group.label}: ${points.join(', ')}`;
  });
  const chart = await lineChart(
    {
      x: values,
      scale: isWide(values) ? 'log' : 'linear',
      lines: lines.map(({ group, spreads: own }) => ({
        marked: group,
        points: own.map(inPercent),
      })),
    },
    `${label} over ${option}. ${words.join('; ')}.`,
  );
  const note = better === undefined ? '%' : `% · ${better} is better`;
  return figure(label, note, chart, option);
}

/** Positive numbers over two orders of magnitude or more. */
function isWide(values: readonly (number | string)[]): boolean {
  const numbers = values.filter((value) => typeof value === 'number');
  const low = Math.min(...numbers);
  return numbers.length === values.length && low > 0 && Math.max(...numbers) / low >= 100;
}
