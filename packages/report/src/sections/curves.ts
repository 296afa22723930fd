/** How accuracy and forgetting went on from one experience to the next. */
import type { AccuracyMatrix } from '@cl/hub';
import { lineChart } from '../charts/lines.ts';
import { accuracyOnAll, accuracyOnLearned, forgettingSoFar, type Curve } from '../curves.ts';
import { list } from '../format.ts';
import { html, name, type Html, type Part } from '../html.ts';
import type { LearnerView, ReportModel } from '../model.ts';
import { figure } from '../parts/figure.ts';
import { legend } from '../parts/legend.ts';
import type { Section } from '../parts/section.ts';
import { inPercent, spreadOf, spreadText, type Spread } from '../spread.ts';

interface Panel {
  readonly title: string;
  readonly note: string;
  readonly curve: (accuracy: AccuracyMatrix) => Curve;
}

const panels: readonly Panel[] = [
  {
    title: 'Accuracy on all test sets',
    note: 'learned or not; % · higher is better',
    curve: accuracyOnAll,
  },
  {
    title: 'Accuracy on what was learned',
    note: 'mean over learned test sets; % · higher is better',
    curve: accuracyOnLearned,
  },
  {
    title: 'Forgetting',
    note: 'drop from the best so far; points · lower is better',
    curve: forgettingSoFar,
  },
];

/** A learner's curve over its seeds. */
interface CurveOf {
  readonly learner: LearnerView;
  /** One an experience. */
  readonly spreads: readonly (Spread | undefined)[];
}

/** Up to three charts and the numbers behind them. */
export async function curves(model: ReportModel): Promise<Section> {
  // One point is no curve, but all that two experiences may have.
  const fewest = model.domains.length > 2 ? 2 : 1;
  const drawn = panels
    .map((panel) => ({ panel, lines: linesOf(model, panel) }))
    .filter(({ lines }) => lines.some(({ spreads }) => pointsOf(spreads) >= fewest));
  const missing = panels.filter(({ title }) => !drawn.some(({ panel }) => panel.title === title));
  const charts = await Promise.all(drawn.map(async ({ panel, lines }) => chart(panel, lines)));
  return {
    id: 'curves',
    title: 'Over time',
    short: 'Over time',
    lead: html`Every point is the state after one more
    experience.${
      model.seeds.length > 1 && ` Bands are one standard deviation over seeds (ddof ${model.ddof}).`
    }`,
    body: html`<div class="card">
      ${legend(model.learners)}
      <div class="charts">${charts}</div>
      ${
        missing.length > 0 &&
        html`<p class="note">
          Not shown, because evaluations that it needs are missing:
          ${list(missing.map(({ title }) => title.toLowerCase()))}.
        </p>`
      }
      <details>
        <summary>Numbers behind the curves</summary>
        ${drawn.map(({ panel, lines }) => numbers(model, panel, lines))}
      </details>
    </div>`,
  };
}

function pointsOf(spreads: CurveOf['spreads']): number {
  return spreads.filter((spread) => spread !== undefined).length;
}

function linesOf(model: ReportModel, { curve }: Panel): readonly CurveOf[] {
  return model.learners.map((learner) => {
    const perSeed = learner.matrices.map(curve);
    const spreads = model.domains.map((_, i) =>
      spreadOf(
        perSeed.map((values) => values[i]),
        model.ddof,
      ),
    );
    return { learner, spreads };
  });
}

async function chart({ title, note }: Panel, lines: readonly CurveOf[]): Promise<Html> {
  const ends = lines.map(({ learner, spreads }) => {
    const known = spreads.filter((spread) => spread !== undefined);
    if (known.length === 0) return `${learner.label}: not available`;
    return `${learner.label}: from ${spreadText(known[0])} to ${spreadText(known.at(-1))}`;
  });
  const svg = await lineChart(
    {
      x: lines[0]!.spreads.map((_, i) => i + 1),
      lines: lines.map(({ learner, spreads }) => ({
        marked: learner,
        points: spreads.map(inPercent),
      })),
    },
    `${title} after each experience. ${ends.join('; ')}.`,
  );
  return figure(title, note, svg, 'experiences learned');
}

function numbers(model: ReportModel, { title }: Panel, lines: readonly CurveOf[]): Part {
  const rows = model.domains.map(
    (domain, i) =>
      html`<tr>
        <th scope="row">${i + 1} ${name(domain)}</th>
        ${lines.map(({ spreads }) => html`<td>${spreadText(spreads[i])}</td>`)}
      </tr> `,
  );
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table, scrolls sideways">
    <table class="numbers">
      <caption>
        ${title}
      </caption>
      <thead>
        <tr>
          <th scope="col">after</th>
          ${lines.map(({ learner }) => html`<th scope="col">${name(learner.label)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}
