import { crossProduct, RowBlocks } from '@cl/linalg';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { as, block, maxDifference, product, randomMatrix, transpose } from './naive.ts';

// Sums of at most 60 products below ¼.
const tolerance = { float64: 1e-13, float32: 1e-4 };

test.each(['float64', 'float32'] as const)(
  'AᵀB of rows in blocks is that of the whole, whichever is wider (%s)',
  async (dtype) => {
    const size = fc.integer({ min: 1, max: 40 });
    await fc.assert(
      fc.asyncProperty(size, size, fc.array(size, { maxLength: 3 }), async (M, C, heights) => {
        const n = heights.reduce((sum, rows) => sum + rows, 0);
        const a = randomMatrix(n, M, dtype, 1);
        const b = randomMatrix(n, C, dtype, 2);
        let from = 0;
        const blocks = heights.map((height) => {
          const rows = block(a, from, from + height, 0, M);
          from += height;
          return { from: from - height, rows };
        });
        const sum = await crossProduct(blocks, M, b);
        expect([sum.rows, sum.cols]).toEqual([M, C]);
        expect(sum.data.constructor).toBe(b.data.constructor);
        const expected = product(transpose(a), b);
        expect(maxDifference(sum.data, expected.data)).toBeLessThan(tolerance[dtype]);
      }),
      { numRuns: 30 },
    );
  },
);

test('blocks take the element type of B', async () => {
  const a = new RowBlocks();
  a.append(randomMatrix(20, 6, 'float32', 1));
  const b = randomMatrix(20, 3, 'float64', 2);
  const sum = await crossProduct(a.blocks, 6, b);
  const expected = product(transpose(as(a.blocks[0]!.rows, 'float64')), b);
  expect(maxDifference(sum.data, expected.data)).toBeLessThan(tolerance.float64);
});

test('blocks of another width are refused', async () => {
  const blocks = [{ from: 0, rows: randomMatrix(5, 4, 'float64') }];
  await expect(crossProduct(blocks, 6, randomMatrix(5, 3, 'float64'))).rejects.toMatchObject({
    code: 'SHAPE_MISMATCH',
    message: expect.stringMatching(/found a block of 4 columns, expected 6/) as string,
  });
});
