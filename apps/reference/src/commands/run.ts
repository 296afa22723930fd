/** `cl run`: learners over a stream, with a live view, a report, and a record to come back to. */
import { join, relative, resolve } from 'node:path';
import type { RunRecord } from '@cl/hub';
import { htmlReport } from '@cl/report';
import { run } from '@cl/runner';
import { defineCommand, type ArgsDef, type CommandDef } from 'citty';
import { loadClConfig, type ClConfig } from '../config.ts';
import { dotted, readFlags, type Flags } from '../flags.ts';
import { registryFor } from '../plugins/registry-for.ts';
import { loadRecipe } from '../recipes.ts';
import { optionFlags } from '../request-options.ts';
import { readRequest, type RunRequest } from '../request.ts';
import { usageError } from '../usage-error.ts';
import { bytes, duration, plain } from '../view/format.ts';
import { summaryLines } from '../view/summary.ts';
import { createView, type View } from '../view/view.ts';
import { withBackbone } from '../with-backbone.ts';
import { partArgs, settingArgs } from './shared-args.ts';

const args: ArgsDef = {
  recipe: {
    type: 'positional',
    description: 'settings of a published table, such as rail-x-tail@embedded',
    required: false,
  },
  preset: { type: 'string', description: 'a whole run: embedded', valueHint: 'name' },
  stream: { type: 'string', description: 'default x-tail', valueHint: 'plugin' },
  ...partArgs,
  seeds: { type: 'string', description: 'default 0', valueHint: '0,1,2' },
  reporter: {
    type: 'string',
    description: 'beside the report page; repeatable',
    valueHint: 'plugin',
  },
  ...settingArgs,
};

/** The command. */
export const runCommand: CommandDef = defineCommand({
  meta: {
    name: 'run',
    description:
      'Run learners over a stream. Options of plugins are flags too: --rail.ridge 0.1 (cl list rail shows them).',
  },
  args,
  async run({ rawArgs }) {
    // The configuration file may bring plugins, and with them flags: read it first.
    const early = readFlags('cl run', rawArgs, args, dotted(rawArgs));
    const config = await configOf(early);
    const registry = await registryFor(early, config);
    const known = optionFlags(registry).map(({ flag }) => flag);
    const flags = readFlags('cl run', rawArgs, args, known);
    const request = await readRequest(flags, config, registry);
    const view = createView(process.stdout, flags.has('json'));
    const started = performance.now();
    const record = await carryOut(request, rawArgs, view);
    const seconds = (performance.now() - started) / 1000;
    if (flags.has('json')) {
      process.stdout.write(`${JSON.stringify(resultOf(record, request.folder, seconds))}\n`);
    } else {
      tell(view, record, request.folder, seconds);
      const { published = '' } = config;
      if (published !== '') process.stdout.write(`published  ${plain(published)}\n`);
    }
  },
});

/** The configuration of the recipe that is named, else of the file. */
async function configOf(flags: Flags): Promise<ClConfig> {
  const [recipe] = flags.positionals;
  const file = flags.get('config');
  if (recipe === undefined) return loadClConfig(file);
  if (file === undefined) return loadRecipe(recipe);
  throw usageError(
    `cl run: both the recipe ${recipe} and --config ${file} are given, expected one. A recipe is a configuration file: ` +
      'copy it to change it.',
  );
}

/** Loads what the request names, runs it, and frees it again. */
function carryOut(
  { backboneChoice, cacheDir, ...request }: RunRequest,
  rawArgs: readonly string[],
  view: View,
): Promise<RunRecord> {
  const command = ['cl', 'run', ...rawArgs];
  return withBackbone(backboneChoice, cacheDir, command, view, (surroundings, options) =>
    run(
      {
        ...request,
        ...surroundings,
        reporters: [{ plugin: htmlReport }, ...(request.reporters ?? [])],
      },
      options,
    ),
  );
}

/** The table of learners, and where everything is. */
function tell(view: View, record: RunRecord, folder: string, seconds: number): void {
  const peak = Math.max(...record.trials.map(({ peakMemoryBytes }) => peakMemoryBytes));
  const path = (name: string): string => plain(relative('', join(folder, name)));
  const lines = [
    '',
    ...summaryLines(record, view.width(), view.style),
    '',
    `${duration(seconds * 1000)}, at most ${bytes(peak)} of memory`,
    `report  ${view.style.strong(path('report.html'))}`,
    `record  ${path('record.json')}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** What `--json` prints: the record without its pictures. */
function resultOf(record: RunRecord, folder: string, seconds: number): object {
  return {
    ...record,
    trials: record.trials.map((trial) => ({ ...trial, examples: undefined })),
    folder: resolve(folder),
    report: resolve(folder, 'report.html'),
    seconds,
  };
}
