/** Tabs without script: radio buttons, each followed by its label and its panel. */
import { html, name, type Html, type Part } from '../html.ts';
import type { LearnerView } from '../model.ts';
import { markerIcon } from './marker.ts';

/** One tab. */
export interface Tab {
  readonly label: Part;
  readonly body: Part;
}

/**
 * A group of tabs. Arrow keys move between them as between any radio buttons. On
 * paper all panels show under their labels.
 *
 * @param id - unique on the page; prefixes the ids.
 * @param legend - what is being chosen, for those who cannot see it.
 * @param entries - at least one; a single one is shown without tabs.
 * @param open - position of the tab that is open at first.
 */
export function tabs(id: string, legend: string, entries: readonly Tab[], open = 0): Part {
  if (entries.length === 1) return entries[0]!.body;
  const parts = entries.map(
    ({ label, body }, i) =>
      html`<input type="radio" name="${id}" id="${id}-${i}" ${i === open && html`checked`} /><label
          for="${id}-${i}"
          >${label}</label
        >
        <div class="panel">
          <h3>${label}</h3>
          ${body}
        </div>`,
  );
  return html`<div class="tabs" role="radiogroup" aria-label="${legend}">${parts}</div>`;
}

/** One tab a learner; that of `open` is open at first, else the first. */
export function learnerTabs(
  id: string,
  learners: readonly LearnerView[],
  open: LearnerView | undefined,
  body: (learner: LearnerView) => Html,
): Part {
  return tabs(
    id,
    'Learner',
    learners.map((learner) => ({
      label: html`${markerIcon(learner)} ${name(learner.label)}`,
      body: body(learner),
    })),
    Math.max(
      0,
      learners.findIndex((learner) => learner === open),
    ),
  );
}
