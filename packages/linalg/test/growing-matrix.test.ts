import { GrowingMatrix } from '@cl/linalg';
import { expect, test } from 'vitest';
import { randomMatrix } from './naive.ts';

test('rows stay in order, and what was handed out stays as it was', () => {
  const growing = new GrowingMatrix();
  expect(growing.matrix).toMatchObject({ rows: 0, cols: 0 });
  const parts = [3, 1, 0, 7, 2].map((rows, i) => randomMatrix(rows, 4, 'float64', i));
  const early = [];
  const expected: number[] = [];
  for (const part of parts) {
    growing.append(part);
    expected.push(...part.data);
    early.push({ view: growing.matrix, numbers: [...expected] });
  }
  expect(growing.matrix).toMatchObject({ rows: 13, cols: 4 });
  for (const { view, numbers } of early) expect([...view.data]).toEqual(numbers);
});

test('rows of another width or element type are refused', () => {
  const growing = new GrowingMatrix();
  growing.append(randomMatrix(2, 4, 'float64'));
  expect(() => {
    growing.append(randomMatrix(2, 5, 'float64'));
  }).toThrow(/found 5 columns, expected 4/);
  expect(() => {
    growing.append(randomMatrix(2, 4, 'float32'));
  }).toThrow(/found float64 and float32/);
  expect(growing.matrix.rows).toBe(2);
});
