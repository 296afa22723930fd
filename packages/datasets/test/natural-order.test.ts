import { expect, test } from 'vitest';
import { naturalOrder } from '../src/natural-order.ts';

// The order that people expect of numbered names; capitals before small letters, as code units have it.
const sorted = [
  '',
  '1',
  '2',
  '10',
  '010',
  '11',
  'B',
  'a',
  'a1b2',
  'a1b10',
  'a2',
  'a007',
  'a07',
  'a7',
  'a8',
  'aa',
  'é',
];

test('sorts numbers inside names by value, whatever the order they come in', () => {
  // Ties in value are broken by zeros: compare the groups that differ in value only.
  const byValue = sorted.filter((name) => !['010', 'a007', 'a07'].includes(name));
  const shuffled = [...byValue].reverse();
  expect(shuffled.sort(naturalOrder)).toEqual(byValue);
});

test('is a total order: antisymmetric, transitive, 0 for equal names only', () => {
  for (const a of sorted) {
    for (const b of sorted) {
      expect(Math.sign(naturalOrder(a, b))).toBe(-Math.sign(naturalOrder(b, a)) + 0);
      expect(naturalOrder(a, b) === 0).toBe(a === b);
      for (const c of sorted) {
        if (naturalOrder(a, b) < 0 && naturalOrder(b, c) < 0) {
          expect(naturalOrder(a, c)).toBeLessThan(0);
        }
      }
    }
  }
});

test('numbers longer than any integer compare by their digits', () => {
  expect(naturalOrder(`a${'9'.repeat(40)}`, `a1${'0'.repeat(40)}`)).toBeLessThan(0);
});
