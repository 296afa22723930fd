import { readFile, readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { ClError, RunRecord } from '@cl/hub';
import { readSavedLearner } from '@cl/hub/node';
import { readRecord, report, run, type RunEvent } from '@cl/runner';
import { expect, test } from 'vitest';
import { streamOf, syntheticConfig, textReport } from './fixtures/config.ts';
import { meanLearner } from './fixtures/mean-learner.ts';
import { temporaryFolder } from './fixtures/temporary.ts';

const readJson = async (...path: string[]): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(join(...path), 'utf8'));

test('records every learner with every seed on every test set after every experience', async () => {
  const folder = await temporaryFolder();
  const record = await run(syntheticConfig(folder));
  expect(record.trials.map(({ label, seed }) => [label, seed])).toEqual([
    ['mean', 0],
    ['mean', 7],
    ['closed', 0],
    ['closed', 7],
  ]);
  expect(record.stream.experiences).toEqual([
    { name: 'domain-0', domain: 'domain-0', classes: 3, train: 4 + 5 + 6, test: 18 },
    { name: 'domain-1', domain: 'domain-1', classes: 4, train: 4 + 5 + 6 + 7, test: 24 },
    { name: 'domain-2', domain: 'domain-2', classes: 5, train: 4 + 5 + 6 + 7 + 8, test: 30 },
  ]);
  for (const { accuracy } of record.trials)
    expect(accuracy.map((row) => row.length)).toEqual([3, 3, 3]);
  const [open, , closed] = record.trials;
  expect(open!.accuracy.flat().every((value) => value !== null)).toBe(true);
  expect(open!.options).toEqual({ nudge: 0.5, open: true, failAt: -1 });
  expect(closed!.options).toEqual({ nudge: 0.25, open: false, failAt: -1 });
  expect(await readRecord(folder)).toEqual(record);
});

test('leaves out, rather than counts as 0, what a learner of closed vocabulary cannot know yet', async () => {
  const record = await run(syntheticConfig(await temporaryFolder()));
  const closed = record.trials.find(({ label }) => label === 'closed')!;
  expect(closed.accuracy.map((row) => row.map((value) => value === null))).toEqual([
    [false, true, true],
    [false, false, true],
    [false, false, false],
  ]);
  expect(closed.metrics['transfer']).toBeNull();
  expect(closed.metrics['last']).toBeGreaterThan(0);
});

test('leaves out unseen classes in a class-incremental stream for everyone', async () => {
  const stream = { plugin: streamOf('class-incremental') };
  const record = await run(syntheticConfig(await temporaryFolder(), { stream }));
  expect(record.trials[0]!.accuracy[0]!.slice(1)).toEqual([null, null]);
});

test('sums up the final answers: confusions, sources, accuracy and examples agree', async () => {
  const record = await run(syntheticConfig(await temporaryFolder()));
  for (const trial of record.trials) {
    const sizes = record.stream.experiences.map(({ test: count }) => count);
    expect(trial.confusions.map((row) => row.reduce((a, b) => a + b))).toEqual(sizes);
    expect(trial.sources).toEqual(sizes.map((size) => ({ adapter: size })));
    for (const [j, row] of trial.confusions.entries()) {
      const right = Math.round(trial.accuracy.at(-1)![j]! * sizes[j]!);
      expect(row[j]).toBeGreaterThanOrEqual(right);
      const shown = trial.examples.filter(({ evaluation }) => evaluation === j);
      expect(shown.filter(({ correct }) => correct)).toHaveLength(Math.min(3, right));
      expect(shown.filter(({ correct }) => !correct)).toHaveLength(Math.min(3, sizes[j]! - right));
    }
    for (const { correct, trueClass, predictedClass, thumbnail } of trial.examples) {
      expect(trueClass === predictedClass).toBe(correct);
      expect(thumbnail).toMatch(/^data:image\//u);
    }
  }
});

test('gives the same record for the same seed, another for another seed', async () => {
  const first = await run(syntheticConfig(await temporaryFolder()));
  const second = await run(syntheticConfig(await temporaryFolder()));
  expect(second.trials.map(({ accuracy }) => accuracy)).toEqual(
    first.trials.map(({ accuracy }) => accuracy),
  );
  expect(first.trials[0]!.accuracy).not.toEqual(first.trials[1]!.accuracy);
});

test('writes the header, the events, the matrix, the learners and the reports', async () => {
  const folder = await temporaryFolder();
  const events: RunEvent[] = [];
  await run(syntheticConfig(folder), { onEvent: (event) => events.push(event) });
  const header = await readJson(folder, 'run.json');
  expect(header).toMatchObject({
    name: 'synthetic',
    command: 'cl run --name synthetic',
    resolved: {
      seeds: [0, 7],
      learners: [{ plugin: 'mean' }, { label: 'closed', options: { open: false, nudge: 0.25 } }],
    },
    environment: { node: process.version },
  });
  const lines = (await readFile(join(folder, 'events.jsonl'), 'utf8')).trim().split('\n');
  const logged = lines.map((line) => JSON.parse(line) as { type: string; at: string });
  expect(logged.map(({ type }) => type)).toEqual(
    events.map(({ type }) => type).filter((type) => type !== 'progress'),
  );
  expect(logged.filter(({ type }) => type === 'saved')).toHaveLength(12);
  const accuracy = await readJson(folder, 'accuracy.json');
  expect(accuracy['evaluations']).toEqual(['domain-0', 'domain-1', 'domain-2']);
  expect((accuracy['trials'] as RunRecord['trials'])[3]!.accuracy).toHaveLength(3);
  expect((await readdir(join(folder, 'learners'))).sort()).toEqual([
    'closed-0',
    'closed-7',
    'mean-0',
    'mean-7',
  ]);
  const saved = await readSavedLearner(join(folder, 'learners', 'mean-7'));
  expect(saved.state.experiences).toBe(3);
  expect(saved.tasks.map(({ name, samples }) => [name, samples])).toEqual([
    ['domain-0', 15],
    ['domain-1', 22],
    ['domain-2', 30],
  ]);
  expect(await readFile(join(folder, 'report.txt'), 'utf8')).toBe('mean\nmean\nclosed\nclosed');
});

test('keeps the learner of each experience when asked', async () => {
  const folder = await temporaryFolder();
  const record = await run(syntheticConfig(folder, { keep: 'all', seeds: [3] }));
  const folders = (await readdir(join(folder, 'learners', 'mean-3'))).sort();
  expect(folders).toEqual(['000', '001', '002']);
  const middle = await readSavedLearner(join(folder, 'learners', 'mean-3', '001'));
  expect(middle.state.experiences).toBe(2);
  expect(record.trials[0]!.stateBytes).toBeGreaterThan(0);
});

test('measures time, memory and size of each trial', async () => {
  const record = await run(syntheticConfig(await temporaryFolder()));
  for (const { phases, peakMemoryBytes, stateBytes, exemplarFree } of record.trials) {
    expect(phases.map(({ name }) => name)).toEqual(['features', 'learn', 'evaluate', 'save']);
    for (const { seconds } of phases) expect(seconds).toBeGreaterThan(0);
    expect(peakMemoryBytes).toBeGreaterThan(20e6); // Node itself takes more
    expect(stateBytes).toBeGreaterThan(12 * 16 * 8); // 12 means of 16 doubles
    expect(exemplarFree).toBe(true);
  }
});

test('computes forward transfer from the accuracy before learning, where that was measured', async () => {
  const record = await run(syntheticConfig(await temporaryFolder()));
  expect(record.trials[0]!.metrics['forward-transfer']).toBeTypeOf('number');
  expect(record.trials[2]!.metrics['forward-transfer']).toBeNull();
});

test('renders a finished run again, and refuses one that is not there', async () => {
  const folder = await temporaryFolder();
  await run(syntheticConfig(folder));
  const again = await report(folder, [{ plugin: textReport, options: { file: 'sub/again.txt' } }]);
  expect(again).toEqual([join(folder, 'sub', 'again.txt')]);
  await expect(report(join(folder, 'nothing'), [])).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining('holds no run'),
  });
});

test('refuses a reporter that writes outside of the folder', async () => {
  const reporters = [{ plugin: textReport, options: { file: '../escaped.txt' } }];
  await expect(run(syntheticConfig(await temporaryFolder(), { reporters }))).rejects.toMatchObject({
    code: 'INVALID_DATA',
    message: expect.stringContaining('lies outside'),
  });
});

const refusals = [
  { what: 'no learner', changes: { learners: [] }, says: 'no learner' },
  { what: 'no dataset', changes: { datasets: [] }, says: 'no dataset' },
  { what: 'a seed twice', changes: { seeds: [1, 1] }, says: 'seed 1' },
  { what: 'a seed of a half', changes: { seeds: [0.5] }, says: 'seed 0.5' },
  {
    what: 'two learners of one name',
    changes: { learners: [{ plugin: meanLearner }, { plugin: meanLearner }] },
    says: 'two learners are called "mean"',
  },
];
test.each(refusals)('refuses $what before it writes anything', async ({ changes, says }) => {
  const folder = await temporaryFolder();
  const error = await run(syntheticConfig(folder, changes)).catch((e: unknown) => e as ClError);
  expect(error).toMatchObject({ code: 'INVALID_CONFIG' });
  expect((error as ClError).message).toContain(says);
  expect(await readdir(folder)).toEqual([]);
});

test('refuses an unknown option with the nearest name', async () => {
  const learners = [{ plugin: meanLearner, options: { nugde: 1 } }];
  await expect(run(syntheticConfig(await temporaryFolder(), { learners }))).rejects.toMatchObject({
    code: 'UNKNOWN_OPTION',
    message: expect.stringContaining('did you mean "nudge"'),
  });
});

test('refuses a learner that needs more than the backbone has', async () => {
  const config = syntheticConfig(await temporaryFolder());
  const backbone = {
    ...config.backbone,
    id: 'some-vit',
    capabilities: ['image-features'] as const,
  };
  await expect(run({ ...config, backbone })).rejects.toMatchObject({
    code: 'INCOMPATIBLE_PLUGINS',
    message: expect.stringMatching(/"mean" needs text-features; backbone "some-vit"/u),
  });
});

test('a relative folder is meant from where the run starts, whatever becomes of the working directory', async () => {
  const folder = relative('', await temporaryFolder());
  const events: RunEvent[] = [];
  await run(syntheticConfig(folder), { onEvent: (event) => events.push(event) });
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'run-finished', folder: resolve(folder) }),
  );
});
