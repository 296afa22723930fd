/**
 * Turns image references into pixels: decoding, hashing and thumbnails through sharp.
 *
 * @packageDocumentation
 */
export { decodeImage, loadImage, pixelLimit } from './decode.ts';
export type { LoadedImage } from './decode.ts';
export { decodeScaled } from './decode-scaled.ts';
export type { ImageSize, Scaling } from './decode-scaled.ts';
export { hashImage, imageKey } from './hash.ts';
export { thumbnail } from './thumbnail.ts';
export { cachedThumbnails } from './thumbnail-cache.ts';
export type { CachedThumbnailsOptions } from './thumbnail-cache.ts';
export { unreadableImages } from './unreadable.ts';
