/**
 * RAIL: closed-form ridge regression on CLIP features, fused with zero-shot.
 *
 * @packageDocumentation
 */
export type { Adapter, AdapterState } from './adapter.ts';
export { KernelRidge } from './dual.ts';
export type { KernelRidgeOptions } from './dual.ts';
export { hiddenLayer, kernelOf } from './feature-map.ts';
export type { FeatureMap } from './feature-map.ts';
export { FeatureMemory } from './feature-memory.ts';
export type { LabelledFeatures } from './feature-memory.ts';
export type { RailOptions } from './options.ts';
export { rail } from './plugin.ts';
export { PrimalRidge } from './primal.ts';
export type { PrimalMemory, PrimalRidgeOptions } from './primal.ts';
export { RidgeSums } from './ridge-sums.ts';
