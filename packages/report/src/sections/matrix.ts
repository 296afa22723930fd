/** The accuracy matrix of each learner as a heat map. */
import type { AccuracyMatrix } from '@cl/hub';
import { html, name, type Html } from '../html.ts';
import { percent } from '../format.ts';
import { leader } from '../metric-columns.ts';
import { cellSpread, type LearnerView, type ReportModel } from '../model.ts';
import { colourScale, heatMap, type HeatCell } from '../parts/heat-map.ts';
import type { Section } from '../parts/section.ts';
import { learnerTabs } from '../parts/tabs.ts';
import { accuracyOnAll, accuracyOnLearned } from '../curves.ts';
import { spreadOf, spreadText } from '../spread.ts';

/** One heat map a learner, chosen by tabs. */
export function matrix(model: ReportModel): Section {
  return {
    id: 'matrix',
    title: 'Accuracy matrix',
    short: 'Matrix',
    lead: html`Row by row the learner takes in one more experience; each column is a test set. Left
    of the line it was learned, right of it not yet. Point at a cell or walk through the cells with
    the arrow keys for details.`,
    body: html`<div class="card">
      ${learnerTabs('matrix', model.learners, leader(model), (learner) => learnerMatrix(model, learner))}
      <div class="scale">
        ${colourScale()}
        <span class="ramp"><i class="step"></i> learned | not yet learned</span>
        <span class="ramp"><i class="void"></i> not evaluated</span>
      </div>
    </div>`,
  };
}

function learnerMatrix(model: ReportModel, learner: LearnerView): Html {
  const seeds = learner.trials.length;
  const whole = learner.matrices.every((accuracy) => accuracy.every(allOrNothing));
  const means = learner.matrices.map(whole ? accuracyOnAll : accuracyOnLearned);
  return heatMap({
    caption: html`Accuracy of ${name(learner.label)} in percent after each
    experience${seeds > 1 && `, mean over ${seeds} seeds`}.`,
    corner: 'after',
    columns: model.domains,
    summary: whole ? 'mean' : 'mean of learned',
    rows: model.domains.map((domain, i) => ({
      name: domain,
      summary: percent(
        spreadOf(
          means.map((rows) => rows[i]),
          model.ddof,
        )?.mean,
      ),
      cells: model.domains.map((_, j) => matrixCell(model, learner, i, j)),
    })),
  });
}

/** Whether all test sets were evaluated, or none because the trial was stopped before. */
function allOrNothing(row: AccuracyMatrix[number]): boolean {
  const evaluated = row.filter((value) => value !== undefined).length;
  return evaluated === 0 || evaluated === row.length;
}

function matrixCell(model: ReportModel, learner: LearnerView, i: number, j: number): HeatCell {
  const spread = cellSpread(model, learner, i, j);
  const last = j === model.domains.length - 1;
  const classes = i === j ? `edge${i === 0 ? ' first' : ''}${last ? ' last' : ''}` : '';
  const place = `After ${model.domains[i]!}, on ${model.domains[j]!}`;
  const state = j <= i ? 'learned' : 'not yet learned';
  if (spread === undefined) {
    return { shade: undefined, text: '', detail: `${place} (${state}): not evaluated`, classes };
  }
  const { reference } = model;
  const baseline =
    reference === undefined || reference === learner
      ? undefined
      : cellSpread(model, reference, i, j);
  const versus = baseline === undefined ? '' : `; ${reference!.label} ${percent(baseline.mean)} %`;
  const seeds =
    spread.values.length > 1 ? `; seeds ${spread.values.map((v) => percent(v)).join(', ')}` : '';
  return {
    shade: spread.mean,
    text: percent(spread.mean),
    detail: `${place} (${state}): ${spreadText(spread)}${seeds}${versus}`,
    classes,
  };
}
