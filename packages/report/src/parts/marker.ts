/** The mark of a learner or of another series: the same colour, dash and shape in legends, tabs and charts. */
import { html, type Html } from '../html.ts';
import { series } from '../theme/colours.ts';

/** Anything that has a mark of its own. */
export interface Marked {
  /** Position among those that are compared with the reference: chooses colour and marker. */
  readonly rank: number;
  /** Whether the others are compared with it. */
  readonly isReference: boolean;
}

/** How a learner is drawn. */
export interface Mark {
  /** A CSS colour that follows the theme. */
  readonly colour: string;
  /** Dash pattern in pixels; empty: solid. */
  readonly dash: readonly number[];
  /** A name that Vega knows. */
  readonly shape:
    'circle' | 'square' | 'triangle-up' | 'diamond' | 'cross' | 'triangle-down' | 'stroke';
}

const shapes: readonly Mark['shape'][] = [
  'circle',
  'square',
  'triangle-up',
  'diamond',
  'cross',
  'triangle-down',
];
const dashes: readonly (readonly number[])[] = [[], [6, 2], [2, 2], [8, 2, 2, 2]];

/** Around the origin, about eight units wide. */
const outlines: Readonly<Record<Mark['shape'], string>> = {
  circle: 'M4 0a4 4 0 1 1-8 0a4 4 0 1 1 8 0Z',
  square: 'M-3.5-3.5h7v7h-7Z',
  'triangle-up': 'M0-4.6l4.6 8.2h-9.2Z',
  diamond: 'M0-5l4.6 5-4.6 5-4.6-5Z',
  cross: 'M-1.5-4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3Z',
  'triangle-down': 'M0 4.6l4.6-8.2h-9.2Z',
  stroke: 'M-5-1.25h10v2.5h-10Z',
};

/** The mark: grey and dashed for the reference; after six, colours return with another dash and shape. */
export function markOf({ rank, isReference }: Marked): Mark {
  if (isReference) return { colour: 'var(--reference)', dash: [3, 3], shape: 'stroke' };
  const round = Math.floor(rank / series.length);
  return {
    colour: `var(--series-${rank % series.length})`,
    dash: dashes[round % dashes.length]!,
    shape: shapes[(rank + round) % shapes.length]!,
  };
}

/** The outline of the mark around the origin, as path data. */
export function markerPath(marked: Marked): string {
  return outlines[markOf(marked).shape];
}

/** A small drawing of the mark, for eyes only. */
export function markerIcon(marked: Marked): Html {
  const { colour, dash, shape } = markOf(marked);
  const dashed = dash.length > 0 && html` stroke-dasharray="${dash.join(' ')}"`;
  return html`<svg class="key" viewBox="-16 -7 32 14" aria-hidden="true">
    <path d="M-15 0h30" stroke="${colour}" stroke-width="2.5" ${dashed} />
    <path d="${outlines[shape]}" fill="${colour}" />
  </svg>`;
}

/** The shape alone, for tight places; for eyes only. */
export function markerDot(marked: Marked): Html {
  return html`<svg class="dot-key" viewBox="-6 -6 12 12" aria-hidden="true">
    <path d="${markerPath(marked)}" fill="${markOf(marked).colour}" />
  </svg>`;
}
