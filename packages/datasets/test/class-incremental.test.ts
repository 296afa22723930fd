import { classIncremental, taskIncremental } from '@cl/datasets';
import { candidatesFor, createRandom, resolveOptions, type Stream } from '@cl/hub';
import { describe, expect, test } from 'vitest';
import { errorOf } from './error-of.ts';
import { toyClasses, toyDataset } from './toy.ts';

async function cut(
  classes: number,
  given: Record<string, unknown> = {},
  { seed = 0, plugin = classIncremental } = {},
): Promise<Stream> {
  return plugin.create(await resolveOptions(plugin, given), {
    datasets: [toyDataset('toy', toyClasses('c', classes))],
    random: createRandom(seed),
  });
}

/** The class numbers of each step. */
function steps(stream: Stream): number[][] {
  return stream.experiences.map(({ classes }) => classes.map(({ id }) => Number(id.slice(2))));
}

describe('the cut', () => {
  test.each([
    [{ classesPerTask: 5 }, [5, 5, 5, 5]], // B0-Inc5
    [{ baseClasses: 10, classesPerTask: 5 }, [10, 5, 5]], // B10-Inc5
    [{ classesPerTask: 6 }, [6, 6, 6, 2]], // the last takes what is left
    [{ baseClasses: 20 }, [20]],
    [{}, [2, 2, 2, 2, 2, 2, 2, 2, 2, 2]], // ten steps
    [{ baseClasses: 10 }, [10, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]], // after the base
  ])('%j makes steps of %j classes', async (given, sizes) => {
    const stream = await cut(20, given);
    expect(steps(stream).map(({ length }) => length)).toEqual(sizes);
    // 3 training and 2 test samples a class, each in the step of its class.
    expect(stream.experiences.map(({ train }) => train.length)).toEqual(sizes.map((n) => 3 * n));
    expect(stream.evaluations.map((part) => part.test.length)).toEqual(sizes.map((n) => 2 * n));
  });

  test('every sample sits in the step that lists its class', async () => {
    const stream = await cut(20, { classesPerTask: 5, order: 'random' });
    for (const { classes, train } of stream.experiences) {
      expect(train.map(({ classId }) => classId).sort()).toEqual(
        classes.flatMap(({ id }) => [id, id, id]).sort(),
      );
    }
  });

  test('of fewer than ten classes each is a step of its own where nothing is said', async () => {
    const stream = await cut(3);
    expect(steps(stream)).toEqual([[0], [1], [2]]);
    expect(stream.name).toBe('toy B0-Inc1');
  });

  test('names the stream and its steps', async () => {
    const stream = await cut(5, { classesPerTask: 2 });
    expect(stream.name).toBe('toy B0-Inc2');
    expect(stream.experiences.map(({ name }) => name)).toEqual([
      'classes 0–1',
      'classes 2–3',
      'class 4',
    ]);
  });

  test('several datasets follow one another', async () => {
    const options = await resolveOptions(classIncremental, { classesPerTask: 3 });
    const stream = await classIncremental.create(options, {
      datasets: [toyDataset('a', toyClasses('a', 2)), toyDataset('b', toyClasses('b', 4))],
      random: createRandom(0),
    });
    expect(stream.experiences.map(({ classes }) => classes.map(({ id }) => id))).toEqual([
      ['a/0', 'a/1', 'b/0'],
      ['b/1', 'b/2', 'b/3'],
    ]);
  });

  test('takes so many shots a class and leaves the test samples', async () => {
    const stream = await cut(4, { classesPerTask: 2, shots: 2 });
    expect(stream.experiences.map(({ train }) => train.length)).toEqual([4, 4]);
    expect(stream.evaluations.map((part) => part.test.length)).toEqual([4, 4]);
  });
});

describe('the class order', () => {
  // np.random.seed(1993); np.random.permutation(10) and (100), from NumPy's legacy generator.
  test('numpy is that of PILOT and PyCIL', async () => {
    const ten = await cut(10, { classesPerTask: 10, order: 'numpy' });
    expect(steps(ten)).toEqual([[4, 2, 7, 6, 0, 3, 5, 8, 9, 1]]);
    const options = await resolveOptions(classIncremental, {}, 'pilot');
    expect(options).toMatchObject({ order: 'numpy', orderSeed: 1993 });
    const hundred = await cut(100, { ...options });
    expect(steps(hundred)[0]).toEqual([68, 56, 78, 8, 23, 84, 90, 65, 74, 76]);
  });

  // random.seed(1); x = list(range(100)); random.shuffle(x): papers.md §2.1 quotes the first ten.
  test('python is that of VQ-Prompt, whose seed 0 is the natural order', async () => {
    const shuffled = await cut(100, { order: 'python', orderSeed: 1 });
    expect(steps(shuffled)[0]).toEqual([53, 37, 65, 51, 4, 20, 38, 9, 10, 81]);
    const natural = await cut(100, { order: 'python', orderSeed: 0 });
    expect(steps(natural).flat()).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  test('random follows the seed of the run', async () => {
    const order = async (seed: number): Promise<number[]> =>
      steps(await cut(50, { order: 'random' }, { seed })).flat();
    const first = await order(0);
    expect(first).not.toEqual(await order(1));
    expect(await order(0)).toEqual(first);
    expect([...first].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });
});

test('class-incremental asks about all classes seen, task-incremental within the step', async () => {
  const one = await cut(6, { classesPerTask: 2 });
  expect(candidatesFor(one, 1, 0)).toHaveLength(4);
  const other = await cut(6, { classesPerTask: 2 }, { plugin: taskIncremental });
  expect(candidatesFor(other, 1, 0)).toHaveLength(2);
});

describe('bad input', () => {
  test.each(['baseClasses', 'classesPerTask'])('refuses more %s than classes', async (option) => {
    const error = await errorOf(() => cut(5, { classesPerTask: 1, [option]: 6 }));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toBe(
      `class-incremental: option ${option} is 6, expected at most 5, the number of classes. Lower it.`,
    );
  });

  test('refuses a dataset without classes and no dataset at all', async () => {
    const empty = await errorOf(() => cut(0));
    expect(empty.code).toBe('EMPTY_STREAM');
    const options = await resolveOptions(classIncremental);
    const none = await errorOf(() =>
      classIncremental.create(options, { datasets: [], random: createRandom(0) }),
    );
    expect(none.code).toBe('EMPTY_STREAM');
    expect(none.message).toContain('Name one');
  });

  test('refuses a step without test samples', async () => {
    const options = await resolveOptions(classIncremental, { classesPerTask: 1 });
    const datasets = [
      toyDataset('t', [...toyClasses('c', 1), { id: 'x', name: 'x', train: 1, test: 0 }]),
    ];
    const error = await errorOf(() =>
      classIncremental.create(options, { datasets, random: createRandom(0) }),
    );
    expect(error.code).toBe('EMPTY_STREAM');
    expect(error.message).toContain('"class 1" has no test sample');
  });

  test('refuses a sample of a class that no dataset lists', async () => {
    const toy = toyDataset('toy', toyClasses('c', 3));
    const options = await resolveOptions(classIncremental, { classesPerTask: 1 });
    const error = await errorOf(() =>
      classIncremental.create(options, {
        datasets: [{ ...toy, classes: toy.classes.slice(0, 2) }],
        random: createRandom(0),
      }),
    );
    expect(error.code).toBe('UNKNOWN_CLASS');
    expect(error.message).toContain('class "c/2"');
  });
});
