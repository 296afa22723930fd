/** `cl compare`: learners × seeds × streams, one table and one page. */
import { join, relative, resolve } from 'node:path';
import type { ComparisonRecord } from '@cl/hub';
import { writeFileAtomic } from '@cl/hub/node';
import { compareLearners, comparisonReport, htmlReport } from '@cl/report';
import { compare } from '@cl/runner';
import { defineCommand, type ArgsDef, type CommandDef } from 'citty';
import { readCompareRequest } from '../compare-request.ts';
import { loadClConfig } from '../config.ts';
import { dotted, readFlags } from '../flags.ts';
import { registryFor } from '../plugins/registry-for.ts';
import { optionFlags } from '../request-options.ts';
import { comparisonLines } from '../view/comparison.ts';
import { duration, plain } from '../view/format.ts';
import { createView } from '../view/view.ts';
import { withBackbone } from '../with-backbone.ts';
import { partArgs, settingArgs } from './shared-args.ts';

const args: ArgsDef = {
  preset: { type: 'string', description: 'a whole comparison: embedded', valueHint: 'name' },
  stream: { type: 'string', description: 'default x-tail; repeatable', valueHint: 'plugin' },
  ...partArgs,
  seeds: { type: 'string', description: 'default 0,1,2', valueHint: '0,1,2' },
  ...settingArgs,
};

/** The command. */
export const compareCommand: CommandDef = defineCommand({
  meta: {
    name: 'compare',
    description:
      'Compare learners over seeds and streams: compare.html, compare.md, compare.json. The same name with more ' +
      'learners, seeds or streams runs only what is missing.',
  },
  args,
  async run({ rawArgs }) {
    const early = readFlags('cl compare', rawArgs, args, dotted(rawArgs));
    const config = await loadClConfig(early.get('config'));
    const registry = await registryFor(early, config);
    const known = optionFlags(registry).map(({ flag }) => flag);
    const flags = readFlags('cl compare', rawArgs, args, known);
    const request = await readCompareRequest(flags, config, registry);
    const { backboneChoice, cacheDir, ...rest } = request;
    const view = createView(process.stdout, flags.has('json'));
    const started = performance.now();
    const command = ['cl', 'compare', ...rawArgs];
    const record = await withBackbone(
      backboneChoice,
      cacheDir,
      command,
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
