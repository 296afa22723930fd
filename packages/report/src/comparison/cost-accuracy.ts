/** What accuracy costs: final accuracy over time and over bytes of state. */
import { costChart } from '../charts/points.ts';
import { bytes, duration, percent } from '../format.ts';
import { html, type Html } from '../html.ts';
import type { ReportModel } from '../model.ts';
import { figure } from '../parts/figure.ts';
import { legend } from '../parts/legend.ts';
import { testedMetric, type ComparedLearner, type ComparedNumbers } from './compare-learners.ts';

interface Cost {
  readonly title: string;
  readonly axis: string;
  /** For the ticks. */
  readonly format: string;
  readonly of: (learner: ComparedLearner) => number;
  readonly print: (cost: number) => string;
}

const costs: readonly Cost[] = [
  {
    title: 'Accuracy over time',
    axis: 'seconds of learning and evaluating',
    format: '~g',
    of: ({ seconds }) => (seconds['learn'] ?? 0) + (seconds['evaluate'] ?? 0),
    print: duration,
  },
  {
    title: 'Accuracy over size',
    axis: 'bytes of the saved learner',
    format: '~s',
    of: ({ stateBytes }) => stateBytes,
    print: bytes,
  },
];

/** A chart a cost; learners without a final accuracy or without a cost are not in it. */
export async function costAccuracyOf(stream: ComparedNumbers, model: ReportModel): Promise<Html> {
  const charts = await Promise.all(costs.map((cost) => chartOf(cost, stream, model)));
  return html`${legend(model.learners)}
    <div class="charts">${charts}</div>`;
}

async function chartOf(
  { title, axis, format, of, print }: Cost,
  { learners }: ComparedNumbers,
  model: ReportModel,
): Promise<Html | undefined> {
  const known = learners.flatMap((learner, k) => {
    const metric = learner.metrics[testedMetric] ?? null;
    const cost = of(learner);
    if (metric === null || cost <= 0) return [];
    const { mean, deviation } = metric;
    const point = { marked: model.learners[k]!, cost, value: mean * 100 };
    return [{ ...point, deviation: (deviation ?? 0) * 100, label: learner.label }];
  });
  if (known.length === 0) return undefined;
  const words = known.map(
    ({ label, cost, value }) => `${label}: ${percent(value / 100)} % at ${print(cost)}`,
  );
  const chart = await costChart(known, format, `${title}. ${words.join('; ')}.`);
  return figure(title, 'final average accuracy in %; up and left is better', chart, axis);
}
