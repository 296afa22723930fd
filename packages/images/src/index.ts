/**
 * Turns image references into pixels: decoding, hashing and thumbnails through sharp.
 *
 * @packageDocumentation
 */
export {};
