import {
  cosine,
  DeltaMerge,
  extentsOf,
  maskDelta,
  overlapsOf,
  wholeProducts,
  type TaskDelta,
} from '@cl/sotu';
import { describe, expect, test } from 'vitest';
import { deltaOf, normals, vectorMask } from './support/deltas.ts';

const n = 200_000;
const layers = new Map([['w', 0]]);
// Two deltas with a cosine of about 0.6, as in the simulation of papers §3.4.
const common = normals('common', n);
const [a, b] = ['a', 'b'].map((label) => {
  const own = normals(label, n);
  return own.map((x, i) => Math.sqrt(0.4) * x + Math.sqrt(0.6) * common[i]!);
}) as [Float32Array, Float32Array];

function cosineOf(x: TaskDelta, y: TaskDelta): number {
  const { product } = overlapsOf(x, y, layers)[0]!;
  const [s, t] = [x, y].map((delta) => extentsOf(delta, layers)[0]!.square);
  return cosine(product, s!, t!)!;
}

const whole = cosineOf(deltaOf(0, a), deltaOf(1, b));

describe('independent masks', () => {
  test.each([0.1, 0.5, 0.9])('that keep %s scale the cosine by as much', (keep) => {
    const masked = cosineOf(deltaOf(0, a, vectorMask(n, keep)), deltaOf(1, b, vectorMask(n, keep)));
    expect(whole).toBeCloseTo(0.6, 2);
    expect(Math.abs(masked - keep * whole)).toBeLessThan(0.01); // four standard errors of a cosine, 4/√n
  });

  test('collide at q² of the coordinates', () => {
    const [first, second] = [0, 1].map((task) => deltaOf(task, a, vectorMask(n, 0.3)));
    const { shared } = overlapsOf(first!, second!, layers)[0]!;
    expect(Math.abs(shared / n - 0.09)).toBeLessThan(4 * Math.sqrt((0.09 * 0.91) / n));
  });

  test('rescaled leave the cosine alone', () => {
    const scaled = [a, b].map((dense, t) =>
      deltaOf(t, dense, vectorMask(n, 0.5), { scale: 2 }),
    ) as [TaskDelta, TaskDelta];
    const plain = [a, b].map((dense, t) => deltaOf(t, dense, vectorMask(n, 0.5))) as typeof scaled;
    expect(cosineOf(...scaled)).toBeCloseTo(cosineOf(...plain), 6);
  });
});

test('disjoint masks make the inner product exactly 0 and the squares add up', () => {
  const parts = [0, 1, 2, 3].map((task) =>
    deltaOf(task, task % 2 === 0 ? a : b, vectorMask(n, 0.25, task / 4)),
  );
  for (const [t, x] of parts.entries()) {
    for (const y of parts.slice(0, t)) {
      expect(overlapsOf(x, y, layers)).toEqual([{ product: 0, shared: 0 }]);
    }
  }
  const options = {
    rule: 'sum',
    keep: 'deltas',
    base: 'theta0',
    parameters: new Map([['w', n]]),
  } as const;
  const merged = DeltaMerge.of(options, parts).delta('w');
  const square = merged.reduce((sum, x) => sum + x * x, 0);
  const apart = parts.reduce((sum, delta) => sum + extentsOf(delta, layers)[0]!.square, 0);
  expect(square / apart).toBeCloseTo(1, 9);
});

test('a masked and rescaled delta is δ in the mean over many seeds', () => {
  const small = normals('small', 50);
  const mean = new Float64Array(50);
  const draws = 4000;
  for (let seed = 0; seed < draws; seed += 1) {
    const delta = deltaOf(0, small, vectorMask(50, 0.25), { seed, scale: 4 });
    const options = {
      rule: 'sum',
      keep: 'deltas',
      base: 'theta0',
      parameters: new Map([['w', 50]]),
    } as const;
    DeltaMerge.of(options, [delta])
      .delta('w')
      .forEach((x, i) => {
        mean[i]! += x / draws;
      });
  }
  // Variance of one draw: δ² (1 − q)/q = 3 δ²; 4.5 standard errors, for the largest of 50.
  mean.forEach((x, i) => {
    expect(Math.abs(x - small[i]!)).toBeLessThan(4.5 * Math.abs(small[i]!) * Math.sqrt(3 / draws));
  });
});

describe('the product of whole deltas', () => {
  test('is estimated from what is kept of the earlier one', () => {
    const earlier = deltaOf(0, a, vectorMask(n, 0.1), { scale: 10 });
    const [estimate] = wholeProducts(new Map([['w', b]]), earlier, layers, () => 10);
    const exact = a.reduce((sum, x, i) => sum + x * b[i]!, 0);
    expect(Math.abs(estimate! / exact - 1)).toBeLessThan(0.05);
  });

  test('is exact when all is kept', () => {
    const [product] = wholeProducts(new Map([['w', b]]), deltaOf(0, a), layers, () => 1);
    expect(product! / a.reduce((sum, x, i) => sum + x * b[i]!, 0)).toBeCloseTo(1, 9);
  });
});

test('layers are told apart', () => {
  const owner = (parameter: string) => ({ seed: 1, task: 0, parameter });
  const delta: TaskDelta = {
    base: 'theta0',
    seed: 1,
    task: 0,
    parameters: new Map([
      ['early', maskDelta(owner('early'), Float32Array.of(3, 4), vectorMask(2, 1))],
      ['late', maskDelta(owner('late'), Float32Array.of(2), vectorMask(1, 1))],
    ]),
  };
  const blocks = new Map([
    ['early', 0],
    ['late', 1],
  ]);
  expect(extentsOf(delta, blocks)).toEqual([
    { square: 25, kept: 2, all: 2 },
    { square: 4, kept: 1, all: 1 },
  ]);
});

test('a delta of zeros has no direction', () => {
  expect(cosine(0, 0, 1)).toBeNull();
});
