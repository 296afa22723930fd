/** One scale from 0 to 100 % with a lane a learner: a bar from the reference to a marker. */
import { html, type Html } from '../html.ts';
import type { LearnerView } from '../model.ts';
import { markOf, markerPath } from '../parts/marker.ts';
import { spreadText, type Spread } from '../spread.ts';

/** A learner's number, where it has one: its lane stays free otherwise. */
export interface Dot {
  readonly learner: LearnerView;
  readonly spread: Spread | undefined;
}

const lane = 11;

/** Draws the dots; the reference is a line through all lanes. Sizes are percentages: no fixed width. */
export function dotStrip(dots: readonly Dot[]): Html {
  const start = dots.find(({ learner }) => learner.isReference)?.spread;
  const others = dots.filter(({ learner }) => !learner.isReference);
  const height = Math.max(1, others.length) * lane + 8;
  const vertical = (kind: string, x: string): Html =>
    html`<line class="${kind}" x1="${x}" x2="${x}" y1="0" y2="${height}" />`;
  const lanes = others.map(
    ({ learner, spread }, k) =>
      spread !== undefined && laneOf(learner, spread, start, 4 + lane * (k + 0.5)),
  );
  const description = dots.map(({ learner, spread }) => `${learner.label} ${spreadText(spread)}`);
  return html`<svg
    class="strip"
    height="${height}"
    role="img"
    aria-label="${description.join('; ')}"
  >
    ${[0.25, 0.5, 0.75].map((share) => vertical('grid', at(share)))}
    ${start !== undefined && vertical('tick', at(start.mean))}${lanes}
  </svg>`;
}

function laneOf(learner: LearnerView, spread: Spread, start: Spread | undefined, y: number): Html {
  const { colour } = markOf(learner);
  const x = at(spread.mean);
  const bar =
    start !== undefined &&
    html`<line x1="${at(start.mean)}" x2="${x}" y1="${y}" y2="${y}" stroke="${colour}" />`;
  return html`${bar}<svg x="${x}" y="${y}" class="dot">
      <path d="${markerPath(learner)}" fill="${colour}" />
      <title>${learner.label}: ${spreadText(spread)}</title>
    </svg>`;
}

/** Leaves room for a marker at both ends. */
function at(share: number): string {
  return `${(1.5 + share * 97).toFixed(2)}%`;
}
