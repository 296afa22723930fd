import { domainIncremental } from '@cl/datasets';
import { candidatesFor, createRandom, resolveOptions, type Dataset, type Stream } from '@cl/hub';
import { expect, test } from 'vitest';
import { errorOf } from './error-of.ts';
import { toyClasses, toyDataset } from './toy.ts';

async function cut(
  datasets: readonly Dataset[],
  given: Record<string, unknown> = {},
): Promise<Stream> {
  return domainIncremental.create(await resolveOptions(domainIncremental, given), {
    datasets,
    random: createRandom(0),
  });
}

const named = (id: string, name: string, domain: string) => ({
  id,
  name,
  domain,
  train: 3,
  test: 1,
});

test('datasets that share their classes follow one another', async () => {
  const stream = await cut([
    toyDataset('art', toyClasses('c', 4)),
    toyDataset('photo', toyClasses('c', 4)),
  ]);
  expect(stream.experiences.map(({ domain }) => domain)).toEqual(['art', 'photo']);
  expect(stream.experiences[1]!.classes).toEqual(stream.experiences[0]!.classes);
  expect(candidatesFor(stream, 1, 0)).toHaveLength(4); // no class twice
});

test('a dataset of domains is split, and classes of one name become one', async () => {
  const mixed = toyDataset('office', [
    named('art/clock', 'clock', 'art'),
    named('art/chair', 'chair', 'art'),
    named('photo/chair', 'chair', 'photo'),
    named('photo/clock', 'clock', 'photo'),
  ]);
  const stream = await cut([mixed], { shots: 2 });
  expect(stream.experiences.map(({ classes }) => classes)).toEqual([
    [
      { id: 'clock', name: 'clock' },
      { id: 'chair', name: 'chair' },
    ],
    [
      { id: 'chair', name: 'chair' },
      { id: 'clock', name: 'clock' },
    ],
  ]);
  expect(stream.experiences[1]!.train.map(({ classId, image }) => [classId, image.id[0]])).toEqual([
    ['chair', 'p'],
    ['chair', 'p'],
    ['clock', 'p'],
    ['clock', 'p'],
  ]);
});

test.each([
  [
    'domains that share no class',
    [toyDataset('art', toyClasses('a', 2)), toyDataset('photo', toyClasses('b', 2))],
    'INVALID_DATA',
    '"photo" shares no class id with the domains before it (b/0, …)',
  ],
  [
    'one id for two classes',
    [
      toyDataset('art', [{ id: 'x', name: 'crane bird', train: 1, test: 1 }]),
      toyDataset('photo', [{ id: 'x', name: 'crane truck', train: 1, test: 1 }]),
    ],
    'DUPLICATE_CLASS',
    'id "x" stands for "crane bird" and for "crane truck"',
  ],
  [
    'two classes of one name in a domain',
    [toyDataset('d', [named('art/1', 'clock', 'art'), named('art/2', 'clock', 'art')])],
    'DUPLICATE_CLASS',
    '"art/1" and "art/2" of domain "art" are both called "clock"',
  ],
  ['no dataset', [], 'EMPTY_STREAM', 'no dataset given'],
] as const)('refuses %s', async (_, datasets, code, words) => {
  const error = await errorOf(() => cut(datasets));
  expect(error.code).toBe(code);
  expect(error.message).toContain(words);
});
