/** One scale from 0 to 100 % with a lane a learner: a bar from the reference to a marker. */
import { html, type Html } from '../html.ts';
import type { LearnerView } from '../model.ts';
import { markOf, markerPath } from '../parts/marker.ts';
import { spreadText, type Spread } from '../spread.ts';

/** A learner's number. */
export interface Dot {
  readonly learner: LearnerView;
  readonly spread: Spread;
}

const lane = 11;

/** Draws the dots; the reference is a line through all lanes. Sizes are percentages: no fixed width. */
export function dotStrip(dots: readonly Dot[]): Html {
  const reference = dots.find(({ learner }) => learner.isReference);
  const others = dots.filter((dot) => dot !== reference);
  const height = Math.max(1, others.length) * lane + 8;
  const grid = [25, 50, 75].map(
    (x) => html`<line class="grid" x1="${x}%" x2="${x}%" y1="0" y2="${height}" />`,
  );
  const lanes = others.map(({ learner, spread }, k) => {
    const { colour } = markOf(learner);
    const x = at(spread);
    const y = 4 + lane * (k + 0.5);
    const bar =
      reference !== undefined &&
      html`<line x1="${at(reference.spread)}" x2="${x}" y1="${y}" y2="${y}" stroke="${colour}" />`;
    return html`${bar}<svg x="${x}" y="${y}" class="dot">
        <path d="${markerPath(learner)}" fill="${colour}" />
        <title>${learner.label}: ${spreadText(spread)}</title>
      </svg>`;
  });
  const tick =
    reference !== undefined &&
    html`<line
      class="tick"
      x1="${at(reference.spread)}"
      x2="${at(reference.spread)}"
      y1="0"
      y2="${height}"
    />`;
  const description = dots.map(({ learner, spread }) => `${learner.label} ${spreadText(spread)}`);
  return html`<svg
    class="strip"
    height="${height}"
    role="img"
    aria-label="${description.join('; ')}"
  >
    ${grid}${tick}${lanes}
  </svg>`;
}

/** Leaves room for a marker at both ends. */
function at({ mean }: Spread): string {
  return `${(1.5 + mean * 97).toFixed(2)}%`;
}
