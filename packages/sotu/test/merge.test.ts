import { isClError, type ClError } from '@cl/hub';
import { DeltaMerge, mergeRules, type MergeOptions, type MergeRuleName } from '@cl/sotu';
import { describe, expect, test } from 'vitest';
import { deltaOf, normals, vectorMask } from './support/deltas.ts';

const n = 400;
const base = normals('theta0', n);
const deltas = [0, 1, 2].map((task) =>
  deltaOf(task, normals(`delta ${task}`, n), vectorMask(n, 0.4)),
);
const names = Object.keys(mergeRules) as MergeRuleName[];

function options(rule: MergeRuleName, more: Partial<MergeOptions> = {}): MergeOptions {
  return { rule, keep: 'deltas', base: 'theta0', parameters: new Map([['w', n]]), ...more };
}

/** Deltas that carry importances, for the rule that asks for them. */
const weighed = deltas.map((delta) => {
  const { values, ...rest } = delta.parameters.get('w')!;
  const importance = normals(`importance ${delta.task}`, values.length).map((x) => x * x + 0.1);
  return { ...delta, parameters: new Map([['w', { ...rest, values, importance }]]) };
});

function expectClose(actual: Float32Array, expected: Float32Array, tolerance = 1e-6): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((x, i) => {
    expect(Math.abs(x - expected[i]!)).toBeLessThanOrEqual(tolerance);
  });
}

/** Merged deltas computed coordinate by coordinate from the definitions, dense. */
function byHand(rule: MergeRuleName): Float32Array {
  const dense = weighed.map((delta) => {
    const [full, weight] = [new Float32Array(n), new Float32Array(n)];
    const part = delta.parameters.get('w')!;
    const one = DeltaMerge.of(options('sum'), [delta]).delta('w');
    full.set(one);
    let k = 0;
    for (let i = 0; i < n; i += 1) if (one[i] !== 0) weight[i] = part.importance[k++]!;
    return { full, weight };
  });
  const dot = (a: Float32Array, b: Float32Array): number => a.reduce((s, x, i) => s + x * b[i]!, 0);
  const cos = (a: Float32Array, b: Float32Array): number =>
    dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  const shares = dense.map(
    ({ full }) => 1 / dense.reduce((sum, other) => sum + Math.max(0, cos(full, other.full)), 0),
  );
  return Float32Array.from({ length: n }, (_, i) => {
    const values = dense.map(({ full }) => full[i]!);
    const weights = dense.map(({ weight }) => weight[i]!);
    const sum = (xs: readonly number[]): number => xs.reduce((s, x) => s + x, 0);
    switch (rule) {
      case 'sum':
        return sum(values);
      case 'similarity':
        return sum(values.map((x, t) => x * shares[t]!));
      case 'importance':
        return sum(weights) === 0 ? 0 : sum(values.map((x, t) => x * weights[t]!)) / sum(weights);
      case 'magmax':
        return values.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
      case 'ties': {
        const elected = values.filter((x) => x !== 0 && x > 0 === sum(values) > 0);
        return elected.length === 0 ? 0 : sum(elected) / elected.length;
      }
    }
  });
}

describe.each(names)('merge rule %s', (rule) => {
  test('gives what its definition gives', () => {
    expectClose(DeltaMerge.of(options(rule), weighed).delta('w'), byHand(rule));
  });

  test('task by task gives the bits of all at once', () => {
    const all = DeltaMerge.of(options(rule), weighed);
    let merge = DeltaMerge.of(options(rule));
    for (const delta of weighed) merge = merge.with(delta);
    expect(merge.delta('w')).toEqual(all.delta('w'));
    expect(merge.tasks).toBe(3);
  });

  test('does not depend on the order of tasks, to rounding', () => {
    const [a, b] = [weighed, weighed.toReversed()].map((order) =>
      DeltaMerge.of(options(rule), order).delta('w'),
    );
    expectClose(a!, b!);
  });

  test('with deltas kept, gives a task back as if it had never joined', () => {
    const merge = DeltaMerge.of(options(rule), weighed).without(weighed[1]!);
    expect(merge.delta('w')).toEqual(
      DeltaMerge.of(options(rule), [weighed[0]!, weighed[2]!]).delta('w'),
    );
  });

  test('adding a task leaves the merge it was added to alone', () => {
    const one = DeltaMerge.of(options(rule), [weighed[0]!]);
    const before = one.delta('w');
    one.with(weighed[1]!);
    expect(one.delta('w')).toEqual(before);
  });
});

describe('what is kept without deltas', () => {
  test.each(names.filter((name) => mergeRules[name].weights === undefined))(
    'by rule %s is enough to go on',
    (rule) => {
      const whole = DeltaMerge.of(options(rule), weighed).delta('w');
      const kept = options(rule, { keep: 'merged' });
      const two = DeltaMerge.of(kept, weighed.slice(0, 2));
      const resumed = DeltaMerge.fromSums(kept, two.tasks, two.sums).with(weighed[2]!);
      expect(resumed.delta('w')).toEqual(whole);
      expect(resumed.deltas).toEqual([]);
    },
  );

  test.each(names.filter((name) => mergeRules[name].remove !== undefined))(
    'rule %s subtracts a task, to rounding',
    (rule) => {
      const merge = DeltaMerge.of(options(rule, { keep: 'merged' }), deltas).without(deltas[1]!);
      const rest = DeltaMerge.of(options(rule), [deltas[0]!, deltas[2]!]);
      expectClose(merge.delta('w'), rest.delta('w'));
    },
  );

  test('a rule that cannot subtract says which can', () => {
    const merge = DeltaMerge.of(options('magmax', { keep: 'merged' }), deltas);
    const error = caught(() => merge.without(deltas[0]!));
    expect(error.code).toBe('NOT_SUPPORTED');
    expect(error.message).toBe(
      'sotu: merge rule "magmax" cannot take a task out of what it remembers, expected a rule that can: sum, ties. ' +
        'Or set keep to "deltas", where every rule can.',
    );
  });

  test('a rule that weighs by all deltas wants them kept', () => {
    const error = caught(() => DeltaMerge.of(options('similarity', { keep: 'merged' })));
    expect(error.code).toBe('NOT_SUPPORTED');
    expect(error.message).toBe(
      'sotu: merge rule "similarity" weighs each delta by all others, expected them to be kept. Set keep to "deltas", or ' +
        'use a rule that goes on from its sums: sum, importance, ties, magmax.',
    );
  });
});

describe('the merged model', () => {
  test('is θ₀ when p is 1', () => {
    const none = deltaOf(0, normals('delta 0', n), vectorMask(n, 0));
    expect(DeltaMerge.of(options('sum'), [none]).merged('w', base)).toEqual(base);
  });

  test('is task arithmetic when p is 0', () => {
    const dense = [0, 1].map((task) => normals(`delta ${task}`, n));
    const merge = DeltaMerge.of(
      options('sum', { coefficient: 0.3 }),
      dense.map((values, task) => deltaOf(task, values)),
    );
    const expected = base.map((x, i) => x + 0.3 * (dense[0]![i]! + dense[1]![i]!));
    expectClose(merge.merged('w', base), expected);
  });

  test('is θ₁ after one task with p = 0, up to rounding of θ₀ + (θ₁ − θ₀)', () => {
    const tuned = normals('theta1', n);
    const delta = deltaOf(
      0,
      tuned.map((x, i) => x - base[i]!),
    );
    expectClose(DeltaMerge.of(options('sum'), [delta]).merged('w', base), tuned, 1e-6);
  });

  test('averages equal deltas and adds orthogonal ones by similarity', () => {
    const one = normals('delta 0', n);
    const twice = [deltaOf(0, one), deltaOf(1, one)];
    expectClose(DeltaMerge.of(options('similarity'), twice).delta('w'), one);
    const halves = [0, 0.5].map((taken, t) => deltaOf(t, one, vectorMask(n, 0.5, taken)));
    expectClose(DeltaMerge.of(options('similarity'), halves).delta('w'), one);
  });
});

describe('deltas that do not belong together', () => {
  test('from different θ₀ are refused', () => {
    const stranger = deltaOf(1, normals('delta 1', n), vectorMask(n, 1), {
      base: 'another-theta0',
    });
    const error = caught(() => DeltaMerge.of(options('sum'), [deltas[0]!, stranger]));
    expect(error.code).toBe('INVALID_DATA');
    expect(error.message).toBe(
      'sotu: task 1 was fine-tuned from θ₀ another-thet…, expected theta0…. Deltas add up only where they start from the ' +
        'same weights: learn the task again on this backbone.',
    );
  });

  test('of other sizes are refused', () => {
    const error = caught(() => DeltaMerge.of(options('sum'), [deltaOf(0, normals('short', 7))]));
    expect(error.code).toBe('SHAPE_MISMATCH');
    expect(error.message).toContain('task 0 has 7 numbers for "w", expected 400.');
  });

  test('without importance are refused by the rule that weighs by it', () => {
    const error = caught(() => DeltaMerge.of(options('importance'), deltas));
    expect(error.code).toBe('INVALID_DATA');
    expect(error.message).toContain('task 0 was learned without any.');
  });

  test('a task that never joined cannot be taken out', () => {
    const merge = DeltaMerge.of(options('sum'), deltas.slice(0, 2));
    const error = caught(() => merge.without(deltas[2]!));
    expect(error.code).toBe('NOT_FOUND');
    expect(error.message).toContain('task 2 is to be taken out, expected one of 0, 1.');
  });
});

function caught(work: () => unknown): ClError {
  try {
    work();
  } catch (error) {
    if (isClError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
