import { createRandom, type ImageRef, type ImageView } from '@cl/hub';
import { randomResizedCrop } from '@cl/training';
import { describe, expect, test } from 'vitest';

/** An image that says how large it is. */
function sized(width: number, height: number): ImageRef {
  const data = new Uint8Array(3 * width * height);
  return { id: `${width}x${height}`, source: { kind: 'pixels', width, height, data } };
}

/** An image that does not. */
const file: ImageRef = { id: 'file', source: { kind: 'file', path: 'somewhere.jpg' } };

function views(count: number, image: ImageRef, options = {}): ImageView[] {
  const [policy, random] = [randomResizedCrop(options), createRandom('views')];
  return Array.from({ length: count }, () => policy.view(image, random));
}

/** Sums and products of fractions round. */
const rounding = 1e-12;

describe('randomResizedCrop', () => {
  test.each([
    ['a square', sized(64, 64), 1],
    ['a wide image', sized(120, 40), 3],
    ['a tall image', sized(40, 120), 1 / 3],
    ['an image of unknown size, taken as a square', file, 1],
  ])('of %s stays in it, with areas and ratios in their ranges', (_, image, aspect) => {
    const [areas, ratios]: [number[], number[]] = [[], []];
    for (const { left, top, width, height } of views(2000, image)) {
      expect(Math.min(left, top, width, height)).toBeGreaterThanOrEqual(0);
      expect(Math.max(left + width, top + height)).toBeLessThanOrEqual(1 + rounding);
      areas.push(width * height);
      ratios.push((width / height) * aspect);
    }
    expect(Math.min(...areas)).toBeGreaterThanOrEqual(0.08 - rounding);
    expect(Math.min(...ratios)).toBeGreaterThanOrEqual(3 / 4 - rounding);
    expect(Math.max(...ratios)).toBeLessThanOrEqual(4 / 3 + rounding);
  });

  test('has a uniform area and a log-uniform ratio where every draw fits', () => {
    // Up to an area of 9/16 a part of a square fits at any ratio from 3/4 to 4/3, so nothing is drawn again.
    const drawn = views(4000, sized(10, 10), { scale: [0.1, 0.5] });
    const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b) / xs.length;
    // Uniform on [0.1, 0.5]: mean 0.3, deviation 0.4/√12 = 0.115; of 4,000 draws 0.0018. Four of these.
    expect(mean(drawn.map(({ width, height }) => width * height))).toBeCloseTo(0.3, 2);
    // ln ratio uniform on ±ln 4/3: mean 0, deviation 0.166; of 4,000 draws 0.0026.
    expect(Math.abs(mean(drawn.map(({ width, height }) => Math.log(width / height))))).toBeLessThan(
      0.0105,
    );
    // Flips: 0.5 ± 4 · 0.0079.
    expect(Math.abs(mean(drawn.map(({ flip }) => Number(flip))) - 0.5)).toBeLessThan(0.032);
  });

  test('falls back to the largest middle part when ten draws do not fit', () => {
    // Nothing as large as the whole of a 4:1 image has a ratio of at most 4/3: torchvision then takes all of its height
    // and 4/3 of that in width, a third of the image, from the middle; of a 1:4 image the middle of its height.
    const whole = { scale: [1, 1] as const, flip: 0 };
    const [wide, tall] = [
      views(1, sized(400, 100), whole)[0]!,
      views(1, sized(100, 400), whole)[0]!,
    ];
    expect(wide.width).toBeCloseTo(1 / 3, 12);
    expect(wide.left).toBeCloseTo(1 / 3, 12);
    expect([wide.top, wide.height]).toEqual([0, 1]);
    expect(tall.height).toBeCloseTo(1 / 3, 12); // 100 / (3/4) = 133.3 of 400
    expect([tall.left, tall.width]).toEqual([0, 1]);
  });

  test('never flips at 0 and always at 1', () => {
    expect(views(50, file, { flip: 0 }).some(({ flip }) => flip)).toBe(false);
    expect(views(50, file, { flip: 1 }).every(({ flip }) => flip)).toBe(true);
  });

  test.each([
    [
      { scale: [0, 1] },
      'scale is [0, 1], expected two numbers in ascending order, over 0 and at most 1',
    ],
    [{ scale: [0.5, 1.1] }, 'scale is [0.5, 1.1]'],
    [{ ratio: [2, 1] }, 'ratio is [2, 1], expected two numbers in ascending order, over 0.'],
    [{ flip: 2 }, 'flip is 2, expected a probability from 0 to 1'],
  ] as const)('refuses %o', (options, message) => {
    expect(() => randomResizedCrop(options)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: expect.stringContaining(message),
      }),
    );
  });
});
