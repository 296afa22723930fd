import { fewShot } from '@cl/datasets';
import { createRandom } from '@cl/hub';
import { describe, expect, test } from 'vitest';
import { errorOf } from './error-of.ts';
import { toyClasses, toyDataset } from './toy.ts';

const dataset = toyDataset('toy', [
  ...toyClasses('many', 2, 40),
  { id: 'few', name: 'few', train: 3, test: 2 },
]);

const idsOf = (samples: readonly { image: { id: string } }[]) =>
  samples.map(({ image }) => image.id);

describe('fewShot', () => {
  test('takes that many samples of each class, none twice, in their order; test samples stay', () => {
    const few = fewShot(dataset, { shots: 16, random: createRandom(1) });
    const ids = idsOf(few.train);
    expect(ids).toHaveLength(16 + 16 + 3); // the class of three keeps its three
    expect(new Set(ids).size).toBe(35);
    const order = idsOf(dataset.train);
    expect(ids).toEqual(order.filter((id) => ids.includes(id)));
    expect(few.test).toBe(dataset.test);
  });

  test('depends on the seed and the class alone, not on the other classes', () => {
    const of = (seed: number, only: string) => {
      const train = dataset.train.filter(({ classId }) => classId.startsWith(only));
      return idsOf(fewShot({ ...dataset, train }, { shots: 5, random: createRandom(seed) }).train);
    };
    const all = of(1, '');
    expect(all.filter((id) => id.startsWith('many/1'))).toEqual(of(1, 'many/1'));
    expect(of(2, '')).not.toEqual(all);
  });

  test('every sample has the same chance', () => {
    // 600 seeds, 4 of 40: each sample is expected 60 times; 6 standard deviations are 44.
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 600; seed += 1) {
      const { train } = fewShot(dataset, { shots: 4, random: createRandom(seed) });
      for (const id of idsOf(train)) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    const many = [...counts].filter(([id]) => id.startsWith('many/0'));
    expect(many).toHaveLength(40);
    for (const [, count] of many) expect(Math.abs(count - 60)).toBeLessThan(44);
  });

  test('resamples a class of fewer samples with replacement, and only that one', () => {
    const options = { shots: 16, random: createRandom(1), fewer: 'resample' } as const;
    const { train } = fewShot(dataset, options);
    expect(train.filter(({ classId }) => classId === 'few')).toHaveLength(16);
    expect(new Set(idsOf(train)).size).toBeLessThanOrEqual(16 + 16 + 3);
    expect(train).toHaveLength(48);
  });

  test.each([0, -1, 1.5, Number.NaN])('refuses %d shots', async (shots) => {
    const error = await errorOf(() => fewShot(dataset, { shots, random: createRandom(1) }));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toContain(`shots is ${shots}, expected a whole number of at least 1`);
  });
});
