/** Vega-Lite charts as SVG that follows the page's theme. */
import { html, trusted, type Html } from '../html.ts';
import type * as Vega from 'vega';
import type * as VegaLite from 'vega-lite';
import type { TopLevelSpec } from 'vega-lite';

/** What is common to all charts: no background, texts and lines in the page's colours. */
const config = {
  aria: false,
  background: 'transparent',
  font: 'sans-serif',
  view: { stroke: null },
  axis: {
    labelColor: 'var(--soft)',
    titleColor: 'var(--soft)',
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: 400,
    gridColor: 'var(--line)',
    domainColor: 'var(--line)',
    tickColor: 'var(--line)',
    labelPadding: 5,
  },
} as const;

/** Loads Vega, which takes longer than a report takes to write; at once when it is loaded. */
export async function loadVega(): Promise<readonly [typeof Vega, typeof VegaLite]> {
  return Promise.all([import('vega'), import('vega-lite')]);
}

/**
 * Draws a chart. Colours such as `var(--series-0)` pass through Vega untouched and are resolved by the browser.
 * Vega is loaded on first use.
 *
 * @param spec - a Vega-Lite specification without `config`.
 * @param description - what the chart shows, in a sentence or two, for those who do not see it.
 * @param texts - what {@link standIn} stood in for, in order.
 */
export async function renderChart(
  spec: object,
  description: string,
  texts: readonly string[] = [],
): Promise<Html> {
  const [vega, vegaLite] = await loadVega();
  const compiled = vegaLite.compile({ ...spec, config } as TopLevelSpec).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  const opening = html`<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${description}"`;
  const named = slim(svg).replace(/[\ue000-\uf8ff]x*/g, (found) => {
    return html`${clipped(texts[found.charCodeAt(0) - 0xe000] ?? '')}`.toString();
  });
  return trusted(named.replace(/^<svg /, `${opening.toString()} `));
}

/** Takes the place of a text from outside while Vega lays a chart out: the k-th one, of the same length. */
export function standIn(k: number, text: string): string {
  return String.fromCharCode(0xe000 + k) + 'x'.repeat(Math.max(0, clipped(text).length - 1));
}

function clipped(text: string): string {
  return text.length <= 18 ? text : `${text.slice(0, 17)}…`;
}

/** Removes what only an SVG file needs: namespaces, sizes (the page sets them), digits beyond a hundredth. */
function slim(svg: string): string {
  return svg
    .replace(/ xmlns="[^"]*"| xmlns:xlink="[^"]*"| version="1.1"/g, '')
    .replace(/^(<svg[^>]*?) width="[^"]*" height="[^"]*"/, '$1')
    .replace(/<path class="(?:foreground|background)"[^>]*\/>/g, '')
    .replace(/ (?:pointer-events="none"|aria-hidden="true"|opacity="1")/g, '')
    .replace(/ class="mark-[^"]*"| font-family="[^"]*"/g, '')
    .replace(/<[^>]*>/g, (tag) => tag.replace(/(\d\.\d\d)\d+/g, '$1')); // not the numbers of an axis
}
