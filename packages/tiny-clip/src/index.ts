/**
 * A CLIP of 4.1 million parameters for 48-pixel images, weights included: a folder in Hugging Face
 * layout, and what is worth knowing about it.
 *
 * @packageDocumentation
 */
export { tinyClipInfo, tinyClipPath } from './tiny-clip.ts';
export type { TinyClipInfo } from './tiny-clip.ts';
