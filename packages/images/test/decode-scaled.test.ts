/** Decoding straight to another size against decoding and then scaling. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isClError, type ImageRef, type ImageSource, type PixelImage } from '@cl/hub';
import { decodeImage, decodeScaled, type Scaling } from '@cl/images';
import sharp, { type Sharp } from 'sharp';
import { afterAll, expect, test } from 'vitest';

const scratch = mkdtempSync(join(tmpdir(), 'cl-images-'));
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

const [width, height] = [181, 122];

/** Gradients with noise, so that any shift by a pixel shows. */
function picture(channels: 1 | 2 | 3 | 4): Sharp {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const pixel = Math.floor(i / channels);
    return (150 * (pixel % width)) / width + ((i * 48271) % 37) + (pixel / width) * 0.5;
  });
  return sharp(data, { raw: { width, height, channels } });
}

const files: Record<string, () => Sharp> = {
  JPEG: () => picture(3).jpeg(),
  'a progressive JPEG, not subsampled': () =>
    picture(3).jpeg({ progressive: true, chromaSubsampling: '4:4:4' }),
  'a JPEG turned by its EXIF orientation': () => picture(3).withMetadata({ orientation: 6 }).jpeg(),
  'a JPEG mirrored by it': () => picture(3).withMetadata({ orientation: 2 }).jpeg(),
  'a JPEG with the colour profile of phones': () => picture(3).withIccProfile('p3').jpeg(),
  'a JPEG in CMYK': () => picture(3).toColourspace('cmyk').jpeg(),
  'a grey JPEG': () => picture(1).toColourspace('b-w').jpeg(),
  PNG: () => picture(3).png(),
  'a PNG with a palette': () => picture(3).png({ palette: true, colours: 16 }),
  'a PNG of 16 bits': () => picture(3).toColourspace('rgb16').png(),
  'a PNG with alpha': () => picture(4).png(),
  'a grey PNG with alpha': () => picture(2).png(),
  WebP: () => picture(3).webp(),
  'WebP with alpha': () => picture(4).webp(),
  GIF: () => picture(3).gif(),
  TIFF: () => picture(3).tiff(),
};

const shrunk: Scaling['sizeFor'] = (size) => {
  const scale = 56 / Math.min(size.width, size.height);
  return { width: Math.floor(size.width * scale), height: Math.floor(size.height * scale) };
};

async function inTwoSteps(ref: ImageRef, scaling: Scaling): Promise<PixelImage> {
  const whole = await decodeImage(ref);
  const to = scaling.sizeFor(whole);
  const map = [to.width / whole.width, 0, 0, to.height / whole.height] as const;
  const raw = { width: whole.width, height: whole.height, channels: 3 } as const;
  const { data, info } = await sharp(whole.data, { raw })
    .affine([...map], { interpolator: scaling.interpolator })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { kind: 'pixels', width: info.width, height: info.height, data };
}

const refTo = (source: ImageSource): ImageRef => ({ id: 'it', source });

test.each(Object.keys(files))('%s: the pixels of two steps, from bytes and file', async (name) => {
  const bytes = Uint8Array.from(await files[name]!().toBuffer());
  const path = join(scratch, 'image');
  writeFileSync(path, bytes);
  for (const interpolator of ['nearest', 'bilinear', 'bicubic'] as const) {
    const scaling = { sizeFor: shrunk, interpolator };
    const want = await inTwoSteps(refTo({ kind: 'encoded', bytes }), scaling);
    expect(Math.min(want.width, want.height)).toBe(56);
    for (const source of [{ kind: 'encoded', bytes } as const, { kind: 'file', path } as const]) {
      const { data, ...size } = await decodeScaled(refTo(source), scaling);
      expect(size).toEqual({ kind: 'pixels', width: want.width, height: want.height });
      expect(Buffer.compare(data, want.data)).toBe(0); // toEqual takes long
    }
  }
});

test('pixels are scaled, or given as they are', async () => {
  const data = await picture(3).raw().toBuffer();
  const source = { kind: 'pixels', width, height, data } as const;
  const scaling = { sizeFor: shrunk, interpolator: 'bilinear' } as const;
  expect(await decodeScaled(refTo(source), scaling)).toEqual(
    await inTwoSteps(refTo(source), scaling),
  );
  const same = { sizeFor: () => ({ width, height }), interpolator: 'bilinear' } as const;
  expect(await decodeScaled(refTo(source), same)).toBe(source);
  const lazy = { kind: 'lazy', load: async () => Promise.resolve(source) } as const;
  expect(await decodeScaled(refTo(lazy), same)).toBe(source);
});

test('a file that has the size already is only decoded', async () => {
  const bytes = Uint8Array.from(await files['JPEG']!().toBuffer());
  const ref = refTo({ kind: 'encoded', bytes });
  const same = { sizeFor: () => ({ width, height }), interpolator: 'bicubic' } as const;
  expect(await decodeScaled(ref, same)).toEqual(await decodeImage(ref));
});

test.each([
  ['truncated', async () => (await files['JPEG']!().toBuffer()).subarray(0, 1500)],
  ['empty', async () => Promise.resolve(new Uint8Array(0))],
  ['of no known format', async () => Promise.resolve(new TextEncoder().encode('not a picture'))],
])('a file that is %s is refused as decodeImage refuses it', async (_, make) => {
  const ref = refTo({ kind: 'encoded', bytes: Uint8Array.from(await make()) });
  const scaling = { sizeFor: shrunk, interpolator: 'bilinear' } as const;
  const errors = [];
  for (const decode of [async () => decodeScaled(ref, scaling), async () => decodeImage(ref)]) {
    errors.push(await decode().catch((error: unknown) => error));
  }
  const [got, want] = errors;
  expect(isClError(got) && got.code).toBe('UNREADABLE_IMAGE');
  expect((got as Error).message).toBe((want as Error).message);
  expect((got as Error).message).toContain('it');
});
