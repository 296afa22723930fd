/** HTML as values: whatever is put into a template is escaped unless it is {@link Html} already. */

/** Markup that was made by {@link html} or vouched for by {@link trusted}. */
export class Html {
  readonly #markup: string;

  /** Use {@link html} or {@link trusted} instead. */
  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

/** What a template may hold: text is escaped, lists are joined, `undefined` and `false` leave nothing. */
export type Part = string | number | Html | undefined | false | readonly Part[];

/**
 * A template: `html\`<td title="${detail}">${name}</td>\``. Attributes must be in double quotes. Line breaks with
 * their indentation are the source code's and shrink to one line break; values keep theirs.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let markup = unindented(strings[0]!);
  for (let i = 0; i < parts.length; i += 1)
    markup += markupOf(parts[i]) + unindented(strings[i + 1]!);
  return new Html(markup);
}

/** Markup from a source that needs no escaping: our own style sheet, or a chart that escaped its texts. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

/**
 * Untrusted text as a unit of its own: `<bdi>` keeps letters that run from right to left, and marks that
 * pretend to, from reordering what stands around them.
 */
export function name(text: string): Html {
  return html`<bdi>${text}</bdi>`;
}

/**
 * Text as it may stand between tags and inside double quotes. Characters that HTML forbids (controls,
 * halves of surrogate pairs) become U+FFFD.
 */
function escapeHtml(text: string): string {
  return text
    .replace(
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]|\p{Surrogate}/gu,
      '\ufffd',
    )
    .replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function unindented(source: string): string {
  return source.replace(/\s*\n\s*/g, '\n');
}

function markupOf(part: Part): string {
  if (part === undefined || part === false) return '';
  if (part instanceof Html) return part.toString();
  if (Array.isArray(part)) return (part as readonly Part[]).map(markupOf).join('');
  return escapeHtml(String(part));
}
