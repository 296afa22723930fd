/**
 * Colours as data, so that tests can hold them to their contrast. Each is a pair: light theme, dark theme.
 */

/** A colour in the light and in the dark theme, `#rrggbb`. */
export type ColourPair = readonly [light: string, dark: string];

/** Surfaces and texts. */
export const surfaces: Readonly<Record<string, ColourPair>> = {
  page: ['#f6f5f1', '#11151b'],
  card: ['#ffffff', '#191f27'],
  sunk: ['#efede6', '#0d1116'],
  ink: ['#171b22', '#eceff3'],
  soft: ['#545b66', '#a3adba'],
  line: ['#dcd9cf', '#2d3641'],
  accent: ['#0f5c66', '#6fd0d6'],
  good: ['#0c6b4f', '#5fd3a6'],
  bad: ['#a93320', '#ff9a82'],
};

/**
 * Learners, told apart by colour, marker and dash alike. The hues follow Okabe and Ito's palette for
 * colour-blind readers, darkened or lightened to 3:1 against the card.
 */
export const series: readonly ColourPair[] = [
  ['#0068ab', '#62b5f5'], // blue
  ['#c2480b', '#ff9257'], // vermillion
  ['#00805f', '#35cf9f'], // bluish green
  ['#a8437f', '#f29bc9'], // reddish purple
  ['#8a6a00', '#e9bf45'], // ochre
  ['#3d48b5', '#a9b4ff'], // indigo
];

/** The learner that the others are compared with. */
export const referenceColour: ColourPair = ['#6a6f78', '#9aa4b1'];

/** Where answers come from. */
export const sourceColours: Readonly<Record<'adapter' | 'fused' | 'zero-shot', ColourPair>> = {
  adapter: ['#c2480b', '#ff9257'],
  fused: ['#0068ab', '#62b5f5'],
  'zero-shot': ['#8b9099', '#79838f'],
};

/** Colour steps of a heat map, from 0 to 1. */
export const heatSteps = 21;

const lightAnchors = ['#f5f3ea', '#d3e6d6', '#86c5b6', '#338f9c', '#17598a', '#0b2a5b'];
const darkAnchors = ['#1d242e', '#1f3e5e', '#1d6a80', '#2f9a8c', '#86cb8e', '#f1f0b4'];

/** The background of a heat step in both themes. */
export function heatColour(step: number): ColourPair {
  const share = step / (heatSteps - 1);
  return [between(lightAnchors, share), between(darkAnchors, share)];
}

/** The text colour, black or white, that contrasts more with a background. */
export function textOn(background: string): string {
  return contrast('#ffffff', background) >= contrast('#000000', background) ? '#ffffff' : '#000000';
}

/** The contrast ratio of two colours (WCAG 2.2, 1 to 21). */
function contrast(a: string, b: string): number {
  const [darker, lighter] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (lighter! + 0.05) / (darker! + 0.05);
}

function luminance(colour: string): number {
  const [r, g, b] = channels(colour).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function between(anchors: readonly string[], share: number): string {
  const position = share * (anchors.length - 1);
  const at = Math.min(Math.floor(position), anchors.length - 2);
  const from = channels(anchors[at]!);
  const to = channels(anchors[at + 1]!);
  const mixed = from.map((value, i) => Math.round(value + (to[i]! - value) * (position - at)));
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

function channels(colour: string): readonly number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}
