/** Two trials at a time, one of them in another thread: the same as one after the other, whatever happens. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClError, RunRecord } from '@cl/hub';
import { compare, run, type RunConfig, type RunEvent } from '@cl/runner';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { comparable } from './fixtures/comparable.ts';
import { comparison, sideBySide, syntheticConfig } from './fixtures/config.ts';
import { runKilled } from './fixtures/run-killed.ts';
import { temporaryFolder } from './fixtures/temporary.ts';

const trials = ['mean-0', 'mean-7', 'closed-0', 'closed-7'];

const learnersIn = (folder: string): Promise<readonly string[]> =>
  Promise.all(
    trials.map((id) => readFile(join(folder, 'learners', id, 'learner.safetensors'), 'base64')),
  );

const failed = async (config: RunConfig): Promise<ClError> =>
  run(config).then(
    () => expect.fail('the run did not fail'),
    (error: unknown) => error as ClError,
  );

let whole = '';
let expected: RunRecord;
beforeAll(async () => {
  whole = await mkdtemp(join(tmpdir(), 'cl-runner-whole-'));
  expected = await run(syntheticConfig(whole));
});
afterAll(() => rm(whole, { recursive: true }));

test('gives the record and the learners of one trial at a time, and says that there were two', async () => {
  const folder = await temporaryFolder();
  const { config, onEvent } = sideBySide(folder);
  const events: RunEvent[] = [];
  const record = await run(config, {
    onEvent: (event) => {
      onEvent(event);
      events.push(event);
    },
  });
  expect(comparable(record)).toEqual(comparable(expected));
  expect(record.trials.map(({ jobs }) => jobs)).toEqual([2, 2, 2, 2]);
  expect(expected.trials.map(({ jobs }) => jobs)).toEqual(trials.map(() => undefined));
  expect(await learnersIn(folder)).toEqual(await learnersIn(whole));
  const started = events.filter(({ type }) => type === 'trial-started');
  expect(started[0]).toMatchObject({ label: 'closed', seed: 0 }); // the second last: this thread has the last
  const lines = (await readFile(join(folder, 'events.jsonl'), 'utf8')).trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as RunEvent).type)).toEqual(
    events.map(({ type }) => type).filter((type) => type !== 'progress'),
  );
  const accuracy = JSON.parse(await readFile(join(folder, 'accuracy.json'), 'utf8'));
  expect(accuracy.trials.map((trial: { accuracy: unknown }) => trial.accuracy)).toEqual(
    record.trials.map((trial) => trial.accuracy),
  );
});

// The kinds of places where a process can die, with trials of both threads under way.
test.each([
  ['trial-started', 2, 1],
  ['experience-learned', 3, 2],
  ['evaluated', 4, 1],
  ['saved', 5, 2],
  ['trial-finished', 1, 2],
] as const)(
  'killed at %s %i, it resumes with %i at a time to the same bits',
  async (type, n, jobs) => {
    const folder = await temporaryFolder();
    expect(await runKilled(folder, type, n, 2)).toBe('SIGKILL');
    const { config, onEvent } = sideBySide(folder);
    const record = await (jobs === 2 ? run(config, { onEvent }) : run(syntheticConfig(folder)));
    expect(comparable(record)).toEqual(comparable(expected));
    expect(await learnersIn(folder)).toEqual(await learnersIn(whole));
  },
);

test('reporters get ready while the last trial still runs, and may fail at it', async () => {
  const { config, onEvent } = sideBySide(await temporaryFolder());
  let finished = 0;
  const warmedAfter: number[] = [];
  const reporter = config.reporters![0]!;
  const plugin: typeof reporter.plugin = {
    ...reporter.plugin,
    warmUp: async () => {
      warmedAfter.push(finished);
      throw new Error('not yet');
    },
  };
  const record = await run(
    { ...config, reporters: [{ ...reporter, plugin }] },
    {
      onEvent: (event) => {
        onEvent(event);
        if (event.type === 'trial-finished') finished += 1;
      },
    },
  );
  expect(warmedAfter).toEqual([3]);
  expect(comparable(record)).toEqual(comparable(expected));
});

test('stops both threads when aborted; one trial at a time goes on from there', async () => {
  const folder = await temporaryFolder();
  const { config, onEvent } = sideBySide(folder);
  const controller = new AbortController();
  let saved = 0;
  const error = await run(config, {
    signal: controller.signal,
    onEvent: (event) => {
      onEvent(event);
      if (event.type === 'saved' && ++saved === 3) controller.abort();
    },
  }).then(
    () => expect.fail('the run was not stopped'),
    (thrown: unknown) => thrown as ClError,
  );
  expect(error.code).toBe('ABORTED');
  expect(error.message).toMatch(/stopped after [3-6] of 12 experiences/u);
  expect(comparable(await run(syntheticConfig(folder)))).toEqual(comparable(expected));
});

test('names the trial that fails in another thread; its error is the same', async () => {
  const { config } = sideBySide(await temporaryFolder(), 'failing'); // this thread waits meanwhile
  const error = await failed(config);
  expect(error.code).toBe('NON_FINITE');
  expect(error.message).toBe('run: "frail" with seed 0: mean: told to fail. Stop.');
});

test('names the trial whose thread dies', async () => {
  const error = await failed(sideBySide(await temporaryFolder(), 'deadly').config);
  expect(error.code).toBe('PLUGIN_FAILED');
  expect(error.message).toContain('run: "closed" with seed 0: executor "threads": the thread');
  expect(error.message).toContain('exit code 3');
});

test('refuses another configuration in another thread, and says what differs', async () => {
  const error = await failed(sideBySide(await temporaryFolder(), 'other').config);
  expect(error.code).toBe('INVALID_CONFIG');
  expect(error.message).toContain(
    'elsewhere.mjs makes another configuration than the run has: seeds[1]: 7, now 8',
  );
});

test('leaves out the same broken images in every thread', async () => {
  const { config, onEvent } = sideBySide(await temporaryFolder(), 'broken');
  const record = await run(config, { onEvent });
  const other = await run({ ...config, folder: await temporaryFolder(), executor: undefined });
  expect(record.stream.experiences[3]!.test).toBe(6); // not the two that cannot be decoded
  expect(comparable(record)).toEqual(comparable(other));
});

test('a comparison has two trials at a time in each of its streams', async () => {
  const folder = await temporaryFolder();
  const { config, onEvent } = sideBySide(folder, 'comparison');
  const { streams } = await compare(comparison(config), { onEvent });
  expect(streams.map(({ record }) => record.trials.map(({ jobs }) => jobs))).toEqual([
    [2, 2, 2, 2],
    [2, 2, 2, 2],
  ]);
  expect(streams[0]!.record.trials.map(({ accuracy }) => accuracy)).toEqual(
    expected.trials.map(({ accuracy }) => accuracy),
  );
});
