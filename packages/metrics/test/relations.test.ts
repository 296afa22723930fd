import {
  accuracyFromRecord,
  average,
  averageForgetting,
  averageForgettingIncludingFinal,
  cumulativeAverageAccuracy,
  finalAverageAccuracy,
  finalStepAccuracy,
  last,
  meanStepAccuracy,
  transfer,
} from '@cl/metrics';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const square = fc
  .integer({ min: 2, max: 6 })
  .chain((n) =>
    fc.array(fc.array(share, { minLength: n, maxLength: n }), { minLength: n, maxLength: n }),
  );

test('with tests of equal size, sample weights and task weights agree', () => {
  fc.assert(
    fc.property(square, fc.integer({ min: 1, max: 1000 }), (accuracy, size) => {
      const sizes = accuracy.map(() => size);
      expect(finalStepAccuracy(accuracy, sizes)).toBeCloseTo(finalAverageAccuracy(accuracy)!, 10);
      expect(meanStepAccuracy(accuracy, sizes)).toBeCloseTo(
        cumulativeAverageAccuracy(accuracy)!,
        10,
      );
    }),
  );
});

test('forgetting with the final row in the maximum is never negative nor below the one without', () => {
  fc.assert(
    fc.property(square, (accuracy) => {
      const including = averageForgettingIncludingFinal(accuracy)!;
      expect(including).toBeGreaterThanOrEqual(0);
      expect(including).toBeGreaterThanOrEqual(averageForgetting(accuracy)! - 1e-12);
    }),
  );
});

test('a model that never changes transfers its mean over the domains after the first', () => {
  fc.assert(
    fc.property(fc.array(share, { minLength: 2, maxLength: 6 }), (row) => {
      const mean = row.slice(1).reduce((a, b) => a + b, 0) / (row.length - 1);
      expect(transfer(row.map(() => row))).toBeCloseTo(mean, 10);
    }),
  );
});

// Accuracies and summaries as RAIL's published code computes them (commit eaac644, seed 3).
const rail = JSON.parse(
  readFileSync(new URL('fixtures/rail-case.json', import.meta.url), 'utf8'),
) as {
  readonly accuracy: Readonly<Record<string, (number | null)[][]>>;
  readonly summary: Readonly<
    Record<string, Readonly<Record<'transfer' | 'average' | 'last', number>>>
  >;
};

test.each(Object.entries(rail.summary))("agrees with RAIL's own summary of %s", (name, summary) => {
  const accuracy = accuracyFromRecord(rail.accuracy[name]!);
  expect(transfer(accuracy)).toBeCloseTo(summary.transfer, 12);
  expect(average(accuracy)).toBeCloseTo(summary.average, 12);
  expect(last(accuracy)).toBeCloseTo(summary.last, 12);
});

test.each(['primal_adapter', 'dual_adapter'])(
  "%s, evaluated on the lower triangle only, has a Last but no Transfer (RAIL's code would say 0)",
  (name) => {
    const accuracy = accuracyFromRecord(rail.accuracy[name]!);
    expect(accuracy[0]![1]).toBeUndefined();
    expect(last(accuracy)).toBe(1);
    expect(transfer(accuracy)).toBeUndefined();
    expect(average(accuracy)).toBeUndefined();
  },
);
