/** A chart with its heading, and the name of its horizontal axis below. */
import { html, name, type Html, type Part } from '../html.ts';

/** `note` says what the vertical axis is and which way is better. */
export function figure(title: string, note: Part, chart: Html, axis: string): Html {
  return html`<figure class="chart">
    <figcaption>
      <h3>${name(title)}</h3>
      <span>${note}</span>
    </figcaption>
    ${chart}
    <p class="axis" aria-hidden="true">${name(axis)}</p>
  </figure>`;
}
