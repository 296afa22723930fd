/** Memory while 1,000 and then 10,000 images go through tiny-clip, each made when it is asked for. */
import { clip } from '@cl/backbone';
import type { ImageRef } from '@cl/hub';
import { bench, describe, expect } from 'vitest';
import { picture } from '../test/support/images.ts';
import { tinyClip } from '../test/support/tiny-clip.ts';

const side = 224;
const mebibyte = 1 << 20;

/**
 * Growth allowed beyond the features themselves (7 MB): what the allocators keep. The decoded images would take
 * 1,400 MB.
 */
const allowed = 64 * mebibyte;

const lazy = (i: number): ImageRef => ({
  id: `image ${i}`,
  source: {
    kind: 'lazy',
    load: async () => {
      const data = picture(side, side, 3, i + 1);
      return { kind: 'pixels', width: side, height: side, data };
    },
  },
});

describe('memory', () => {
  bench(
    'is flat from 1,000 to 10,000 images',
    async () => {
      const backbone = await clip.create(tinyClip);
      const peak = async (count: number): Promise<number> => {
        let highest = 0;
        const images = Array.from({ length: count }, (_, i) => lazy(i));
        await backbone.embedImages(images, {
          onProgress: () => (highest = Math.max(highest, process.memoryUsage.rss())),
        });
        return highest;
      };
      await peak(200); // warms up
      const thousand = await peak(1000);
      const tenThousand = await peak(10_000);
      console.log(
        `peak resident memory: ${(thousand / mebibyte).toFixed(0)} MiB with 1,000 images, ` +
          `${(tenThousand / mebibyte).toFixed(0)} MiB with 10,000`,
      );
      expect(tenThousand - thousand).toBeLessThan(allowed);
      await backbone.dispose();
    },
    { iterations: 1, warmupIterations: 0, time: 0, warmupTime: 0 },
  );
});
