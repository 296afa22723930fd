import { holm, pairedTest } from '@cl/report';
import { describe, expect, test } from 'vitest';

/** Differences with a mean of 1 and the t that is asked for: n values around 1. */
function withT(t: number, n: number): { a: number[]; b: number[] } {
  const shape = Array.from({ length: n }, (_, k) => k - (n - 1) / 2);
  const spread = Math.sqrt(shape.reduce((sum, x) => sum + x * x, 0) / (n - 1));
  const deviation = Math.sqrt(n) / t; // t = 1 / (deviation / √n)
  return { a: shape.map((x) => 10 + 1 + (x / spread) * deviation), b: shape.map(() => 10) };
}

describe('the paired t-test', () => {
  // p = I_{ν/(ν+t²)}(ν/2, 1/2), the regularized incomplete beta function, by mpmath 1.3 with 30 digits.
  test.each([
    { t: 12.7, degrees: 1, p: 0.0500243276893441 },
    { t: 4.303, degrees: 2, p: 0.0499925249852146 },
    { t: 1.5, degrees: 1, p: 0.374334083621998 },
    { t: 0.3, degrees: 3, p: 0.783763292039919 },
    { t: 2.776, degrees: 4, p: 0.0500227783199764 },
    { t: 6.2, degrees: 9, p: 0.000158865832777985 },
    { t: 2, degrees: 30, p: 0.0546250449629831 },
  ])('gives p = $p for t = $t with $degrees degrees of freedom', ({ t, degrees, p }) => {
    const { a, b } = withT(t, degrees + 1);
    const found = pairedTest(a, b);
    expect(found.t).toBeCloseTo(t, 9);
    expect(found.p).toBeCloseTo(p, 11);
    expect(pairedTest(b, a).p).toBe(found.p);
  });

  test('has an interval that touches zero exactly when p is 0.05', () => {
    const { a, b } = withT(4.302652729911275, 3); // the 0.975 quantile of 2 degrees of freedom
    const { low, high, p, difference } = pairedTest(a, b);
    expect(p).toBeCloseTo(0.05, 10);
    expect(low).toBeCloseTo(0, 10);
    expect(high).toBeCloseTo(2 * difference, 10);
  });

  test('gains from pairing: what both share does not count as chance', () => {
    const shared = [0.2, 0.9, 0.5, 0.7];
    const better = shared.map((value, k) => value + 0.02 + 0.001 * k);
    expect(pairedTest(better, shared).p).toBeLessThan(0.001);
  });

  test('tests nothing with one seed, nor when the difference is the same in all', () => {
    expect(pairedTest([0.7], [0.5])).toMatchObject({ n: 1, p: null, low: null, deviation: null });
    const same = pairedTest([0.7, 0.8, 0.9], [0.6, 0.7, 0.8]);
    expect(same).toMatchObject({ n: 3, p: null, t: null });
    expect(same.difference).toBeCloseTo(0.1, 12);
  });
});

test("Holm's correction multiplies by the number of tests left, and never lets a larger p overtake", () => {
  // Worked by hand: 0.01·4, 0.02·3, max(0.06, 0.021·2), 0.5·1; what was not tested stays so.
  expect(holm([0.02, null, 0.5, 0.01, 0.021])).toEqual([
    expect.closeTo(0.06, 12),
    null,
    0.5,
    expect.closeTo(0.04, 12),
    expect.closeTo(0.06, 12),
  ]);
  expect(holm([0.6, 0.9])).toEqual([1, 1]);
  expect(holm([])).toEqual([]);
});
