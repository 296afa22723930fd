import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClError, ComparisonRecord, LearnerPlugin } from '@cl/hub';
import { compare, readComparison, type CompareConfig, type RunEvent } from '@cl/runner';
import { expect, test } from 'vitest';
import { streamOf, syntheticConfig } from './fixtures/config.ts';
import { meanLearner } from './fixtures/mean-learner.ts';
import { temporaryFolder } from './fixtures/temporary.ts';

/** Knows one scenario only. */
const narrow: LearnerPlugin = { ...meanLearner, name: 'narrow', scenarios: ['x-tail'] };

/** Two learners with two seeds over two streams of three domains, and one learner that can do the first only. */
function comparison(folder: string, changes: Partial<CompareConfig> = {}): CompareConfig {
  const { datasets, learners, ...rest } = syntheticConfig(folder);
  return {
    ...rest,
    existing: 'extend',
    learners: [...learners, { plugin: narrow }],
    streams: [
      { name: 'domains', stream: { plugin: streamOf('x-tail') }, datasets },
      { name: 'classes', stream: { plugin: streamOf('class-incremental') }, datasets },
    ],
    ...changes,
  };
}

/** The record without times, memory, and where each run began. */
function comparable({ streams }: ComparisonRecord): unknown {
  return streams.map(({ name, record, leftOut }) => ({
    name,
    leftOut,
    stream: record.stream,
    trials: record.trials.map((trial) => ({ ...trial, phases: [], peakMemoryBytes: 0 })),
  }));
}

/** Compares and gives the events besides, progress aside. */
async function watched(
  config: CompareConfig,
  signal?: AbortSignal,
): Promise<[ComparisonRecord, RunEvent[]]> {
  const events: RunEvent[] = [];
  const onEvent = (event: RunEvent): void => {
    if (event.type !== 'progress') events.push(event);
  };
  return [await compare(config, { onEvent, signal }), events];
}

const learned = (events: readonly RunEvent[]): string[] =>
  events.flatMap((event) =>
    event.type === 'experience-learned' ? [`${event.label} ${event.seed}`] : [],
  );

test('makes a run of each stream, and leaves a learner out where it cannot take part', async () => {
  const folder = await temporaryFolder();
  const [record, events] = await watched(comparison(folder));
  const trials = record.streams.map(({ record: { trials: all } }) =>
    all.map(({ label, seed }) => `${label} ${seed}`),
  );
  const both = ['mean 0', 'mean 7', 'closed 0', 'closed 7'];
  expect(trials).toEqual([[...both, 'narrow 0', 'narrow 7'], both]);
  expect(record.streams.map(({ leftOut }) => leftOut)).toEqual([
    [],
    [{ label: 'narrow', reason: expect.stringMatching(/"narrow" does not do class-incremental/u) }],
  ]);
  expect(record.streams[1]!.record.name).toBe('synthetic · classes');
  expect(events.filter(({ type }) => type === 'stream-started')).toMatchObject([
    { name: 'domains', index: 0, total: 2 },
    { name: 'classes', index: 1, total: 2, leftOut: [{ label: 'narrow' }] },
  ]);
  expect((await readdir(folder)).sort()).toEqual(['classes', 'comparison.json', 'domains']);
  expect(await readFile(join(folder, 'classes', 'report.txt'), 'utf8')).toContain('closed');
  expect(await readComparison(folder)).toEqual(record);
});

test('goes on where it was stopped, and ends in the same record', async () => {
  const whole = await compare(comparison(await temporaryFolder()));
  const folder = await temporaryFolder();
  const controller = new AbortController();
  let saved = 0;
  const stopped = compare(comparison(folder), {
    signal: controller.signal,
    onEvent: ({ type }) => {
      if (type === 'saved' && ++saved === 20) controller.abort(); // 18 belong to the first stream
    },
  });
  await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
  expect(await readComparison(folder)).toBeUndefined();
  const [record, events] = await watched(comparison(folder));
  expect(learned(events)).toHaveLength(12 - 2);
  expect(comparable(record)).toEqual(comparable(whole));
});

test('learns only what is new when learners and seeds are added, and nothing when some are taken away', async () => {
  const folder = await temporaryFolder();
  const { learners } = comparison(folder);
  const first = comparison(folder, { learners: learners.slice(0, 1), seeds: [0] });
  await compare(first);
  const [grown, events] = await watched(comparison(folder));
  expect(learned(events).filter((name) => name === 'mean 0')).toEqual([]);
  expect(learned(events)).toHaveLength(3 * (6 + 4) - 3 * 2);
  expect(comparable(grown)).toEqual(comparable(await compare(comparison(await temporaryFolder()))));

  const [less, noEvents] = await watched(first);
  expect(learned(noEvents)).toEqual([]);
  expect(less.streams[0]!.record.trials.map(({ label, seed }) => [label, seed])).toEqual([
    ['mean', 0],
  ]);
  const [again, none] = await watched(comparison(folder));
  expect(learned(none)).toEqual([]);
  expect(comparable(again)).toEqual(comparable(grown));
});

test('refuses other options under the name of a learner that is there, and keeps what is there', async () => {
  const folder = await temporaryFolder();
  const before = await compare(comparison(folder));
  const changed = comparison(folder, {
    learners: [{ plugin: meanLearner, options: { nudge: 2 } }],
  });
  await expect(compare(changed)).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining('learners.mean.options.nudge: 0.5, now 2'),
  });
  expect(await readComparison(folder)).toEqual(before);
  const fresh = await compare({ ...changed, existing: 'replace' });
  expect(fresh.streams[0]!.record.trials[0]!.options).toMatchObject({ nudge: 2 });
});

test('tells which run of a comparison is gone', async () => {
  const folder = await temporaryFolder();
  await compare(comparison(folder));
  await rm(join(folder, 'classes'), { recursive: true });
  await expect(readComparison(folder)).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining(join(folder, 'classes')),
  });
});

const { datasets } = syntheticConfig('');
const domains = { name: 'domains', stream: { plugin: streamOf('x-tail') }, datasets };
const classes = { name: 'classes', stream: { plugin: streamOf('class-incremental') }, datasets };
const refusals = [
  {
    what: 'no stream',
    changes: { streams: [] },
    code: 'INVALID_CONFIG',
    says: 'has no stream, expected at least one',
  },
  {
    what: 'two streams of one name',
    changes: { streams: [domains, domains] },
    code: 'INVALID_CONFIG',
    says: 'two streams are called "domains"',
  },
  {
    what: 'a stream that no learner can do',
    changes: { streams: [domains, classes], learners: [{ plugin: narrow }] },
    code: 'INCOMPATIBLE_PLUGINS',
    says: 'no learner can do stream "classes":\n  learner "narrow" does not do class-incremental',
  },
  {
    what: 'an option of the last stream that does not exist',
    changes: {
      streams: [domains, { ...classes, stream: { ...classes.stream, options: { shot: 1 } } }],
    },
    code: 'UNKNOWN_OPTION',
    says: 'did you mean "shots"',
  },
];
test.each(refusals)('refuses $what before it learns anything', async ({ changes, code, says }) => {
  const folder = await temporaryFolder();
  const error = await compare(comparison(folder, changes)).catch((e: unknown) => e as ClError);
  expect(error).toMatchObject({ code });
  expect((error as ClError).message).toContain(says);
  expect(await readdir(folder)).toEqual([]);
});
