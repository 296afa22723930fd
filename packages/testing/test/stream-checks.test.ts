import { scenarios, type Dataset, type ScenarioName, type Stream } from '@cl/hub';
import { streamChecks, syntheticDataset } from '@cl/testing';
import { expect, test } from 'vitest';
import { failing, type Mutant } from './broken.ts';
import { stream } from './sound-plugins.ts';

function mutant(
  fault: string,
  caughtBy: string,
  change: (sound: Stream, datasets: readonly Dataset[]) => Stream,
  also: readonly string[] = [],
  scenario: ScenarioName = 'x-tail',
): Mutant {
  return { fault, caughtBy, also, checks: () => streamChecks(stream(change, scenario)) };
}

const exactClasses = 'lists in each experience and evaluation exactly the classes of its samples';
const ownTest = 'tests in evaluation j what experience j teaches';
const onePlace = 'shows every image in one place only';
const rightSplit = 'takes training samples from training sets and test samples from test sets';
const news = 'brings classes as its scenario says: new ones, or the same in new domains';
const answerable = 'can be answered in full after the last experience';
const again = 'is the same for the same datasets, options and random state';

/** The stream with its last experience, or its last evaluation, changed. */
function withLast(
  sound: Stream,
  experience: Partial<Stream['experiences'][number]>,
  evaluation: Partial<Stream['evaluations'][number]> = {},
): Stream {
  return {
    ...sound,
    experiences: sound.experiences.with(-1, { ...sound.experiences.at(-1)!, ...experience }),
    evaluations: sound.evaluations.with(-1, { ...sound.evaluations.at(-1)!, ...evaluation }),
  };
}

const stranger = syntheticDataset({ index: 9 });

const mutants: readonly Mutant[] = [
  mutant('has no name', 'is not empty', (sound) => ({ ...sound, name: '' })),
  mutant('has no experiences', 'is not empty', (sound) => ({
    ...sound,
    experiences: [],
    evaluations: [],
  })),
  mutant('is of another scenario', 'is of the scenario that the plugin declares', (sound) => ({
    ...sound,
    scenario: scenarios.mtil,
  })),
  mutant('counts from 1', 'numbers experiences from 0, with one evaluation each', (sound) => ({
    ...sound,
    experiences: sound.experiences.map((e) => ({ ...e, index: e.index + 1 })),
  })),
  mutant('lists a class without samples', exactClasses, (sound) =>
    withLast(sound, { classes: [...sound.experiences.at(-1)!.classes, stranger.classes[0]!] }),
  ),
  mutant('tests another domain', ownTest, (sound) => {
    const [first, ...others] = sound.evaluations;
    const tests = [...others, first!].map((e, index) => ({ ...e, index }));
    return { ...sound, evaluations: tests };
  }),
  mutant('shows an image twice', onePlace, (sound) => {
    const { train } = sound.experiences.at(-1)!;
    return withLast(sound, { train: [...train, train[0]!] });
  }),
  mutant('trains on the test set', rightSplit, (sound) =>
    withLast(
      sound,
      { train: sound.evaluations.at(-1)!.test },
      { test: sound.experiences.at(-1)!.train },
    ),
  ),
  mutant('splits a class over two experiences', news, (sound) => {
    const [first, second] = sound.experiences;
    const info = first!.classes[0]!;
    const [moved, ...kept] = first!.train;
    return {
      ...sound,
      experiences: [
        { ...first!, train: kept },
        {
          ...second!,
          classes: [...second!.classes, info],
          train: [...second!.train, moved!],
        },
        ...sound.experiences.slice(2),
      ],
    };
  }),
  mutant(
    'brings another class with a domain',
    news,
    (sound) =>
      withLast(
        sound,
        {
          classes: sound.experiences.at(-1)!.classes.slice(1),
          train: sound.experiences.at(-1)!.train.slice(4),
        },
        {
          classes: sound.evaluations.at(-1)!.classes.slice(1),
          test: sound.evaluations.at(-1)!.test.slice(2),
        },
      ),
    [],
    'domain-incremental',
  ),
  mutant(
    'tests what it never teaches',
    answerable,
    (sound) =>
      withLast(sound, {
        classes: sound.experiences.at(-1)!.classes.slice(1),
        train: sound.experiences.at(-1)!.train.slice(4),
      }),
    [ownTest],
    'class-incremental',
  ),
  mutant('is cut in an order of its own', again, (sound) => {
    const { train } = sound.experiences.at(-1)!;
    turn = !turn;
    return withLast(sound, { train: turn ? train : train.toReversed() });
  }),
  mutant('sorts the datasets it was given', 'leaves the datasets unmodified', (sound, datasets) => {
    if (Object.isFrozen(datasets)) (datasets as Dataset[]).reverse();
    return sound;
  }),
  {
    fault: 'is cut from nothing',
    caughtBy: 'refuses to be cut from nothing',
    checks: () => {
      const sound = stream();
      const empty = { name: 'none', scenario: sound.scenario, experiences: [], evaluations: [] };
      return streamChecks({
        ...sound,
        create: async (options, context) =>
          context.datasets.length === 0
            ? { ...empty, scenario: scenarios['x-tail'] }
            : sound.create(options, context),
      });
    },
  },
];

let turn = false;

test.each(mutants)('the checks of streams notice one that $fault', async (broken) => {
  expect(new Set(await failing(broken.checks()))).toEqual(
    new Set([broken.caughtBy, ...(broken.also ?? [])]),
  );
});

test.each(['x-tail', 'mtil', 'class-incremental', 'domain-incremental'] as const)(
  'a sound %s stream passes them',
  async (scenario) => {
    expect(await failing(streamChecks(stream((s) => s, scenario)))).toEqual([]);
  },
);

test('every check of streams has a mutant', () => {
  const names = streamChecks(stream()).map(({ name }) => name);
  const own = [names[0]!, ...names.slice(6)]; // without those of any plugin
  expect(new Set(mutants.map(({ caughtBy }) => caughtBy))).toEqual(new Set(own));
});
