import { fuse, inDistribution } from '@cl/zero-shot';
import { expect, test } from 'vitest';
import { errorOf } from './errors.ts';

// Three images, three classes of which the first two were learned (in the other order).
const z = {
  rows: 3,
  cols: 3,
  data: Float32Array.of(0.7, 0.2, 0.1, 0.1, 0.3, 0.6, 0.3, 0.25, 0.45),
};
const learned = [true, true, false];
const columns = [1, 0, -1];
const adapter = { rows: 1, cols: 2, data: Float64Array.of(0.25, 1.5) };

test('by argmax, an image is in distribution when its likeliest class was learned', () => {
  expect(inDistribution(z, learned)).toEqual([0]);
});

test('by mass, when the learned classes hold at least half of the probability', () => {
  expect(inDistribution(z, learned, 'mass')).toEqual([0, 2]);
});

test('of equally likely classes the first decides', () => {
  const tie = { rows: 2, cols: 2, data: Float32Array.of(0.5, 0.5, 0.5, 0.5) };
  expect(inDistribution(tie, [true, false])).toEqual([0, 1]);
  expect(inDistribution(tie, [false, true])).toEqual([]);
});

test('mixes rows in distribution and leaves the others alone to the bit', () => {
  const { values, sources } = fuse(z, [0], adapter, columns, { adapterWeight: 0.8 });
  expect(sources).toEqual(['fused', 'zero-shot', 'zero-shot']);
  expect(values.data[0]).toBeCloseTo(0.2 * 0.7 + 0.8 * 1.5, 7); // z is float32
  expect(values.data[1]).toBeCloseTo(0.2 * 0.2 + 0.8 * 0.25, 7);
  expect(values.data[2]).toBeCloseTo(0.2 * 0.1, 7); // not learned: s = 0
  expect([...values.data.slice(3)]).toEqual([...z.data.slice(3)]);
});

test('with weight 1 the adapter alone decides, with weight 0 zero-shot does', () => {
  const only = fuse(z, [0], adapter, columns, { adapterWeight: 1 });
  expect([...only.values.data.slice(0, 3)]).toEqual([1.5, 0.25, 0]);
  expect(only.sources[0]).toBe('adapter');
  const none = fuse(z, [0], adapter, columns, { adapterWeight: 0 });
  expect([...none.values.data]).toEqual([...z.data]);
  expect(none.sources[0]).toBe('zero-shot');
});

test('clips adapter scores to [0, 1] when asked', () => {
  const scores = { rows: 1, cols: 2, data: Float64Array.of(-0.25, 1.5) };
  const options = { adapterWeight: 1, adapterTransform: 'clip' } as const;
  expect([...fuse(z, [0], scores, columns, options).values.data.slice(0, 3)]).toEqual([1, 0, 0]);
});

test('refuses adapter scores of other rows than those in distribution', async () => {
  const error = await errorOf(() => fuse(z, [0, 2], adapter, columns, { adapterWeight: 0.8 }));
  expect(error.code).toBe('SHAPE_MISMATCH');
  expect(error.message).toMatch(/scores of 1 images .* expected 2/);
});
