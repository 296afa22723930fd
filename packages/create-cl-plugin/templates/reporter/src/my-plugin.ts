/**
 * __DESCRIPTION__
 *
 * As it stands: a CSV file with a line for each learner, seed and metric. Replace `render`. A reporter is pure: it gives file
 * names with their content, and the caller writes them into the run's folder.
 */
import { defineReporter, type ReporterPlugin } from '@cl/hub';
import { z } from 'zod';

/** What users may choose. */
export interface MyPluginOptions {
  /** Between the columns. */
  readonly separator: ',' | ';' | '\t';
}

/** The plugin. */
export const myPlugin: ReporterPlugin<MyPluginOptions> = defineReporter<MyPluginOptions>({
  name: 'my-plugin',
  description: '__DESCRIPTION__',
  defaults: { separator: ',' },
  help: { separator: 'A comma, a semicolon or a tab.' },
  schema: z.object({ separator: z.enum([',', ';', '\t']) }),
  async render({ trials }, { separator }) {
    const rows = trials.flatMap(({ label, seed, metrics }) =>
      Object.entries(metrics).map(([metric, value]) => [label, seed, metric, value ?? '']),
    );
    const table = [['learner', 'seed', 'metric', 'value'], ...rows];
    const lines = table.map((row) => row.map((cell) => quoted(String(cell))).join(separator));
    return { 'my-plugin.csv': `${lines.join('\n')}\n` };
  },
});

/** A cell as RFC 4180 wants it. */
function quoted(cell: string): string {
  return /["\n\r,;\t]/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
