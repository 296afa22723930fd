import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClError, RunRecord } from '@cl/hub';
import { run, type RunEvent } from '@cl/runner';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { comparable } from './fixtures/comparable.ts';
import { streamOf, syntheticConfig } from './fixtures/config.ts';
import { meanLearner } from './fixtures/mean-learner.ts';
import { runKilled } from './fixtures/run-killed.ts';
import { temporaryFolder } from './fixtures/temporary.ts';

const bytesOf = async (folder: string, learner: string): Promise<string> =>
  (await readFile(join(folder, 'learners', learner, 'learner.safetensors'))).toString('base64');

// Every kind of place where a process can die: before anything, between learning and evaluating, between saving and
// the next experience, at the end of a trial, after the last one.
const deaths = [
  ['run-started', 1],
  ['progress', 1],
  ['experience-learned', 1],
  ['experience-learned', 5],
  ['evaluated', 2],
  ['saved', 3],
  ['saved', 7],
  ['trial-finished', 1],
  ['trial-finished', 4],
] as const;

let whole = '';
let expected: RunRecord;
beforeAll(async () => {
  whole = await mkdtemp(join(tmpdir(), 'cl-runner-whole-'));
  expected = await run(syntheticConfig(whole));
});
afterAll(() => rm(whole, { recursive: true }));

test.each(deaths)('killed at %s %i, it resumes and ends in the same bits', async (type, n) => {
  const folder = await temporaryFolder();
  expect(await runKilled(folder, type, n)).toBe('SIGKILL');
  await expect(stat(join(folder, 'record.json'))).rejects.toThrow();
  const events: RunEvent[] = [];
  const record = await run(syntheticConfig(folder), { onEvent: (event) => events.push(event) });
  expect(comparable(record)).toEqual(comparable(expected));
  for (const learner of ['mean-0', 'mean-7', 'closed-0', 'closed-7']) {
    expect(await bytesOf(folder, learner)).toBe(await bytesOf(whole, learner));
  }
  // Finished experiences are not learned again: 12 in all, less those that were evaluated, saved and written down.
  const before = { 'experience-learned': n - 1, evaluated: n, saved: n, 'trial-finished': 3 * n };
  const kept = type in before ? before[type as keyof typeof before] : 0;
  expect(events.filter((event) => event.type === 'experience-learned')).toHaveLength(12 - kept);
});

/** Runs until the n-th event of a type, then aborts as Ctrl-C does. */
async function runAborted(folder: string, type: string, n: number): Promise<ClError> {
  const controller = new AbortController();
  let count = 0;
  const onEvent = (event: RunEvent): void => {
    if (event.type === type && ++count === n) controller.abort();
  };
  const { signal } = controller;
  return run(syntheticConfig(folder), { signal, onEvent }).then(
    () => expect.fail('the run was not stopped'),
    (error: unknown) => error as ClError,
  );
}

test('stops at the next safe point when aborted, and says how to go on', async () => {
  const folder = await temporaryFolder();
  const error = await runAborted(folder, 'saved', 4);
  expect(error.code).toBe('ABORTED');
  expect(error.message).toContain('stopped after 4 of 12 experiences');
  expect(error.message).toContain('Run the same command again');
  const events: RunEvent[] = [];
  const record = await run(syntheticConfig(folder), { onEvent: (event) => events.push(event) });
  const resumed = events.find((event) => event.type === 'resumed');
  expect(resumed?.trials.map(({ rows, finished }) => [rows.length, finished])).toEqual([
    [3, true],
    [1, false],
    [0, false],
    [0, false],
  ]);
  expect(comparable(record)).toEqual(comparable(expected));
});

test('evaluates again when the learner was saved but its row was not written', async () => {
  const folder = await temporaryFolder();
  await runAborted(folder, 'saved', 2);
  const file = join(folder, 'trials', 'mean-0.json');
  const progress = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ ...progress, rows: progress.rows.slice(0, 1) }));
  const record = await run(syntheticConfig(folder));
  expect(comparable(record)).toEqual(comparable(expected));
});

test('starts a trial over when a learner was saved but nothing was written down, such as its accuracy before learning', async () => {
  const folder = await temporaryFolder();
  await runAborted(folder, 'saved', 4); // the first of the second trial
  await rm(join(folder, 'trials', 'mean-7.json'));
  const record = await run(syntheticConfig(folder));
  expect(comparable(record)).toEqual(comparable(expected));
});

test('starts a trial over when its saved learner is gone', async () => {
  const folder = await temporaryFolder();
  await runAborted(folder, 'saved', 2);
  await rm(join(folder, 'learners'), { recursive: true });
  const record = await run(syntheticConfig(folder));
  expect(comparable(record)).toEqual(comparable(expected));
});

test('refuses a saved learner that was changed on disk', async () => {
  const folder = await temporaryFolder();
  await runAborted(folder, 'saved', 2);
  await appendFile(join(folder, 'learners', 'mean-0', 'learner.safetensors'), 'x');
  await expect(run(syntheticConfig(folder))).rejects.toMatchObject({
    code: 'CHECKSUM_MISMATCH',
    message: expect.stringMatching(/"mean" with seed 0: .*learner\.safetensors/u),
  });
});

test('closes a line of events.jsonl that a crash tore off', async () => {
  const folder = await temporaryFolder();
  await runAborted(folder, 'saved', 2);
  await appendFile(join(folder, 'events.jsonl'), '{"at":"2026-');
  await run(syntheticConfig(folder));
  const lines = (await readFile(join(folder, 'events.jsonl'), 'utf8')).trim().split('\n');
  const torn = lines.findIndex((line) => line === '{"at":"2026-');
  expect(JSON.parse(lines[torn + 1]!)).toMatchObject({ type: 'run-started' });
});

test('refuses to go on under another configuration and lists what differs', async () => {
  const folder = await temporaryFolder();
  await runAborted(folder, 'saved', 2);
  const changed = syntheticConfig(folder, {
    learners: [
      { plugin: meanLearner, options: { nudge: 0.75 } },
      { plugin: meanLearner, options: { open: false, nudge: 0.25 }, label: 'closed' },
    ],
    seeds: [0, 7, 8],
    stream: { plugin: streamOf('mtil') },
  });
  const error = (await run(changed).catch((e: unknown) => e)) as ClError;
  expect(error.code).toBe('INVALID_CONFIG');
  expect(error.message).toContain('learners[0].options.nudge: 0.5, now 0.75');
  expect(error.message).toContain('seeds[2]: absent, now 8');
  expect(error.message).toContain('stream.name: "x-tail", now "mtil"');
  const record = await run(syntheticConfig(folder)); // nothing was lost
  expect(record.trials).toHaveLength(4);
});

test('refuses to go on with another backbone', async () => {
  const folder = await temporaryFolder();
  await runAborted(folder, 'saved', 2);
  const config = syntheticConfig(folder);
  const backbone = { ...config.backbone, fingerprint: 'f'.repeat(64) };
  await expect(run({ ...config, backbone })).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringMatching(/backbone: "[0-9a-f]{64}", now "f{64}"/u),
  });
});

test('gives a finished run back as it is, and starts it over when asked', async () => {
  const folder = await temporaryFolder();
  const first = await run(syntheticConfig(folder));
  const events: RunEvent[] = [];
  const onEvent = (event: RunEvent): void => void events.push(event);
  expect(await run(syntheticConfig(folder), { onEvent })).toEqual(first);
  expect(events).toEqual([{ type: 'already-finished', folder }]);
  const again = await run(syntheticConfig(folder, { existing: 'restart-finished' }), { onEvent });
  expect(events[1]).toEqual({ type: 'started-over', folder });
  const other = await run(syntheticConfig(folder, { existing: 'restart-finished', seeds: [5] }));
  expect(other.trials.map(({ seed }) => seed)).toEqual([5, 5]);
  expect(comparable(again)).toEqual(comparable(first));
});

test('replaces an unfinished run of another configuration only when told to', async () => {
  const folder = await temporaryFolder();
  await runAborted(folder, 'saved', 2);
  const other = syntheticConfig(folder, { seeds: [5] });
  await expect(run({ ...other, existing: 'restart-finished' })).rejects.toThrow(
    'another configuration',
  );
  const record = await run({ ...other, existing: 'replace' });
  expect(record.trials.map(({ seed }) => seed)).toEqual([5, 5]);
});

test('refuses a folder that holds other files', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'thesis.tex'), '');
  await expect(run(syntheticConfig(folder))).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining('thesis.tex'),
  });
});

test('refuses a folder that a live process works in, and takes over from a dead one', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'run.lock'), String(process.ppid));
  await expect(run(syntheticConfig(folder))).rejects.toThrow(`in use by process ${process.ppid}`);
  await writeFile(join(folder, 'run.lock'), '999999999');
  expect((await run(syntheticConfig(folder))).trials).toHaveLength(4);
  await expect(stat(join(folder, 'run.lock'))).rejects.toThrow();
});
