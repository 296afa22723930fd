import { thumbnail } from '@cl/images';
import type { ImageRef } from '@cl/hub';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';

/** A plane of one colour. */
function plane(width: number, height: number): ImageRef {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i += 3) data.set([200, 30, 60], i);
  return { id: 'plane', source: { kind: 'pixels', width, height, data } };
}

test('a thumbnail is a small WebP picture for the src of an <img>', async () => {
  const uri = await thumbnail(plane(300, 200), 48);
  expect(uri).toMatch(/^data:image\/webp;base64,[A-Za-z0-9+/]+=*$/);
  expect(uri.length).toBeLessThan(2000);
});

describe('thumbnail', () => {
  test('keeps the aspect ratio and the colours', async () => {
    const uri = await thumbnail(plane(300, 200), 48);
    const picture = sharp(Buffer.from(uri.split(',')[1]!, 'base64'));
    const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([48, 32]);
    const off = [200, 30, 60].map((colour, i) => Math.abs(data[i]! - colour));
    expect(Math.max(...off)).toBeLessThanOrEqual(8); // WebP at quality 80 is lossy
  });

  test('does not enlarge', async () => {
    const uri = await thumbnail(plane(10, 5), 48);
    const { width, height } = await sharp(Buffer.from(uri.split(',')[1]!, 'base64')).metadata();
    expect([width, height]).toEqual([10, 5]);
  });
});
