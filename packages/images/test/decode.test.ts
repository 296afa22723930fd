/** Decoding is held against transformers.js itself in `@cl/backbone`; here against pixels known by hand. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { decodeImage, pixelLimit, unreadableImages } from '@cl/images';
import { isClError, type ClError, type ImageRef, type ImageSource } from '@cl/hub';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cl-images-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const ref = (source: ImageSource, id = 'the image'): ImageRef => ({ id, source });
const encoded = (bytes: Uint8Array): ImageRef => ref({ kind: 'encoded', bytes });

/** Two pixels side by side, with as many channels as given. */
async function png(pixels: readonly number[], channels: 1 | 2 | 3 | 4): Promise<Uint8Array> {
  const raw = { width: 2, height: 1, channels };
  return sharp(Uint8Array.from(pixels), { raw }).png().toBuffer();
}

/** A photo-like image: noise does not compress, so a truncated file misses pixels. */
async function noise(
  width: number,
  height: number,
  format: 'jpeg' | 'png' | 'webp',
): Promise<Buffer> {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0, seed = 1; i < data.length; i += 1) {
    seed = (seed * 48271) % 0x7fffffff;
    data[i] = seed & 255;
  }
  return sharp(data, { raw: { width, height, channels: 3 } })
    .toFormat(format)
    .toBuffer();
}

async function refusal(image: ImageRef): Promise<ClError> {
  const error: unknown = await decodeImage(image).catch((reason: unknown) => reason);
  if (!isClError(error)) throw new Error('it was decoded', { cause: error });
  return error;
}

describe('decodeImage', () => {
  test('gives the pixels of an RGB file', async () => {
    const image = await decodeImage(encoded(await png([1, 2, 3, 200, 100, 50], 3)));
    expect(image).toMatchObject({ kind: 'pixels', width: 2, height: 1 });
    expect([...image.data]).toEqual([1, 2, 3, 200, 100, 50]);
  });

  test('drops alpha: a transparent pixel shows the colour stored under it', async () => {
    const image = await decodeImage(encoded(await png([10, 20, 30, 0, 40, 50, 60, 128], 4)));
    expect([...image.data]).toEqual([10, 20, 30, 40, 50, 60]);
  });

  test('spreads grey over three channels, with and without alpha', async () => {
    const grey = await decodeImage(encoded(await png([7, 250], 1)));
    expect([...grey.data]).toEqual([7, 7, 7, 250, 250, 250]);
    const greyAlpha = await decodeImage(encoded(await png([7, 0, 250, 9], 2)));
    expect([...greyAlpha.data]).toEqual([7, 7, 7, 250, 250, 250]);
  });

  test('turns an image by its EXIF orientation', async () => {
    const bytes = await sharp(await png([1, 2, 3, 200, 100, 50], 3))
      .withMetadata({ orientation: 3 }) // upside down
      .png()
      .toBuffer();
    expect([...(await decodeImage(encoded(bytes))).data]).toEqual([200, 100, 50, 1, 2, 3]);
  });

  test('reads files and lazy sources alike', async () => {
    const path = join(folder, 'two.png');
    const bytes = await png([1, 2, 3, 4, 5, 6], 3);
    writeFileSync(path, bytes);
    const lazy: ImageSource = { kind: 'lazy', load: async () => ({ kind: 'encoded', bytes }) };
    const fromFile = await decodeImage(ref({ kind: 'file', path }));
    expect(await decodeImage(ref(lazy))).toEqual(fromFile);
    expect([...fromFile.data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('reads a file again after it changed', async () => {
    const path = join(folder, 'changing.png');
    writeFileSync(path, await png([1, 1, 1, 1, 1, 1], 3));
    await decodeImage(ref({ kind: 'file', path }));
    writeFileSync(path, await png([9, 9, 9, 9, 9, 9], 3));
    expect((await decodeImage(ref({ kind: 'file', path }))).data[0]).toBe(9);
  });

  test('hands pixels through without a copy', async () => {
    const data = Uint8Array.of(1, 2, 3);
    const image = await decodeImage(ref({ kind: 'pixels', width: 1, height: 1, data }));
    expect(image.data).toBe(data);
  });
});

describe('decodeImage refuses', () => {
  test.each(['jpeg', 'png'] as const)('a truncated %s file, naming its path', async (format) => {
    const path = join(folder, `truncated.${format}`);
    const bytes = await noise(200, 150, format);
    writeFileSync(path, bytes);
    expect((await decodeImage(ref({ kind: 'file', path }))).width).toBe(200);
    truncateSync(path, Math.floor(bytes.length * 0.6));
    const error = await refusal(ref({ kind: 'file', path }, 'holiday'));
    expect(error.code).toBe('UNREADABLE_IMAGE');
    expect(error.message).toContain(`"holiday" (${path})`);
    expect(error.message).toMatch(/Replace or remove the file/);
  });

  test.each(['jpeg', 'png', 'webp'] as const)(
    'several truncated %s files at once, each in the same words',
    async (format) => {
      const bytes = await noise(200, 150, format);
      const half = encoded(bytes.subarray(0, bytes.length / 2));
      const errors = await Promise.all(Array.from({ length: 24 }, async () => refusal(half)));
      const said = [...new Set(errors.map(({ message }) => message))];
      expect(said).toEqual([
        expect.stringContaining('cannot be read: the file is cut off or damaged. Replace'),
      ]);
    },
  );

  test('an empty file', async () => {
    const path = join(folder, 'empty.jpg');
    writeFileSync(path, '');
    const error = await refusal(ref({ kind: 'file', path }, path));
    expect(error.code).toBe('UNREADABLE_IMAGE');
    expect(error.message).toContain(path);
    expect(error.message).toMatch(/empty/);
  });

  test('a file that is no image', async () => {
    const error = await refusal(encoded(new TextEncoder().encode('not an image at all')));
    expect(error.code).toBe('UNREADABLE_IMAGE');
    expect(error.message).toMatch(/"the image".*no known image format/);
  });

  test('a missing file', async () => {
    const error = await refusal(ref({ kind: 'file', path: join(folder, 'gone.png') }));
    expect(error.code).toBe('UNREADABLE_IMAGE');
    expect(error.message).toMatch(/gone\.png.*does not exist/);
  });

  test('an image that claims more pixels than the limit, before memory is taken for it', async () => {
    const bytes = Buffer.from(await noise(8, 8, 'png'));
    bytes.writeUInt32BE(40_000, 16); // width in IHDR
    bytes.writeUInt32BE(40_000, 20); // height
    bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29); // CRC of type and data
    expect(40_000 ** 2).toBeGreaterThan(pixelLimit);
    const error = await refusal(encoded(bytes));
    expect(error.code).toBe('UNREADABLE_IMAGE');
    expect(error.message).toMatch(/more than 268 million pixels/);
  });

  test('pixels whose number does not fit their size', async () => {
    const data = new Uint8Array(11);
    const error = await refusal(ref({ kind: 'pixels', width: 2, height: 2, data }));
    expect(error.code).toBe('UNREADABLE_IMAGE');
    expect(error.message).toContain('11 bytes for 2 × 2 pixels');
  });

  test('a lazy source that fails, keeping its reason', async () => {
    const load = (): Promise<never> => Promise.reject(new Error('the archive ends here'));
    const error = await refusal(ref({ kind: 'lazy', load }));
    expect(error.code).toBe('UNREADABLE_IMAGE');
    expect(error.message).toContain('the archive ends here');
  });
});

describe('unreadableImages', () => {
  test('names twenty of many and keeps them all as causes', async () => {
    const errors: ClError[] = [];
    for (let i = 0; i < 25; i += 1) {
      errors.push(await refusal(ref({ kind: 'encoded', bytes: new Uint8Array() }, `photo-${i}`)));
    }
    const error = unreadableImages(errors);
    expect(error.message).toContain('25 images cannot be read');
    expect(error.message).toContain('"photo-19"');
    expect(error.message).not.toContain('"photo-20"');
    expect(error.message).toContain('and 5 more');
    expect((error.cause as AggregateError).errors).toHaveLength(25);
  });
});
