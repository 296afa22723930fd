/**
 * A small backbone and a stream of easy images, for tests of learners that train through a backbone.
 *
 * @packageDocumentation
 */
export { featuresOf, smallVit } from './testing/small-vit.ts';
export type { SmallVitOptions } from './testing/small-vit.ts';
export { classesNamed, tilesOf, tileStream } from './testing/tiles.ts';
