import { meanAndDeviation, negativeFlipRate, positiveFlipRate, topKAccuracy } from '@cl/metrics';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const classes = ['a', 'b', 'c'].map((id) => ({ id, name: id }));
// Ranks by hand: row 1 is b, a, c; row 2 is c, b, a; row 3 ties b with c.
const values = Float32Array.of(0.3, 0.9, 0.1, -2, -1, 0, 0, 0.5, 0.5);

test('top-k accuracy counts true classes among the k largest scores', () => {
  const truth = ['a', 'a', 'c'];
  expect(topKAccuracy({ classes, values }, truth, 1)).toEqual({ accuracy: 0, k: 1, samples: 3 });
  expect(topKAccuracy({ classes, values }, truth, 2)!.accuracy).toBeCloseTo(2 / 3, 12);
});

test('equal scores rank in column order', () => {
  expect(topKAccuracy({ classes, values }, ['b', 'c', 'b'], 1)!.accuracy).toBe(1);
  expect(topKAccuracy({ classes, values }, ['b', 'c', 'c'], 1)!.accuracy).toBeCloseTo(2 / 3, 12);
});

test('top-k says which k it could use, and is 1 when every class fits', () => {
  expect(topKAccuracy({ classes, values }, ['a', 'b', 'c'], 5)).toEqual({
    accuracy: 1,
    k: 3,
    samples: 3,
  });
});

test('a true class that is no column counts as wrong', () => {
  expect(topKAccuracy({ classes, values }, ['z', 'c', 'b'], 3)!.accuracy).toBeCloseTo(2 / 3, 12);
});

test('top-k accuracy never falls as k grows and reaches 1 at k = C', () => {
  const row = fc.array(fc.double({ noNaN: true }), { minLength: 6, maxLength: 6 });
  const six = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => ({ id, name: id }));
  const rows = fc.array(fc.tuple(row, fc.constantFrom(...six)), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(rows, (samples) => {
      const scores = {
        classes: six,
        values: Float64Array.from(samples.flatMap(([r]) => r)),
      };
      const truth = samples.map(([, { id }]) => id);
      const curve = [1, 2, 5, 6].map((k) => topKAccuracy(scores, truth, k)!.accuracy);
      expect(curve).toEqual(curve.toSorted((x, y) => x - y));
      expect(curve.at(-1)).toBe(1);
    }),
  );
});

test('without rows or columns there is no accuracy', () => {
  expect(topKAccuracy({ classes, values: new Float32Array(0) }, [], 1)).toBeUndefined();
  expect(topKAccuracy({ classes: [], values: new Float32Array(0) }, ['a'], 1)).toBeUndefined();
});

test.each([
  [values, ['a'], 1, 'SHAPE_MISMATCH', /9 scores for 1 samples and 3 classes, expected 3/u],
  [Float32Array.of(0, 1, NaN), ['a'], 1, 'NON_FINITE', /row 0, column 2 is NaN/u],
  [values, ['a', 'b', 'c'], 0, 'INVALID_DATA', /k is 0, expected a whole number/u],
] as const)('top-k refuses malformed input %#', (scores, truth, k, code, message) => {
  expect(() => topKAccuracy({ classes, values: scores }, truth, k)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});

test('flip rates count what an update broke and what it mended', () => {
  const before = [true, true, false, false, true];
  const after = [true, false, true, true, true];
  expect(negativeFlipRate(before, after)).toBeCloseTo(1 / 5, 12);
  expect(positiveFlipRate(before, after)).toBeCloseTo(2 / 5, 12);
  expect(negativeFlipRate([], [])).toBeUndefined();
  expect(() => negativeFlipRate([true], [])).toThrow(
    expect.objectContaining({
      code: 'SHAPE_MISMATCH',
      message: expect.stringMatching(/1 answers before and 0 after/u),
    }),
  );
});

test('the difference of the flip rates is the change of accuracy', () => {
  const right = (answers: readonly boolean[]) => answers.filter(Boolean).length / answers.length;
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 1 }), (pairs) => {
      const before = pairs.map(([b]) => b);
      const after = pairs.map(([, a]) => a);
      const gain = positiveFlipRate(before, after)! - negativeFlipRate(before, after)!;
      expect(gain).toBeCloseTo(right(after) - right(before), 12);
    }),
  );
});

test('mean and deviation say which deviation they are', () => {
  // 2, 4, 4, 4, 5, 5, 7, 9: mean 5, squares 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32.
  const values8 = [2, 4, 4, 4, 5, 5, 7, 9];
  expect(meanAndDeviation(values8, 0)).toEqual({ mean: 5, deviation: 2, ddof: 0, n: 8 });
  expect(meanAndDeviation(values8, 1)).toEqual({
    mean: 5,
    deviation: Math.sqrt(32 / 7),
    ddof: 1,
    n: 8,
  });
});

test('one value has a population deviation of 0 and no sample deviation', () => {
  expect(meanAndDeviation([0.7], 0)).toEqual({ mean: 0.7, deviation: 0, ddof: 0, n: 1 });
  expect(meanAndDeviation([0.7], 1)).toEqual({ mean: 0.7, deviation: undefined, ddof: 1, n: 1 });
});

test('a mean over seeds is not available when one seed is not', () => {
  expect(meanAndDeviation([0.7, undefined], 0)).toBeUndefined();
  expect(meanAndDeviation([], 0)).toBeUndefined();
});

test('mean and deviation refuse NaN and other degrees of freedom', () => {
  expect(() => meanAndDeviation([0.7, Number.NaN], 0)).toThrow(
    expect.objectContaining({
      code: 'NON_FINITE',
      message: expect.stringMatching(/value 1 is NaN/u),
    }),
  );
  expect(() => meanAndDeviation([0.7], 2 as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_DATA', message: expect.stringMatching(/ddof is 2/u) }),
  );
});
