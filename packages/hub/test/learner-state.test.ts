import { assertState, stateSeed, stateTensor, type LearnerState } from '@cl/hub';
import { expect, test } from 'vitest';
import { errorOf } from './error-of.ts';

const state: LearnerState = {
  classes: [{ id: 'pets/cat', name: 'cat' }],
  experiences: 1,
  values: {},
  tensors: { sums: { dtype: 'float64', dims: [2, 3], data: new Float64Array(6) } },
};

test('gives the tensor that has the type and the shape', () => {
  const tensor = stateTensor('rail', state, 'sums', ['float32', 'float64'], [undefined, 3]);
  expect(tensor).toBe(state.tensors['sums']);
});

test.each([
  ['weights', [2, 3], /no tensor "weights", expected float64 \[2, 3\]/],
  ['sums', [2], /"sums" as float64 \[2, 3\] of 6 numbers, expected float64 \[2\]/],
  ['sums', [undefined, 4], /expected float64 \[any, 4\]/],
] as const)('refuses a tensor "%s" that is not %j', async (name, dims, sentence) => {
  const error = await errorOf(() => stateTensor('rail', state, name, ['float64'], dims));
  expect(error.code).toBe('CORRUPT_FILE');
  expect(error.message).toMatch(sentence);
});

test('refuses a tensor whose data do not fill its shape', async () => {
  const sums = { dtype: 'float64', dims: [2, 3], data: new Float64Array(5) } as const;
  const lying = { ...state, tensors: { sums } };
  const error = await errorOf(() => stateTensor('rail', lying, 'sums', ['float64'], [2, 3]));
  expect(error.message).toMatch(/of 5 numbers/);
});

test.each([
  [{ ...state, experiences: -1 }, /-1 experiences/],
  [{ ...state, experiences: 0.5 }, /0.5 experiences/],
  [{ ...state, experiences: 0 }, /1 classes after 0 experiences/],
])('refuses a state that contradicts itself', async (lying, sentence) => {
  const error = await errorOf(() => assertState('rail', lying));
  expect(error.code).toBe('CORRUPT_FILE');
  expect(error.message).toMatch(sentence);
  expect(() => assertState('rail', state)).not.toThrow();
});

test('gives the seed, and refuses a state without a whole one', async () => {
  expect(stateSeed('rail', { ...state, values: { seed: 7 } })).toBe(7);
  for (const [values, found] of [
    [{}, 'no seed'],
    [{ seed: '7' }, 'the seed "7"'],
    [{ seed: 1.5 }, 'the seed 1.5'],
  ] as const) {
    const error = await errorOf(() => stateSeed('rail', { ...state, values }));
    expect(error.code).toBe('CORRUPT_FILE');
    expect(error.message).toContain(`rail: the saved state has ${found}, expected an integer`);
  }
});
