import { iconBench, mtil, xTail } from '@cl/datasets';
import { candidatesFor, createRandom, resolveOptions, type Dataset, type Stream } from '@cl/hub';
import { describe, expect, test } from 'vitest';
import { errorOf } from './error-of.ts';
import { toyClasses, toyDataset } from './toy.ts';

const toys = ['pets', 'cars', 'food'].map((name) => toyDataset(name, toyClasses(name, 4, 20)));

async function cut(
  plugin: typeof xTail,
  datasets: readonly Dataset[],
  given: Record<string, unknown> = {},
  seed = 0,
): Promise<Stream> {
  return plugin.create(await resolveOptions(plugin, given), {
    datasets,
    random: createRandom(seed),
  });
}

const names = (stream: Stream): string[] => stream.experiences.map(({ name }) => name);

describe('x-tail', () => {
  test('takes the icon benchmark apart into its ten domains, all of its samples', async () => {
    const bench = await iconBench.create(await resolveOptions(iconBench));
    const stream = await cut(xTail, [bench]);
    expect(names(stream)).toEqual([
      ...['animals', 'devices', 'digits', 'flags', 'food'],
      ...['greek', 'interface', 'letters', 'transport', 'weather'],
    ]);
    expect(stream.scenario).toMatchObject({ name: 'x-tail', labelSpace: 'all' });
    // At most 16 samples a class, so 16 shots keep all 3,821; the table of the benchmark's README.
    const sizes = stream.experiences.map(({ train }) => train.length);
    expect(sizes).toEqual([298, 568, 160, 183, 418, 384, 705, 416, 351, 338]);
    const testSizes = stream.evaluations.map((evaluation) => evaluation.test.length);
    expect(testSizes).toEqual([193, 371, 180, 138, 265, 288, 459, 312, 217, 211]);
    expect(candidatesFor(stream, -1, 0)).toHaveLength(315);
  });

  test('makes a domain of each dataset, and gives its classes that domain', async () => {
    const stream = await cut(xTail, toys);
    expect(names(stream)).toEqual(['pets', 'cars', 'food']);
    expect(stream.experiences[1]).toMatchObject({ index: 1, domain: 'cars' });
    expect(stream.evaluations[1]!.classes.map(({ domain }) => domain)).toEqual(
      Array(4).fill('cars'),
    );
  });

  test('takes 16 of 20 samples a class, chosen by the seed and no other', async () => {
    const ids = async (seed: number): Promise<string[]> =>
      (await cut(xTail, toys, {}, seed)).experiences.flatMap(({ train }) =>
        train.map(({ image }) => image.id),
      );
    const first = await ids(0);
    expect(first).toHaveLength(3 * 4 * 16);
    expect(await ids(0)).toEqual(first);
    expect(await ids(1)).not.toEqual(first);
  });

  test('takes named domains in the order given', async () => {
    expect(names(await cut(xTail, toys, { order: ['food', 'pets'] }))).toEqual(['food', 'pets']);
  });

  test('refuses an order that names an unknown domain, and suggests the nearest', async () => {
    const error = await errorOf(() => cut(xTail, toys, { order: ['petz'] }));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toBe(
      'x-tail: option order names "petz", no such domain, did you mean "pets"? Domains: pets, cars, food.',
    );
  });

  test('resamples classes of fewer samples under the paper preset', async () => {
    const few = toyDataset('few', [
      { id: 'few/a', name: 'a', train: 5, test: 1 },
      { id: 'few/b', name: 'b', train: 30, test: 1 },
    ]);
    const options = await resolveOptions(xTail, {}, 'paper');
    const stream = await xTail.create(options, { datasets: [few], random: createRandom(3) });
    const train = stream.experiences[0]!.train;
    const a = train.filter(({ classId }) => classId === 'few/a');
    expect(train).toHaveLength(32);
    expect(a).toHaveLength(16);
    expect(new Set(a.map(({ image }) => image.id)).size).toBeLessThanOrEqual(5);
  });
});

describe('mtil', () => {
  test('takes all samples and asks within the given domain', async () => {
    const stream = await cut(mtil, toys);
    expect(stream.experiences.map(({ train }) => train.length)).toEqual([80, 80, 80]);
    expect(stream.scenario).toMatchObject({ name: 'mtil', taskIdAtTest: true, labelSpace: 'task' });
    expect(candidatesFor(stream, 0, 2)!.map(({ id }) => id)).toEqual([
      'food/0',
      'food/1',
      'food/2',
      'food/3',
    ]);
  });
});

describe('bad input', () => {
  const ok = toys[0]!;
  test.each([
    ['no dataset', [], 'EMPTY_STREAM', 'x-tail: no dataset given'],
    ['a dataset twice', [ok, ok], 'INVALID_DATA', 'two domains are called "pets"'],
    [
      'a class id in two datasets',
      [ok, { ...ok, name: 'zoo' }],
      'DUPLICATE_CLASS',
      'class id "pets/0" is in "pets" and in "zoo"',
    ],
    [
      'a class without training samples',
      [
        toyDataset('pets', [
          ...toyClasses('pets', 2),
          { id: 'pets/dodo', name: 'dodo', train: 0, test: 1 },
        ]),
      ],
      'EMPTY_CLASS',
      '1 classes of "pets" have no training sample (pets/dodo)',
    ],
    [
      'a dataset without test samples',
      [toyDataset('pets', toyClasses('pets', 2, 3, 0))],
      'EMPTY_STREAM',
      '"pets" has no test sample',
    ],
    [
      'a sample of an unlisted class',
      [{ ...ok, classes: ok.classes.slice(1) }],
      'UNKNOWN_CLASS',
      'sample "pets/0/train/0" of "pets" has class "pets/0"',
    ],
  ] as const)('refuses %s', async (_, datasets, code, words) => {
    const error = await errorOf(() => cut(xTail, datasets));
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });
});
