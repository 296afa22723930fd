import { keptPositions, tilesOf } from '@cl/sotu';
import { describe, expect, test } from 'vitest';
import { vectorMask } from './support/deltas.ts';

const owner = (task: number, parameter = 'w', seed: number | string = 1) => ({
  seed,
  task,
  parameter,
});

describe('a mask', () => {
  test.each([0.1, 0.5, 0.9])('keeps a share %s to within four standard errors', (keep) => {
    const n = 200_000;
    const kept = keptPositions(owner(0), vectorMask(n, keep)).length;
    expect(Math.abs(kept / n - keep)).toBeLessThan(4 * Math.sqrt((keep * (1 - keep)) / n));
  });

  test('keeps everything at p = 0 and nothing at p = 1', () => {
    expect(keptPositions(owner(0), vectorMask(1000, 1))).toEqual(
      Uint32Array.from({ length: 1000 }, (_, i) => i),
    );
    expect(keptPositions(owner(0), vectorMask(1000, 0))).toHaveLength(0);
  });

  test('is the same for the same seed, task and parameter, whatever was drawn before', () => {
    const names = ['a', 'b', 'c'];
    const forwards = names.map((name) => keptPositions(owner(3, name), vectorMask(500, 0.3)));
    const backwards = names
      .toReversed()
      .map((name) => keptPositions(owner(3, name), vectorMask(500, 0.3)))
      .toReversed();
    expect(backwards).toEqual(forwards);
  });

  test('is another one for another task, parameter or seed', () => {
    const masks = [owner(0), owner(1), owner(0, 'v'), owner(0, 'w', 2)].map((whose) =>
      keptPositions(whose, vectorMask(500, 0.3)).join(),
    );
    expect(new Set(masks).size).toBe(4);
  });

  test('shares q² of the coordinates with another task’s, as independent ones do', () => {
    const [n, keep] = [200_000, 0.3];
    const first = new Set(keptPositions(owner(0), vectorMask(n, keep)));
    const shared = keptPositions(owner(1), vectorMask(n, keep)).filter((i) => first.has(i)).length;
    const q2 = keep * keep;
    expect(Math.abs(shared / n - q2)).toBeLessThan(4 * Math.sqrt((q2 * (1 - q2)) / n));
  });

  test('of a higher p lies within that of a lower p', () => {
    const wide = new Set(keptPositions(owner(0), vectorMask(1000, 0.5)));
    const narrow = keptPositions(owner(0), vectorMask(1000, 0.2));
    expect([...narrow].every((i) => wide.has(i))).toBe(true);
  });

  test('is independent between neighbouring coordinates', () => {
    // Each pair of neighbours is kept with probability q²; a generator that counts badly would not do that.
    const n = 200_000;
    const kept = new Set(keptPositions(owner(7), vectorMask(n, 0.5)));
    const pairs = [...kept].filter((i) => kept.has(i + 1)).length / (n - 1);
    expect(Math.abs(pairs - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / n));
  });
});

describe('disjoint masks', () => {
  test('share no coordinate and together keep every one', () => {
    const [n, tasks] = [1000, 4];
    const all = Array.from({ length: tasks }, (_, task) => [
      ...keptPositions(owner(task), vectorMask(n, 1 / tasks, task / tasks)),
    ]).flat();
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
  });

  test('without room left are refused', () => {
    expect(() => keptPositions(owner(5), vectorMask(10, 0.2, 1))).toThrow(
      'sotu: disjoint masks leave task 5 0% of "w", expected room for the 20% it keeps. Raise p to 0.833 or more before ' +
        'the first task, or use independent masks.',
    );
  });
});

describe('a grouped mask', () => {
  const dims = [12, 24];
  const cases = [
    { grouping: 'row' as const, group: (r: number) => `${r}`, options: {} },
    {
      grouping: 'block' as const,
      group: (r: number, c: number) => `${Math.floor(r / 5)},${Math.floor(c / 5)}`,
      options: { blockSize: 5 }, // 5 divides neither 12 nor 24: edges have smaller blocks
    },
    {
      grouping: 'head' as const,
      group: (_: number, c: number) => `${Math.floor(c / 8)}`,
      options: { heads: { axis: 1 as const, size: 8 } },
    },
    {
      grouping: 'head' as const,
      group: (r: number) => `${Math.floor(r / 4)}`,
      options: { heads: { axis: 0 as const, size: 4 } },
    },
  ];

  test.each(cases)('by $grouping gives all entries of a group one value', (entry) => {
    const { grouping, group, options } = entry;
    for (let seed = 0; seed < 20; seed += 1) {
      const tiling = tilesOf(dims, grouping, options);
      const kept = new Set(keptPositions(owner(0, 'w', seed), { tiling, keep: 0.5 }));
      const values = new Map<string, boolean>();
      for (let i = 0; i < 12 * 24; i += 1) {
        const key = group(Math.floor(i / 24), i % 24);
        expect(values.get(key) ?? kept.has(i)).toBe(kept.has(i));
        values.set(key, kept.has(i));
      }
    }
  });

  test.each(cases)('by $grouping keeps the share it is told, over many seeds', (entry) => {
    const { grouping, options } = entry;
    const tiling = tilesOf(dims, grouping, options);
    const draws = 3000;
    let kept = 0;
    for (let seed = 0; seed < draws; seed += 1) {
      kept += keptPositions(owner(0, 'w', seed), { tiling, keep: 0.3 }).length;
    }
    const groups = Math.ceil(12 / tiling.tileRows) * Math.ceil(24 / tiling.tileCols);
    // Groups of unequal size add less variance than one group fewer would.
    const error = Math.sqrt((0.3 * 0.7) / (draws * Math.max(1, groups - 1)));
    expect(Math.abs(kept / (draws * 12 * 24) - 0.3)).toBeLessThan(4 * error);
  });
});

describe('p outside [0, 1]', () => {
  test.each([-0.1, 1.1, NaN])('%s is refused with what to do', (keep) => {
    const p = 1 - keep;
    expect(() => keptPositions(owner(2), vectorMask(10, keep))).toThrow(
      `sotu: p is ${p} for "w" in task 2, expected a number from 0 (keep all) to 1 (keep nothing). Choose p within it; ` +
        '0.9 keeps a tenth.',
    );
  });

  test('a block size that is none is refused', () => {
    expect(() => tilesOf([4, 4], 'block', { blockSize: 0 })).toThrow(
      'sotu: blockSize is 0, expected a whole number from 1.',
    );
  });
});
