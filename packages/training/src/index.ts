/**
 * What learners share that train through a backbone or on its features: opened graphs, batches, heads, prefixes, statistics.
 *
 * @packageDocumentation
 */
export { imageSource, rememberedSource, tensorSource } from './batch-source.ts';
export type { BatchSource, ImageSourceOptions, RememberedOptions } from './batch-source.ts';
export { stepsOf, stepsPerEpoch, trainingBatches } from './batches.ts';
export type { BatchPlan, TrainingBatch, TrainingBatchesOptions } from './batches.ts';
export { ClassStatistics } from './class-statistics.ts';
export type { SampleOptions } from './class-statistics.ts';
export { ClosedLearner, pickColumns } from './closed-learner.ts';
export type { Method } from './closed-learner.ts';
export { evaluateInBatches } from './evaluate-in-batches.ts';
export type { EvaluationOptions } from './evaluate-in-batches.ts';
export { createFeatureExtractor } from './feature-extractor.ts';
export type { FeatureExtractor, FeatureExtractorOptions } from './feature-extractor.ts';
export { assertFiniteFeatures } from './finite-features.ts';
export { openImageModel } from './image-model.ts';
export type { ImageGraphOptions, ImageModel } from './image-model.ts';
export {
  classifierLoss,
  emptyHead,
  featureGraph,
  growHead,
  headClasses,
  headLogits,
  headOf,
  linearHead,
  restoreHead,
  withClassifier,
} from './linear-head.ts';
export type { ClassifierLossOptions, LinearHead } from './linear-head.ts';
export { attachPrefixes } from './prefixes.ts';
export type { LayerPrompt, PrefixOptions } from './prefixes.ts';
export { requireBackbone } from './require-backbone.ts';
export { trainOnBatches } from './train-on-batches.ts';
export type { TrainingResult } from './train-on-batches.ts';
export { randomResizedCrop } from './views.ts';
export type { RandomResizedCropOptions, ViewPolicy } from './views.ts';
export type { WeightPlace, WeightRole } from './weight-places.ts';
