/**
 * Windows bitmaps, which libvips does not read: uncompressed, of 1, 4, 8 (with a palette), 24 or 32 bits a pixel, and 32
 * with masks for blue, green and red in that order. Rows go from the bottom to the top unless the height is negative.
 */
import { ClError, type PixelImage } from '@cl/hub';

/** No image may have more pixels: the limit of `@cl/images`. */
const pixelLimit = 0x3fff ** 2;

/**
 * Decodes a bitmap; a fourth channel is dropped.
 *
 * @throws ClError `UNREADABLE_IMAGE` saying what is wrong with it.
 */
export function decodeBmp(bytes: Uint8Array): PixelImage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 54 || view.getUint16(0) !== 0x424d) throw unreadable('is no BMP');
  const [start, headerSize] = [view.getUint32(10, true), view.getUint32(14, true)];
  const [width, signedHeight] = [view.getInt32(18, true), view.getInt32(22, true)];
  const [bits, compression] = [view.getUint16(28, true), view.getUint32(30, true)];
  const height = Math.abs(signedHeight);
  if (width <= 0 || height === 0 || width * height > pixelLimit) {
    throw unreadable(`has ${width} × ${height} pixels`);
  }
  if (
    ![1, 4, 8, 24, 32].includes(bits) ||
    !(compression === 0 || (compression === 3 && bits === 32))
  ) {
    throw unreadable(`has ${bits} bits a pixel, packed by method ${compression}`);
  }
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (start + stride * height > bytes.length) throw unreadable('is cut off');
  const palette = 14 + headerSize;
  if (bits <= 8 && palette + 4 * 2 ** bits > bytes.length) throw unreadable('is cut off');
  const data = new Uint8Array(width * height * 3);
  let o = 0;
  for (let row = 0; row < height; row += 1) {
    const line = start + stride * (signedHeight > 0 ? height - 1 - row : row);
    for (let x = 0; x < width; x += 1) {
      const at = bits > 8 ? line + (x * bits) / 8 : palette + 4 * indexAt(bytes, line, x, bits);
      data[o++] = bytes[at + 2]!; // stored as blue, green, red
      data[o++] = bytes[at + 1]!;
      data[o++] = bytes[at]!;
    }
  }
  return { kind: 'pixels', width, height, data };
}

/** The place in the palette of a pixel of 1, 4 or 8 bits; the first is in the highest bits. */
function indexAt(bytes: Uint8Array, line: number, x: number, bits: number): number {
  const bit = x * bits;
  return (bytes[line + (bit >> 3)]! >> (8 - bits - (bit & 7))) & (2 ** bits - 1);
}

function unreadable(found: string): ClError {
  return new ClError(
    'UNREADABLE_IMAGE',
    `bmp: the file ${found}, expected an uncompressed bitmap. Save it as PNG.`,
  );
}
