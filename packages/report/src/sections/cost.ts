/** What the run cost: time by phase, memory, and what is left on disk. */
import { bytes, count, duration, unavailable } from '../format.ts';
import { html, name, type Html, type Part } from '../html.ts';
import type { LearnerView, ReportModel } from '../model.ts';
import { markerIcon } from '../parts/marker.ts';
import type { Section } from '../parts/section.ts';

/** A table, a row a learner. */
export function cost(model: ReportModel): Section {
  const phases = [
    ...new Set(
      model.record.trials.flatMap((trial) => trial.phases.map(({ name: phase }) => phase)),
    ),
  ];
  const counted = model.record.trials.some(({ account }) => account !== undefined);
  const several = model.record.trials.length > model.learners.length;
  const jobs = Math.max(...model.record.trials.map((trial) => trial.jobs ?? 1));
  return {
    id: 'cost',
    title: 'Cost',
    short: 'Cost',
    lead: html`Wall-clock time by phase${several && ', mean over seeds'}. Features are extracted
    once and shared: the same seconds in several rows are the same
    work.${jobs > 1 && html` Up to ${jobs} trials ran at a time, each on its share of the cores.`}`,
    body: html`<div class="card">
      <div class="scroll" tabindex="0" role="group" aria-label="Table, scrolls sideways">
        <table class="numbers" data-table="cost">
          <caption>
            Time, memory and size${several && '; memory and size are the largest of the seeds'}.
          </caption>
          <thead>
            <tr>
              <th scope="col">Learner</th>
              ${phases.map((phase) => html`<th scope="col">${name(phase)}</th>`)}
              <th scope="col">total</th>
              <th scope="col">peak memory</th>
              <th scope="col">saved learner</th>
              ${counted && html`<th scope="col">trainable parameters</th>`}
              <th scope="col">keeps past samples</th>
            </tr>
          </thead>
          <tbody>
            ${model.learners.map((learner) => costRow(learner, phases, counted))}
          </tbody>
        </table>
      </div>
      <p class="note">
        Peak memory is the resident set of the whole process: backbone, cache and learner together.
        “Keeps past samples” says whether the saved learner holds anything that belongs to a single
        past image (an exemplar-free learner does not).
      </p>
    </div>`,
  };
}

function costRow(learner: LearnerView, phases: readonly string[], counted: boolean): Html {
  const { trials } = learner;
  const times = phases.map((phase) => {
    const seconds = trials.flatMap((trial) =>
      trial.phases.filter(({ name: key }) => key === phase).map((entry) => entry.seconds),
    );
    return seconds.length === 0 ? undefined : sum(seconds) / trials.length;
  });
  const total = sum(times.map((seconds) => seconds ?? 0));
  const trained = trials.flatMap(({ account }) => account?.trainableParameters ?? []);
  const parameters = trained.length === 0 ? unavailable : count(Math.max(...trained));
  const free = trials.every(({ exemplarFree }) => exemplarFree);
  return html`<tr class="${learner.isReference && 'reference'}">
    <th scope="row">${markerIcon(learner)} ${name(learner.label)}</th>
    ${times.map((seconds) => cell(seconds === undefined ? unavailable : duration(seconds)))}
    <td><strong>${duration(total)}</strong></td>
    ${cell(bytes(Math.max(...trials.map(({ peakMemoryBytes }) => peakMemoryBytes))))}
    ${cell(bytes(Math.max(...trials.map(({ stateBytes }) => stateBytes))))}
    ${counted && cell(parameters)}
    <td>${free ? 'no (exemplar-free)' : 'yes'}</td>
  </tr> `;
}

function cell(content: Part): Html {
  return html`<td>${content}</td>`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
