// Plugins of others as values: checked and guarded by the run itself, and their metrics computed and kept.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineMetric, type ClError, type LearnerPlugin, type MetricPlugin } from '@cl/hub';
import { compare, report, run, type RunConfig, type RunEvent } from '@cl/runner';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { syntheticConfig } from './fixtures/config.ts';
import { meanLearner } from './fixtures/mean-learner.ts';
import { temporaryFolder } from './fixtures/temporary.ts';

const failed = async (config: RunConfig): Promise<ClError> =>
  run(config).then(
    () => expect.fail('the run did not fail'),
    (error: unknown) => error as ClError,
  );

/** The lowest accuracy of the last row. */
const worst: MetricPlugin = defineMetric({
  name: 'worst',
  description: 'Accuracy on the test set that went worst at the end.',
  label: 'Worst',
  formula: 'min over j of A[T,j]',
  better: 'higher',
  defaults: {},
  help: {},
  schema: z.object({}),
  compute: ({ accuracy }) => Math.min(...(accuracy.at(-1) ?? []).map((value) => value ?? 1)),
});

const only = (folder: string, changes: Partial<LearnerPlugin<never>>): RunConfig =>
  syntheticConfig(folder, {
    learners: [{ plugin: { ...meanLearner, ...changes } as LearnerPlugin }],
    seeds: [0],
  });

test('a learner whose create() gives no learner is named with what it gave, and with its trial', async () => {
  const create = (async () => ({ fit: 1 })) as never;
  const error = await failed(only(await temporaryFolder(), { create }));
  expect(error.code).toBe('PLUGIN_FAILED');
  expect(error.message).toContain(
    'run: "mean" with seed 0: learner "mean": create() returned an object with fit, expected a Learner',
  );
});

test('a value without a brand, or of another protocol, is refused before anything starts', async () => {
  const folder = await temporaryFolder();
  const bare = await failed(only(folder, { '~cl': undefined as never }));
  expect(bare).toMatchObject({ code: 'UNKNOWN_PLUGIN' });
  expect(bare.message).toContain('expected a learner. Export what defineLearner() returns.');
  const newer = await failed(only(folder, { '~cl': { version: 2 as 1, kind: 'learner' } }));
  expect(newer).toMatchObject({
    code: 'PROTOCOL_VERSION',
    message: 'learner "mean": speaks protocol 2, expected 1. Update @cl/hub.',
  });
});

test('a comparison refuses them as well, before it asks who takes part', async () => {
  const { stream, datasets, ...shared } = only(await temporaryFolder(), {
    '~cl': undefined as never,
    needs: undefined as never,
  });
  const streams = [{ name: 'one', stream, datasets }];
  const config = { ...shared, streams, existing: undefined };
  await expect(compare(config)).rejects.toThrow('found a value without the "~cl" brand');
});

test('a run keeps the metrics that it is given, with what they mean', async () => {
  const folder = await temporaryFolder();
  const record = await run(syntheticConfig(folder, { metrics: [worst] }));
  for (const { accuracy, metrics } of record.trials) {
    expect(metrics).toEqual({ worst: Math.min(...accuracy.at(-1)!.map((value) => value!)) });
  }
  expect(record.metrics).toEqual({
    worst: {
      label: 'Worst',
      formula: 'min over j of A[T,j]',
      description: 'Accuracy on the test set that went worst at the end.',
      better: 'higher',
    },
  });
});

test('a finished run that lacks a metric gets it without learning anything again', async () => {
  const folder = await temporaryFolder();
  const before = await run(syntheticConfig(folder));
  const events: RunEvent[] = [];
  const { metrics: usual = {} } = before;
  const metrics = [worst];
  const after = await run(syntheticConfig(folder, { metrics }), {
    onEvent: (event) => events.push(event),
  });
  expect(events.filter(({ type }) => type === 'experience-learned')).toEqual([]);
  expect(Object.keys(usual)).not.toContain('worst');
  expect(after.trials[0]!.metrics).toMatchObject({
    ...before.trials[0]!.metrics,
    worst: Math.min(...before.trials[0]!.accuracy.at(-1)!.map((value) => value!)),
  });
  const again: RunEvent[] = [];
  await run(syntheticConfig(folder, { metrics }), { onEvent: (event) => again.push(event) });
  expect(again.map(({ type }) => type)).toContain('already-finished');
});

test('the card of a saved learner tells accuracies and what is kept of the data', async () => {
  const folder = await temporaryFolder();
  const { trials } = await run(syntheticConfig(folder, { seeds: [0] }));
  const card = await readFile(join(folder, 'learners', 'mean-0', 'README.md'), 'utf8');
  const last = trials[0]!.accuracy.at(-1)![0]!;
  expect(card).toContain(`| domain-0 | accuracy | ${Number(last.toFixed(4))} |`);
  expect(card).toContain('Nothing that belongs to a single training image.');
});

test('a reporter that renders no files is named, also when a report is made again', async () => {
  const folder = await temporaryFolder();
  const config = syntheticConfig(folder);
  await run(config);
  const broken = { ...config.reporters![0]!.plugin, render: (async () => 7) as never };
  await expect(report(folder, [{ plugin: broken }])).rejects.toThrow(
    'reporter "text": render() returned 7, expected text or bytes for each file name.',
  );
});
