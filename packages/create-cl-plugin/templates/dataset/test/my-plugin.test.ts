import { describeDataset } from '@cl/testing/vitest';
import { expect, test } from 'vitest';
import { myPlugin } from '../src/index.ts';

// Every promise of the protocol: classes, labels, no image twice, the same listing each time.
describeDataset(myPlugin, { train: 3, test: 2 });

test('rows are alike along a row, columns along a column', async () => {
  const { train } = await myPlugin.create({ train: 1, test: 1 });
  const spread = async (name: string, step: number): Promise<number> => {
    const { image } = train.find(({ classId }) => classId === `my-plugin/${name}`)!;
    const drawn = image.source.kind === 'lazy' ? await image.source.load() : image.source;
    if (drawn.kind !== 'pixels') throw new Error('expected pixels');
    const line = Array.from({ length: 16 }, (_, i) => drawn.data[i * step * 3]!);
    return Math.max(...line) - Math.min(...line);
  };
  expect(await spread('rows', 1)).toBeLessThan(40); // noise alone
  expect(await spread('rows', 16)).toBeGreaterThan(100); // stripes
  expect(await spread('columns', 16)).toBeLessThan(40);
});
