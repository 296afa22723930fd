/** The reporter plugin. */
import { defineReporter, type ReporterPlugin } from '@cl/hub';
import { z } from 'zod';

/** Options of {@link htmlReport}. */
export interface HtmlReportOptions {
  /** Label or plugin name of the learner that the others are compared with. */
  readonly reference: string;
  /** Standard deviations over seeds divide by n (0) or by n − 1 (1). */
  readonly ddof: 0 | 1;
  /** At most so many example images a domain; 0 leaves them out. */
  readonly examplesPerDomain: number;
}

/**
 * Writes `report.html`: one self-contained page with results, matrices, curves, confusions, sources, examples, cost and
 * everything needed to repeat the run. The same record gives the same bytes.
 *
 * `render` throws ClError `EMPTY_STREAM`, `SHAPE_MISMATCH`, `INVALID_DATA`, `NON_FINITE` for a record that
 * contradicts itself.
 */
export const htmlReport: ReporterPlugin<HtmlReportOptions> = defineReporter({
  name: 'html',
  description: 'One self-contained page: report.html.',
  defaults: { reference: 'zero-shot', ddof: 1, examplesPerDomain: 6 },
  help: {
    reference: 'Label or plugin name of the learner that the others are compared with.',
    ddof: 'Standard deviations divide by n (0) or by n - 1 (1).',
    examplesPerDomain: 'At most so many example images a domain; 0 leaves them out.',
  },
  schema: z.strictObject({
    reference: z.string(),
    ddof: z.union([z.literal(0), z.literal(1)]),
    examplesPerDomain: z.int().min(0).max(200),
  }),
  async render(record, { reference, ddof, examplesPerDomain }) {
    const { readRecord } = await import('./model.ts');
    const { renderPage } = await import('./page.ts');
    const model = readRecord(record, reference, ddof);
    return { 'report.html': await renderPage(model, examplesPerDomain) };
  },
  async warmUp() {
    const { loadVega } = await import('./charts/render.ts');
    await Promise.all([loadVega(), import('./page.ts')]);
  },
});
