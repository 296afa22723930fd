import { createRandom, type LearnerState, type Matrix, type Tensor } from '@cl/hub';
import { ClassStatistics } from '@cl/training';
import { describe, expect, test } from 'vitest';

const matrix = (cols: number, ...data: number[]): Matrix<Float64Array> => ({
  rows: data.length / cols,
  cols,
  data: Float64Array.from(data),
});

/** 40 rows of 5 features far from 0, where a naive Σx² − (Σx)²/n would lose its digits; three classes. */
const random = createRandom('features');
const far = matrix(5, ...Array.from({ length: 200 }, (_, i) => 1e6 * (i % 5) + random.normal()));
const labels = Int32Array.from({ length: 40 }, () => random.integer(3));

/** A state with so many classes. */
function stateOf(count: number, tensors: Record<string, Tensor>): LearnerState {
  const classes = Array.from({ length: count }, (_, i) => ({ id: `c${i}`, name: `c${i}` }));
  return { classes, experiences: 1, values: {}, tensors };
}

describe('class statistics', () => {
  test('are means and population variances, by hand', () => {
    const statistics = new ClassStatistics(2);
    statistics.add(matrix(2, 1, 10, 3, 10, 5, 40), [0, 0, 1]);
    expect(statistics.classes).toBe(2);
    expect([statistics.count(0), statistics.count(1), statistics.count(7)]).toEqual([2, 1, 0]);
    expect([...statistics.mean(0)]).toEqual([2, 10]);
    expect([...statistics.variance(0)]).toEqual([1, 0]); // ((1 − 2)² + (3 − 2)²) / 2
    expect([...statistics.mean(1)]).toEqual([5, 40]);
    expect([...statistics.variance(1)]).toEqual([0, 0]); // one sample has no spread
  });

  test('equal the two-pass formula, one row at a time or all at once', () => {
    const [whole, single] = [new ClassStatistics(5), new ClassStatistics(5)];
    whole.add(far, labels);
    for (let i = 0; i < 40; i += 1) {
      single.add(matrix(5, ...far.data.subarray(5 * i, 5 * i + 5)), [labels[i]!]);
    }
    for (const c of [0, 1, 2]) {
      const rows = [...labels.keys()].filter((i) => labels[i] === c);
      expect(rows.length).toBeGreaterThan(5);
      for (let k = 0; k < 5; k += 1) {
        const xs = rows.map((i) => far.data[5 * i + k]!);
        const mean = xs.reduce((a, b) => a + b) / xs.length;
        const variance = xs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / xs.length;
        // Means near 4e6 have an ulp of 5e-10, deviations are near 1.
        expect(Math.abs(whole.mean(c)[k]! - mean)).toBeLessThan(1e-8);
        expect(Math.abs(whole.variance(c)[k]! - variance)).toBeLessThan(1e-8);
      }
      expect(single.mean(c)).toEqual(whole.mean(c));
      expect(single.variance(c)).toEqual(whole.variance(c));
    }
  });

  test('of samples drawn from them come back to them', () => {
    const statistics = new ClassStatistics(2);
    statistics.add(matrix(2, -1, 7, 3, 7), [0, 0]); // mean 1 and 7, variance 4 and 0
    const count = 20_000;
    const drawn = statistics.sample(0, count, createRandom('draw'), { addedVariance: 1e-4 });
    expect([drawn.rows, drawn.cols]).toEqual([count, 2]);
    const back = new ClassStatistics(2);
    back.add(drawn, new Int32Array(count));
    // Means deviate by σ/√n = 0.014 and 7e-5, variances by σ²√(2/n) = 0.04 and 1e-6: four of each.
    expect(Math.abs(back.mean(0)[0]! - 1)).toBeLessThan(0.057);
    expect(Math.abs(back.mean(0)[1]! - 7)).toBeLessThan(3e-4);
    expect(Math.abs(back.variance(0)[0]! - 4.0001)).toBeLessThan(0.16);
    expect(Math.abs(back.variance(0)[1]! - 1e-4)).toBeLessThan(4e-6);
  });

  test('draw the same samples from the same seed, and the mean itself where there is no variance', () => {
    const statistics = new ClassStatistics(2);
    statistics.add(matrix(2, 1, 2, 3, 2), [0, 0]);
    const draw = (): Matrix => statistics.sample(0, 3, createRandom('draw'));
    expect(draw()).toEqual(draw());
    expect([...draw().data].filter((_, i) => i % 2 === 1)).toEqual([2, 2, 2]);
  });

  test('are cloned: what is added to one does not reach the other', () => {
    const statistics = new ClassStatistics(2);
    statistics.add(matrix(2, 1, 2), [0]);
    const clone = statistics.clone();
    clone.add(matrix(2, 5, 6, 1, 1), [0, 1]);
    expect([...statistics.mean(0)]).toEqual([1, 2]);
    expect([statistics.classes, clone.classes]).toEqual([1, 2]);
    expect([...clone.mean(0)]).toEqual([3, 4]);
  });

  test('are saved and restored to the bit, classes without samples too', () => {
    const statistics = new ClassStatistics(5);
    statistics.add(
      far,
      labels.map((c) => (c === 1 ? 3 : c)),
    );
    const state = stateOf(4, statistics.toTensors());
    const back = ClassStatistics.restore('test', state, 5);
    expect(back.toTensors()).toEqual(statistics.toTensors());
    expect(back.count(1)).toBe(0);
    back.add(far, labels);
    statistics.add(far, labels);
    expect(back.toTensors()).toEqual(statistics.toTensors());
  });
});

describe('bad input', () => {
  const statistics = new ClassStatistics(2);
  statistics.add(matrix(2, 1, 2), [1]);
  const before = statistics.toTensors();
  const refused = (act: () => unknown, code: string, message: string): void => {
    expect(act).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
    expect(statistics.toTensors()).toEqual(before);
  };

  test('a class without samples has no mean, variance or samples', () => {
    for (const label of [0, 2]) {
      const message = `class ${label} has no samples, expected at least one`;
      refused(() => statistics.mean(label), 'EMPTY_CLASS', message);
      refused(() => statistics.variance(label), 'EMPTY_CLASS', message);
      refused(() => statistics.sample(label, 1, createRandom(1)), 'EMPTY_CLASS', message);
    }
  });

  test('rows that do not fit or are no numbers are refused whole', () => {
    refused(
      () => statistics.add(matrix(3, 1, 2, 3), [0]),
      'SHAPE_MISMATCH',
      '1 rows of 3 features',
    );
    refused(() => statistics.add(matrix(2, 1, 2), [0, 1]), 'SHAPE_MISMATCH', 'with 2 labels');
    refused(() => statistics.add(matrix(2, 1, 2, 3, NaN), [0, 0]), 'NON_FINITE', 'row 1 holds NaN');
    refused(() => statistics.add(matrix(2, 1, 2, 3, 4), [0, -1]), 'UNKNOWN_CLASS', 'the label -1');
  });

  test('a saved state that cannot be is refused', () => {
    const tensors = statistics.toTensors();
    const corrupt = (change: Record<string, Tensor>, message: string): void => {
      expect(() =>
        ClassStatistics.restore('test', stateOf(2, { ...tensors, ...change }), 2),
      ).toThrow(
        expect.objectContaining({
          code: 'CORRUPT_FILE',
          message: expect.stringContaining(message),
        }),
      );
    };
    const squares = { dtype: 'float64', dims: [2, 2], data: Float64Array.of(0, 0, 0, -1) } as const;
    corrupt({ 'statistics.squares': squares }, 'hold negative counts or squares');
    const one = { dtype: 'int32', dims: [1], data: Int32Array.of(1) } as const;
    corrupt({ 'statistics.counts': one }, 'expected int32 [2]');
  });
});
