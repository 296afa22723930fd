import { ClError, createRegistry, resolveOptions } from '@cl/hub';
import { metrics } from '@cl/metrics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

// Which evaluations of a 3×3 matrix each definition reads, written out: 1 is read, 0 is not.
const reads: Record<string, readonly string[]> = {
  transfer: ['011', '001', '000'],
  average: ['111', '111', '111'],
  last: ['000', '000', '111'],
  'final-average-accuracy': ['000', '000', '111'],
  'cumulative-average-accuracy': ['100', '110', '111'],
  'final-step-accuracy': ['000', '000', '111'],
  'mean-step-accuracy': ['100', '110', '111'],
  'average-forgetting': ['100', '110', '110'],
  'average-forgetting-including-final': ['100', '110', '110'],
  'running-forgetting': ['100', '110', '110'],
  'backward-transfer': ['100', '010', '110'],
  'forward-transfer': ['010', '001', '000'],
};

const input = {
  accuracy: [
    [0.9, 0.1, 0.3],
    [0.7, 0.8, 0.4],
    [0.6, 0.7, 0.5],
  ],
  testSizes: [10, 30, 60],
  baseline: [0.2, 0.2, 0.2],
};

test('every metric has a row in the table', () => {
  expect(metrics.map(({ name }) => name)).toEqual(Object.keys(reads));
});

describe.each(metrics)('$name', (metric) => {
  test('is not available when an evaluation that it reads is missing, and only then', () => {
    const found = input.accuracy.map((row, i) =>
      row
        .map((_, j) => {
          const accuracy = input.accuracy.map((r) => [...r] as (number | undefined)[]);
          accuracy[i]![j] = undefined;
          return metric.compute({ ...input, accuracy }) === undefined ? '1' : '0';
        })
        .join(''),
    );
    expect(found).toEqual(reads[metric.name]);
  });

  test('is in its range and finite on every full matrix', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const square = fc
      .integer({ min: 2, max: 6 })
      .chain((n) =>
        fc.array(fc.array(share, { minLength: n, maxLength: n }), { minLength: n, maxLength: n }),
      );
    fc.assert(
      fc.property(square, (accuracy) => {
        const value = metric.compute({
          accuracy,
          testSizes: accuracy.map((_, i) => i + 1),
          baseline: accuracy.map(() => 0.5),
        })!;
        expect(value).toBeGreaterThanOrEqual(-1 - 1e-12);
        expect(value).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });

  test('of a constant matrix is the constant, or 0 for differences', () => {
    const isDifference = /forgetting|transfer/u.test(metric.name) && metric.name !== 'transfer';
    const accuracy = [0.7, 0.7, 0.7].map((c) => [c, c, c]);
    const value = metric.compute({ accuracy, testSizes: [5, 1, 9], baseline: [0.7, 0.7, 0.7] });
    expect(value).toBeCloseTo(isDifference ? 0 : 0.7, 12);
  });

  test('is not available before anything was learned', () => {
    expect(metric.compute({ accuracy: [], testSizes: [], baseline: [] })).toBeUndefined();
  });

  test('refuses a row that ends before its own task', () => {
    const call = () => metric.compute({ ...input, accuracy: [[0.9], [0.7]] });
    expect(call).toThrow(
      expect.objectContaining({
        code: 'SHAPE_MISMATCH',
        message: expect.stringMatching(
          /row 1 has 1 accuracies, expected at least 2 \(tasks 0 to 1\)\. Put undefined/u,
        ),
      }),
    );
  });

  test.each([
    [Number.NaN, 'NON_FINITE', /accuracy \[0\]\[0\] is NaN.*Use undefined for what was not/u],
    [70, 'INVALID_DATA', /accuracy \[0\]\[0\] is 70.*Divide percentages by 100/u],
    [-0.1, 'INVALID_DATA', /is -0\.1, expected a share in \[0, 1\]/u],
  ])('refuses an accuracy of %s', (value, code, message) => {
    const call = () => metric.compute({ ...input, accuracy: [[value]] });
    expect(call).toThrow(ClError);
    expect(call).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  test('takes no options', async () => {
    await expect(resolveOptions(metric)).resolves.toEqual({});
    await expect(resolveOptions(metric, { k: 5 })).rejects.toMatchObject({
      code: 'UNKNOWN_OPTION',
    });
  });
});

test('the schema of a metric refuses values that are no empty object', async () => {
  const { validate } = metrics[0]!.schema['~standard'];
  expect((await validate({ k: 1 })).issues).toHaveLength(1);
  expect((await validate('k')).issues).toHaveLength(1);
});

test('a registry finds them by name and suggests the nearest', () => {
  const registry = createRegistry(...metrics);
  expect(registry.get('metric', 'last').label).toBe('Last');
  expect(() => registry.get('metric', 'avarage')).toThrow(/did you mean "average"/u);
});

test('without a baseline there is no forward transfer', () => {
  const forward = metrics.find(({ name }) => name === 'forward-transfer')!;
  expect(forward.compute({ accuracy: input.accuracy, testSizes: [] })).toBeUndefined();
  expect(forward.compute(input)).toBeCloseTo((0.1 - 0.2 + (0.4 - 0.2)) / 2, 12);
});

test.each([
  ['forward-transfer', { baseline: [0.2] }, 'SHAPE_MISMATCH', /baseline of 1 tasks for 3/u],
  ['forward-transfer', { baseline: [0, 1, 2] }, 'INVALID_DATA', /baseline \[2\] is 2/u],
  ['mean-step-accuracy', { testSizes: [1] }, 'SHAPE_MISMATCH', /1 test sizes for 3 tasks/u],
  [
    'final-step-accuracy',
    { testSizes: [1, 0, 1] },
    'INVALID_DATA',
    /task 1 is 0, expected a whole/u,
  ],
] as const)('%s refuses %o', (name, change, code, message) => {
  const metric = metrics.find((m) => m.name === name)!;
  expect(() => metric.compute({ ...input, ...change })).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});
