/** The one table of a comparison: accuracy, forgetting, cost and memory of each learner on a stream. */
import { bytes, count, duration, percent, unavailable } from '../format.ts';
import { html, name, type Html } from '../html.ts';
import type { LearnerView, ReportModel } from '../model.ts';
import { markerIcon } from '../parts/marker.ts';
import type { ComparedLearner, ComparedNumbers } from './compare-learners.ts';
import { shownMetrics, verdict, type ShownMetric } from './words.ts';

/** The table of a stream, what can be said of the differences, and who takes no part. */
export function resultsOf(stream: ComparedNumbers, model: ReportModel): Html {
  const metrics = shownMetrics(stream);
  const { seeds, learners, leftOut } = stream;
  const over =
    seeds.length === 1
      ? `Seed ${seeds[0]!}`
      : `Mean ± standard deviation over seeds ${seeds.join(', ')} (ddof ${model.ddof})`;
  const heads = metrics.map(
    ({ label, better }) =>
      html`<th scope="col">
        ${name(label)}${
          better !== undefined &&
          html`<span aria-hidden="true"> ${better === 'higher' ? '↑' : '↓'}</span
            ><span class="sr"> (${better} is better)</span>`
        }
      </th>`,
  );
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table, scrolls sideways">
      <table class="numbers dense" data-table="comparison">
        <caption>
          ${name(stream.name)}: ${over}; accuracies in percent. Time is learning and evaluating,
          features apart; memory is the largest of the whole process.
        </caption>
        <thead>
          <tr>
            <th scope="col">Learner</th>
            ${heads}
            <th scope="col">time</th>
            <th scope="col">peak memory</th>
            <th scope="col">trainable parameters</th>
            <th scope="col">state</th>
            <th scope="col" class="words">keeps of past data</th>
          </tr>
        </thead>
        <tbody>
          ${learners.map((learner, k) => row(learner, model.learners[k]!, metrics, learners))}
        </tbody>
      </table>
    </div>
    <p class="note">${name(verdict(stream).join(' '))}</p>
    ${leftOut.map(
      ({ label, reason }) =>
        html`<p class="note">${name(label)} takes no part: ${name(reason)}</p>`,
    )}`;
}

function row(
  learner: ComparedLearner,
  view: LearnerView,
  metrics: readonly ShownMetric[],
  all: readonly ComparedLearner[],
): Html {
  const { label, seconds, peakMemoryBytes, stateBytes, trainableParameters, keeps } = learner;
  const time = (seconds['learn'] ?? 0) + (seconds['evaluate'] ?? 0);
  return html`<tr class="${view.isReference && 'reference'}">
    <th scope="row">${markerIcon(view)} ${name(label)}</th>
    ${metrics.map((metric) => metricCell(learner, metric, all))}
    <td>${duration(time)}</td>
    <td>${bytes(peakMemoryBytes)}</td>
    <td>${trainableParameters === null ? unavailable : count(trainableParameters)}</td>
    <td>${bytes(stateBytes)}</td>
    <td class="words">
      ${keeps === null ? (learner.exemplarFree ? 'no sample' : 'samples') : name(keeps)}
    </td>
  </tr> `;
}

function metricCell(
  { metrics }: ComparedLearner,
  { metric, better }: ShownMetric,
  all: readonly ComparedLearner[],
): Html {
  const found = metrics[metric] ?? null;
  if (found === null) return html`<td>${unavailable}<span class="sr"> not available</span></td>`;
  const { mean, deviation, values } = found;
  const means = all.flatMap((one) => one.metrics[metric]?.mean ?? []);
  const best = percent(better === 'higher' ? Math.max(...means) : Math.min(...means));
  const isBest = better !== undefined && means.length > 1 && percent(mean) === best;
  const each = values.map((value) => percent(value ?? undefined)).join(', ');
  return html`<td class="${isBest && 'best'}" title="seeds: ${each}">
    <span class="v">${percent(mean)}</span
    >${deviation !== null && html`&nbsp;±&nbsp;${percent(deviation)}`}${
      isBest && html`<span class="sr"> (best)</span>`
    }
  </td>`;
}
