/** A section of the page. */
import { html, type Html, type Part } from '../html.ts';

/** A section as the page and its navigation need it. */
export interface Section {
  /** The anchor. */
  readonly id: string;
  /** The heading. */
  readonly title: string;
  /** A short name for the navigation. */
  readonly short: string;
  /** One or two sentences: how to read what follows. */
  readonly lead: Part;
  readonly body: Part;
}

/** The markup of a section. */
export function renderSection({ id, title, lead, body }: Section): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    <p>${lead}</p>
    ${body}
  </section> `;
}
