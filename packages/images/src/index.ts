/**
 * Turns image references into pixels: decoding, hashing and thumbnails through sharp.
 *
 * @packageDocumentation
 */
export { decodeImage, loadImage, pixelLimit } from './decode.ts';
export type { LoadedImage } from './decode.ts';
export { hashImage } from './hash.ts';
export { thumbnail } from './thumbnail.ts';
export { unreadableImages } from './unreadable.ts';
