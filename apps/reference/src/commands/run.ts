/** `cl run`: learners over a stream, with a live view, a report, and a record to come back to. */
import { join, relative, resolve } from 'node:path';
import type { RunRecord } from '@cl/hub';
import { htmlReport } from '@cl/report';
import { run } from '@cl/runner';
import { defineCommand, type CommandDef } from 'citty';
import { runArgs } from '../run-args.ts';
import { readRun } from '../read-command.ts';
import type { RunRequest } from '../request.ts';
import { bytes, duration, plain } from '../view/format.ts';
import { summaryLines } from '../view/summary.ts';
import { createView, type View } from '../view/view.ts';
import { withBackbone } from '../with-backbone.ts';

/** The command. */
export const runCommand: CommandDef = defineCommand({
  meta: {
    name: 'run',
    description:
      'Run learners over a stream. Options of plugins are flags too: --rail.ridge 0.1 (cl list rail shows them).',
  },
  args: runArgs,
  async run({ rawArgs }) {
    const { flags, config, request } = await readRun(rawArgs);
    const view = await createView(process.stdout, flags.has('json'));
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

/** Loads what the request names, runs it, and frees it again. */
function carryOut(
  { backboneChoice, cacheDir, ...request }: RunRequest,
  rawArgs: readonly string[],
  view: View,
): Promise<RunRecord> {
  const command = { name: 'run', rawArgs } as const;
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
  const jobs = Math.max(...record.trials.map((trial) => trial.jobs ?? 1));
  const beside = jobs > 1 ? `${jobs} trials at a time, ` : '';
  const path = (name: string): string => plain(relative('', join(folder, name)));
  const lines = [
    '',
    ...summaryLines(record, view.width(), view.style),
    '',
    `${duration(seconds * 1000)}, ${beside}at most ${bytes(peak)} of memory`,
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
