import type { Dataset, Sample } from '@cl/hub';
import { datasetChecks } from '@cl/testing';
import { expect, test } from 'vitest';
import { failing, type Mutant } from './broken.ts';
import { dataset } from './sound-plugins.ts';

function mutant(
  fault: string,
  caughtBy: string,
  change: (sound: Dataset, made: number) => Dataset,
  also: readonly string[] = [],
): Mutant {
  return { fault, caughtBy, also, checks: () => datasetChecks(dataset(change)) };
}

/** The dataset with its first training image changed. */
function withImage(sound: Dataset, image: Partial<Sample['image']>): Dataset {
  const [first, ...others] = sound.train;
  return { ...sound, train: [{ ...first!, image: { ...first!.image, ...image } }, ...others] };
}

const listsAlike = 'lists the same samples in the same order every time';

const mutants: readonly Mutant[] = [
  mutant('has no name', 'is not empty', (sound) => ({ ...sound, name: '' })),
  mutant('holds no test samples', 'is not empty', (sound) => ({ ...sound, test: [] }), [
    'has training and test samples of every class and of no other',
  ]),
  mutant('names a class with nothing', 'gives each class an id of its own and a name', (sound) => ({
    ...sound,
    classes: sound.classes.map((info, c) => (c === 1 ? { ...info, name: ' ' } : info)),
  })),
  mutant('lists a class twice', 'gives each class an id of its own and a name', (sound) => ({
    ...sound,
    classes: [...sound.classes, sound.classes[0]!],
  })),
  mutant(
    'has a class without test samples',
    'has training and test samples of every class and of no other',
    (sound) => ({ ...sound, test: sound.test.slice(0, -2) }),
  ),
  mutant(
    'has samples of a class not listed',
    'has training and test samples of every class and of no other',
    (sound) => ({ ...sound, classes: sound.classes.slice(0, -1) }),
  ),
  mutant('tests on what it trains', 'holds every image once, in training or in test', (sound) => ({
    ...sound,
    test: [...sound.test, sound.train[0]!],
  })),
  mutant(
    'gives two images one hash',
    'holds every image once, in training or in test',
    (sound) => ({
      ...sound,
      train: sound.train.map(({ image, ...rest }) => ({
        ...rest,
        image: { ...image, hash: '0'.repeat(64) },
      })),
    }),
  ),
  mutant(
    'has hashes of its own making',
    'has hashes that are SHA-256 where it gives them',
    (sound) => withImage(sound, { hash: 'first' }),
  ),
  mutant('lists in another order each time', listsAlike, (sound, made) => ({
    ...sound,
    train: made % 2 === 0 ? sound.train : sound.train.toReversed(),
  })),
  mutant('has too few pixels', 'opens its images, to the same bytes each time', (sound) =>
    withImage(sound, { source: { kind: 'pixels', width: 4, height: 4, data: new Uint8Array(3) } }),
  ),
  mutant(
    'opens to something else each time',
    'opens its images, to the same bytes each time',
    (sound) => {
      let opened = 0;
      const load = async () => ({ kind: 'encoded', bytes: Uint8Array.of((opened += 1)) }) as const;
      return withImage(sound, { source: { kind: 'lazy', load } });
    },
  ),
];

test.each(mutants)('the checks of datasets notice one that $fault', async (broken) => {
  expect(await failing(broken.checks())).toEqual([broken.caughtBy, ...broken.also!]);
});

test('a sound dataset passes them', async () => {
  expect(await failing(datasetChecks(dataset()))).toEqual([]);
});

test('real duplicates may be allowed', async () => {
  const hash = '0'.repeat(64);
  const twins = dataset((sound) => ({
    ...sound,
    train: sound.train.map(({ image, ...rest }) => ({ ...rest, image: { ...image, hash } })),
  }));
  expect(await failing(datasetChecks(twins, {}, { distinctHashes: false }))).toEqual([]);
});

test('every check of datasets has a mutant', () => {
  const names = datasetChecks(dataset()).map(({ name }) => name);
  const own = [names[0]!, ...names.slice(6)]; // without those of any plugin
  expect(new Set(mutants.map(({ caughtBy }) => caughtBy))).toEqual(new Set(own));
});
