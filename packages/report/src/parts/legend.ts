/** Which mark stands for which learner. */
import { html, name, type Html } from '../html.ts';
import type { LearnerView } from '../model.ts';
import { markerIcon } from './marker.ts';

/** A legend of learners. */
export function legend(learners: readonly LearnerView[]): Html {
  const items = learners.map(
    (learner) => html`<li>${markerIcon(learner)} ${name(learner.label)}</li>`,
  );
  return html`<ul class="legend" aria-label="Learners">
    ${items}
  </ul>`;
}
