/** A whole page: one file that asks for nothing else. */
import { createHash } from 'node:crypto';
import { html, trusted, type Html } from './html.ts';
import { renderSection, type Section } from './parts/section.ts';
import { script } from './theme/script.ts';
import { styleSheet } from './theme/styles.ts';

/** What stands on a page. */
export interface Document {
  readonly title: string;
  readonly hero: Html;
  readonly sections: readonly Section[];
  /** What the page was written from. */
  readonly source: string;
}

/** The page's bytes. */
export function renderDocument({ title, hero, sections, source }: Document): string {
  const styles = styleSheet();
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy(styles)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${trusted(`<style>${styles}</style>`)}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the report</a>
        ${bar(sections)}
        <main class="wrap" id="main">${hero} ${sections.map(renderSection)}</main>
        <footer>
          <div class="wrap">
            Written by @cl/report from ${source}. The page is self-contained: it loads nothing and
            sends nothing.
          </div>
        </footer>
        ${trusted(`<script>${script}</script>`)}
      </body>
    </html> `;
  return page.toString();
}

/** Nothing may load but images inside the page; only this style sheet and this script may act. */
function policy(styles: string): string {
  return [
    "default-src 'none'",
    'img-src data:',
    `style-src '${digest(styles)}'`,
    `script-src '${digest(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function digest(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function bar(sections: readonly Section[]): Html {
  const links = sections.map(({ id, short }) => html`<a href="#${id}">${short}</a> `);
  return html`<div class="bar">
    <div class="wrap">
      <nav aria-label="Sections">${links}</nav>
      <button type="button" data-theme-button hidden>Theme: auto</button>
    </div>
  </div>`;
}
