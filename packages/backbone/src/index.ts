/**
 * CLIP and ViT backbones: devices, preprocessing, batched and cached feature extraction.
 *
 * @packageDocumentation
 */
export { cachedModels, cacheSizes } from './cache-folder.ts';
export type { CacheSizes } from './cache-folder.ts';
export { clip } from './clip.ts';
export type { ClipOptions } from './clip.ts';
export { probeDevices } from './device.ts';
export type { Device, DeviceReport, Provider } from './device.ts';
export { createFeatureSource } from './feature-source.ts';
export type { CachedFeatureSource, FeatureSourceOptions } from './feature-source.ts';
export { modelFilesOf } from './model-files.ts';
export type { ModelFiles } from './model-files.ts';
export { knownModels } from './models.ts';
export type { KnownModel } from './models.ts';
export type { BackboneOptions, WeightType } from './options.ts';
export { vit } from './vit.ts';
export type { VitOptions } from './vit.ts';
