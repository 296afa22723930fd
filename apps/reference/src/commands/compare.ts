/** `cl compare`: learners × seeds × streams, one table and one page. */
import { join, relative, resolve } from 'node:path';
import type { ComparisonRecord } from '@cl/hub';
import { writeFileAtomic } from '@cl/hub/node';
import { compareLearners, comparisonReport, htmlReport } from '@cl/report';
import { compare } from '@cl/runner';
import { defineCommand, type CommandDef } from 'citty';
import { readCompare } from '../read-command.ts';
import { compareArgs } from '../run-args.ts';
import { comparisonLines } from '../view/comparison.ts';
import { duration, plain } from '../view/format.ts';
import { createView } from '../view/view.ts';
import { withBackbone } from '../with-backbone.ts';

/** The command. */
export const compareCommand: CommandDef = defineCommand({
  meta: {
    name: 'compare',
    description:
      'Compare learners over seeds and streams: compare.html, compare.md, compare.json. The same name with more ' +
      'learners, seeds or streams runs only what is missing.',
  },
  args: compareArgs,
  async run({ rawArgs }) {
    const { flags, request } = await readCompare(rawArgs);
    const { backboneChoice, cacheDir, ...rest } = request;
    const view = await createView(process.stdout, flags.has('json'));
    const started = performance.now();
    const record = await withBackbone(
      backboneChoice,
      cacheDir,
      { name: 'compare', rawArgs },
      view,
      (surroundings, options) =>
        compare({ ...rest, ...surroundings, reporters: [{ plugin: htmlReport }] }, options),
    );
    const files = await writeComparison(request.folder, record);
    const comparison = compareLearners(record);
    const seconds = (performance.now() - started) / 1000;
    if (flags.has('json')) {
      const result = { ...comparison, folder: resolve(request.folder), files, seconds };
      process.stdout.write(`${JSON.stringify(result)}\n`);
      return;
    }
    const shown = files.map((file) => plain(relative('', file)));
    const lines = [
      ...comparisonLines(comparison, view.width(), view.style),
      '',
      duration(seconds * 1000),
      `page    ${view.style.strong(shown[0]!)}`,
      `table   ${shown[1]!}`,
      `numbers ${shown[2]!}`,
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  },
});

/** Writes the page, the table and the numbers of a comparison into its folder; gives their paths in this order. */
export async function writeComparison(
  folder: string,
  record: ComparisonRecord,
): Promise<readonly string[]> {
  const written: string[] = [];
  for (const [name, content] of Object.entries(await comparisonReport(record))) {
    const path = resolve(join(folder, name));
    await writeFileAtomic(path, content);
    written.push(path);
  }
  return written;
}
