import type { ReporterPlugin } from '@cl/hub';
import { reporterChecks, syntheticRecord } from '@cl/testing';
import { expect, test } from 'vitest';
import { failing, type Mutant } from './broken.ts';
import { reporter } from './sound-plugins.ts';

const sound = reporter();
let calls = 0;

function mutant(
  fault: string,
  caughtBy: string,
  render: ReporterPlugin['render'],
  also: readonly string[] = [],
): Mutant {
  return { fault, caughtBy, also, checks: () => reporterChecks(reporter(render)) };
}

const mutants: readonly Mutant[] = [
  mutant('writes an empty file', 'renders files of text or bytes that are not empty', async () => ({
    'a.txt': '',
  })),
  mutant(
    'writes over the record',
    'names its files inside the run folder, and none of the run’s own',
    async () => ({ 'record.json': '{}' }),
  ),
  mutant(
    'leaves the folder',
    'names its files inside the run folder, and none of the run’s own',
    async () => ({ 'plots/../../a.txt': 'a' }),
  ),
  mutant('counts its calls', 'renders the same record to the same bytes', async () => ({
    'a.txt': `${(calls += 1)}`,
  })),
  mutant('sorts the trials', 'leaves the record unmodified', async (record) => {
    (record.trials as unknown[]).reverse();
    return { 'a.txt': 'a' };
  }),
  mutant(
    'takes a second experience for granted',
    'renders a run of one learner, one seed and one experience',
    async ({ trials }) => ({ 'a.txt': `${trials[0]!.accuracy[1]![0]}` }),
  ),
];

test.each(mutants)('the checks of reporters notice one that $fault', async (one) => {
  expect(await failing(one.checks())).toEqual([one.caughtBy, ...(one.also ?? [])]);
});

test('a sound reporter passes them', async () => {
  expect(await failing(reporterChecks(sound))).toEqual([]);
});

test('every check of reporters has a mutant', () => {
  const own = reporterChecks(sound)
    .slice(5)
    .map(({ name }) => name); // after those of any plugin
  expect(new Set(mutants.map(({ caughtBy }) => caughtBy))).toEqual(new Set(own));
});

test('a synthetic record has what it is asked for, and gaps', () => {
  const record = syntheticRecord({ learners: ['a', 'b', 'c'], seeds: [4], experiences: 2 });
  expect(record.trials.map(({ label, seed }) => [label, seed])).toEqual([
    ['a', 4],
    ['b', 4],
    ['c', 4],
  ]);
  expect(record.trials[0]!.accuracy).toEqual([
    [0.9 - 0.04, null],
    [0.9 - 0.05 - 0.04, 0.9 - 0.04],
  ]);
});
