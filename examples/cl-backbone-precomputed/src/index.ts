/**
 * Precomputed features as a backbone for \@cl.
 *
 * @packageDocumentation
 */
export { precomputed } from './precomputed.ts';
export type { PrecomputedOptions } from './precomputed.ts';
