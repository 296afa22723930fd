/**
 * What learners share that train through a backbone or on its features: opened graphs, batches, heads, statistics.
 *
 * @packageDocumentation
 */
export { imageSource, tensorSource } from './batch-source.ts';
export type { BatchSource, ImageSourceOptions } from './batch-source.ts';
export { stepsOf, stepsPerEpoch, trainingBatches } from './batches.ts';
export type { BatchPlan, TrainingBatch, TrainingBatchesOptions } from './batches.ts';
export { openImageModel } from './image-model.ts';
export type { ImageGraphOptions, ImageModel } from './image-model.ts';
export {
  classifierLoss,
  emptyHead,
  growHead,
  headClasses,
  linearHead,
  withClassifier,
} from './linear-head.ts';
export type { ClassifierLossOptions, LinearHead } from './linear-head.ts';
export { attachPrefixes } from './prefixes.ts';
export type { LayerPrompt, PrefixOptions } from './prefixes.ts';
export { randomResizedCrop } from './views.ts';
export type { RandomResizedCropOptions, ViewPolicy } from './views.ts';
export type { WeightPlace, WeightRole } from './weight-places.ts';
