/** Heat maps as tables: the numbers are text, the colour repeats them. */
import { html, name, type Html, type Part } from '../html.ts';
import { heatSteps } from '../theme/colours.ts';

/** A cell of a heat map. */
export interface HeatCell {
  /** Position on the colour scale, in [0, 1]; `undefined`: nothing was measured. */
  readonly shade: number | undefined;
  /** The number as printed. */
  readonly text: string;
  /** A sentence for the pointer, the keyboard and screen readers. */
  readonly detail: string;
  /** Extra classes, our own words only. */
  readonly classes?: string;
}

/** A row of a heat map. */
interface HeatRow {
  readonly name: string;
  readonly cells: readonly HeatCell[];
  /** A number about the whole row, printed without colour. */
  readonly summary?: string;
}

/** A heat map. */
export interface HeatMap {
  readonly caption: Part;
  /** What rows and columns are. */
  readonly corner: Part;
  readonly columns: readonly string[];
  readonly rows: readonly HeatRow[];
  /** Heading of the rows' summaries. */
  readonly summary?: string;
}

const manyColumns = 14;

/** The markup of a heat map. Its cells carry their detail as a tooltip; the page's script shows it below. */
export function heatMap({ caption, corner, columns, rows, summary }: HeatMap): Html {
  const many = columns.length > manyColumns && ' many';
  const heads = columns.map((text) => html`<th scope="col"><span>${name(text)}</span></th>`);
  const body = rows.map(
    (row) =>
      html`<tr>
        <th scope="row">${name(row.name)}</th>
        ${row.cells.map(cellMarkup)}${
          row.summary !== undefined && html`<td class="mean">${row.summary}</td>`
        }
      </tr> `,
  );
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table, scrolls sideways">
      <table class="heat${many}" data-grid>
        <caption>
          ${caption}
        </caption>
        <thead>
          <tr>
            <th scope="col">${corner}</th>
            ${heads}${
              summary !== undefined &&
              html`<th scope="col" class="mean"><span>${summary}</span></th>`
            }
          </tr>
        </thead>
        <tbody>
          ${body}
        </tbody>
      </table>
    </div>
    <p class="detail" aria-live="polite" hidden></p>`;
}

/** The colour scale. */
export function colourScale(note?: Part, low = '0', high = '100 %'): Html {
  const steps = Array.from({ length: heatSteps }, (_, step) => html`<i class="h${step}"></i>`);
  return html`<span class="ramp"
    >${low} <span aria-hidden="true">${steps}</span> ${high} ${note}</span
  >`;
}

function cellMarkup({ shade, text, detail, classes }: HeatCell): Html {
  const colour = shade === undefined ? 'void' : `h${Math.round(shade * (heatSteps - 1))}`;
  const extra = classes !== undefined && classes !== '' && ` ${classes}`;
  return html`<td class="${colour}${extra}" title="${detail}">${text}</td>`;
}
