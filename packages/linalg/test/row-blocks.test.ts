import { RowBlocks } from '@cl/linalg';
import { expect, test } from 'vitest';
import { randomMatrix } from './naive.ts';

const wide = 2 ** 20; // four rows are a block

test('rows stay in order, small blocks are joined and large ones never move', () => {
  const tall = new RowBlocks();
  expect(tall).toMatchObject({ rows: 0, bytes: 0, blocks: [] });
  const parts = [5, 1, 0, 2, 3, 1].map((rows, i) => randomMatrix(rows, wide, 'float32', i));
  for (const part of parts) tall.append(part);

  expect(tall.blocks.map(({ from, rows }) => [from, rows.rows])).toEqual([
    [0, 5],
    [5, 6], // 1, then 2 and 3 until there were four
    [11, 1],
  ]);
  expect(tall.blocks[0]!.rows.data).toBe(parts[0]!.data);
  expect(tall.rows).toBe(12);
  expect(tall.bytes).toBe(12 * wide * 4);
  const numbers = Buffer.concat(tall.blocks.map(({ rows }) => bytesOf(rows.data)));
  expect(numbers.equals(Buffer.concat(parts.map(({ data }) => bytesOf(data))))).toBe(true);
});

test('rows of another width or element type are refused', () => {
  const tall = new RowBlocks();
  tall.append(randomMatrix(2, 4, 'float64'));
  expect(() => {
    tall.append(randomMatrix(2, 5, 'float64'));
  }).toThrow(/found 5 columns, expected 4/);
  expect(() => {
    tall.append(randomMatrix(2, 4, 'float32'));
  }).toThrow(/found float64 and float32/);
  expect(tall.rows).toBe(2);
});

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
