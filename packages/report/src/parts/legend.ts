/** Which mark stands for what. */
import { html, name, type Html } from '../html.ts';
import { markerIcon, type Marked } from './marker.ts';

/** A legend of learners, or of other things that are drawn: `of` says which. */
export function legend(
  entries: readonly (Marked & { readonly label: string })[],
  of = 'Learners',
): Html {
  const items = entries.map((entry) => html`<li>${markerIcon(entry)} ${name(entry.label)}</li>`);
  return html`<ul class="legend" aria-label="${of}">
    ${items}
  </ul>`;
}
