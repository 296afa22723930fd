/** Where answers went: from the domain of the image to the domain of the class it was given. */
import { count, percent, plural } from '../format.ts';
import { html, name, type Html } from '../html.ts';
import { leader } from '../metric-columns.ts';
import type { LearnerView, ReportModel } from '../model.ts';
import { colourScale, heatMap, type HeatCell } from '../parts/heat-map.ts';
import type { Section } from '../parts/section.ts';
import { partName } from '../scenario.ts';
import { learnerTabs } from '../parts/tabs.ts';

/** One heat map a learner; `undefined` when no trial recorded confusions, or there is one domain only. */
export function confusions(model: ReportModel): Section | undefined {
  const shown = model.learners.filter(({ trials }) =>
    trials.some((trial) => trial.confusions.some((row) => row.some((n) => n > 0))),
  );
  if (shown.length === 0 || model.domains.length < 2) return undefined;
  const part = partName(model.record.stream.scenario);
  return {
    id: 'confusions',
    title: `Confusions between ${part}s`,
    short: 'Confusions',
    lead: html`Each row is a test set at the end of the stream: the share of its images that were
    given a class of the column's ${part}. The diagonal means the right ${part}, not yet the right
    class.`,
    body: html`<div class="card">
      ${learnerTabs('confusions', shown, leader(model), (learner) => learnerConfusions(model, learner, part))}
      <div class="scale">
        ${colourScale('(colour follows the square root, so that small shares show)')}
        <span>· no image</span>
      </div>
    </div>`,
  };
}

function learnerConfusions(model: ReportModel, learner: LearnerView, part: string): Html {
  const size = model.domains.length;
  const counts = sumOver(learner, size);
  const seeds = learner.trials.length;
  return heatMap({
    caption: html`Answers of ${name(learner.label)} by ${part}, in percent of the
    row${seeds > 1 && `, ${seeds} seeds together`}.`,
    corner: html`<span class="sr">images of, in rows; classes of, in columns</span>`,
    columns: model.domains,
    rows: model.domains.map((domain, i) => {
      const total = counts[i]!.reduce((sum, n) => sum + n, 0);
      return {
        name: domain,
        cells: model.domains.map((other, j): HeatCell => {
          const n = counts[i]![j]!;
          if (total === 0) {
            return { shade: undefined, text: '', detail: `${domain}: no answers recorded` };
          }
          const share = n / total;
          const where = i === j ? `its own ${part}` : `the ${part} ${other}`;
          return {
            shade: Math.sqrt(share),
            text: n === 0 ? '·' : percent(share),
            detail: `${domain}: ${count(n)} of ${plural(total, 'answer')} name a class of ${where} (${percent(share)} %)`,
          };
        }),
      };
    }),
  });
}

/** Counts of all seeds together; what a trial did not record counts nothing. */
function sumOver({ trials }: LearnerView, size: number): readonly (readonly number[])[] {
  return Array.from({ length: size }, (_row, i) =>
    Array.from({ length: size }, (_cell, j) =>
      trials.reduce((sum, { confusions: table }) => sum + (table[i]?.[j] ?? 0), 0),
    ),
  );
}
