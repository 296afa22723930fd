/** `cl run`: learners over a stream, with a live view, a report, and a record to come back to. */
import { join, relative, resolve } from 'node:path';
import { createFeatureSource } from '@cl/backbone';
import { trainableOf, type RunRecord } from '@cl/hub';
import { htmlReport } from '@cl/report';
import { run, type RunEvent } from '@cl/runner';
import { defineCommand, type ArgsDef, type CommandDef } from 'citty';
import { loadBackbone } from '../backbone-choice.ts';
import { loadClConfig } from '../config.ts';
import { readFlags } from '../flags.ts';
import { watchInterrupts } from '../interrupt.ts';
import { registryFor } from '../plugins/registry-for.ts';
import { optionFlags } from '../request-options.ts';
import { readRequest, type RunRequest } from '../request.ts';
import { packageVersions } from '../versions.ts';
import { bytes, duration, plain } from '../view/format.ts';
import { summaryLines } from '../view/summary.ts';
import { createView, type View } from '../view/view.ts';

const args: ArgsDef = {
  preset: { type: 'string', description: 'a whole run: embedded', valueHint: 'name' },
  stream: { type: 'string', description: 'default x-tail', valueHint: 'plugin' },
  dataset: { type: 'string', description: 'default icon-bench; repeatable', valueHint: 'plugin' },
  backbone: {
    type: 'string',
    description: 'default tiny-clip; also a Hub id or a folder',
    valueHint: 'name',
  },
  learner: {
    type: 'string',
    description: 'such as rail@dual,ridge=0.1; repeatable',
    valueHint: 'plugin',
  },
  seeds: { type: 'string', description: 'default 0', valueHint: '0,1,2' },
  shots: { type: 'string', description: 'training images a class; 0 takes all', valueHint: 'n' },
  device: {
    type: 'string',
    description: 'auto, cpu, webgpu, cuda, dml, coreml',
    valueHint: 'name',
  },
  dtype: { type: 'string', description: 'weights: fp32, fp16, q8, …', valueHint: 'type' },
  config: {
    type: 'string',
    description: 'default cl.config.ts, if there is one',
    valueHint: 'file',
  },
  name: { type: 'string', description: 'the run’s name and folder', valueHint: 'name' },
  out: { type: 'string', description: 'folder of the runs; default runs', valueHint: 'folder' },
  'cache-dir': { type: 'string', description: 'models and features', valueHint: 'folder' },
  keep: {
    type: 'string',
    description: 'saved learners: last (default) or all',
    valueHint: 'which',
  },
  reporter: {
    type: 'string',
    description: 'beside the report page; repeatable',
    valueHint: 'plugin',
  },
  fresh: { type: 'boolean', description: 'start over, even an unfinished or another run' },
  'skip-broken': { type: 'boolean', description: 'leave out images that cannot be decoded' },
  json: { type: 'boolean', description: 'print nothing but the result, as JSON' },
  debug: { type: 'boolean', description: 'show where an error comes from' },
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
    const config = await loadClConfig(early.get('config'));
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
    } else tell(view, record, request.folder, seconds);
  },
});

/** Loads what the request names, runs it, and frees it again. */
async function carryOut(
  { backboneChoice, cacheDir, ...request }: RunRequest,
  rawArgs: readonly string[],
  view: View,
): Promise<RunRecord> {
  const interrupts = watchInterrupts(
    () => {
      view.note('Stopping at the next safe point. (Ctrl-C again stops at once.)');
    },
    () => {
      view.close();
    },
  );
  const { signal } = interrupts;
  const onEvent = (event: RunEvent): void => {
    view.event(event);
  };
  const toFree: { dispose(): Promise<void> }[] = [];
  try {
    const backbone = await loadBackbone(backboneChoice, {
      signal,
      onProgress: (progress) => {
        onEvent({ type: 'progress', progress });
      },
    });
    toFree.unshift(backbone);
    const features = createFeatureSource(backbone, cacheDir === undefined ? {} : { cacheDir });
    toFree.unshift(features);
    const { fingerprint, capabilities, device, dtype } = backbone;
    return await run(
      {
        ...request,
        command: ['cl run', ...rawArgs.map(quoted)].join(' '),
        backbone: { id: backboneChoice.name, fingerprint, capabilities, device, dtype },
        trainable: trainableOf(backbone),
        features,
        reporters: [{ plugin: htmlReport }, ...(request.reporters ?? [])],
        packages: packageVersions(),
      },
      { signal, onEvent },
    );
  } finally {
    view.close();
    for (const each of toFree) await each.dispose();
    interrupts.stop();
  }
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

/** Flags of the form `--plugin.option`, whose plugin may yet come from a configuration file. */
function dotted(rawArgs: readonly string[]): readonly string[] {
  return rawArgs.flatMap((arg) => /^--([^=\s]+\.[^=\s]+)/u.exec(arg)?.[1] ?? []);
}

/** An argument as a shell would need it. */
function quoted(arg: string): string {
  return /^[\w@%+=:,./-]+$/u.test(arg) ? arg : `'${arg.replaceAll("'", String.raw`'\''`)}'`;
}
