import { describeBackbone } from '@cl/testing/vitest';
import { expect, test } from 'vitest';
import { myPlugin } from '../src/index.ts';

// Every promise of the protocol: shapes, order, batches, aborting, unreadable images.
describeBackbone(myPlugin);

test('a red image with a blue right half has the mean colours of its halves', async () => {
  const data = Uint8Array.of(255, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0, 255); // two rows: red, blue
  const backbone = await myPlugin.create({ grid: 2 });
  const source = { kind: 'pixels', width: 2, height: 2, data } as const;
  const { rows, cols, data: features } = await backbone.embedImages([{ id: 'flag', source }]);
  expect([rows, cols]).toEqual([1, 12]);
  expect([...features]).toEqual([1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1]);
  await backbone.dispose();
});
