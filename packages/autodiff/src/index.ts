/**
 * Reverse-mode differentiation of ONNX graphs into ordinary ONNX graphs. Runs anywhere, browsers included; the trainer,
 * which runs them on onnxruntime, is in `@cl/autodiff/node`.
 *
 * @packageDocumentation
 */
export { backward, gradientName } from './backward.ts';
export type { BackwardOptions } from './backward.ts';
export { Emitter } from './emitter.ts';
export type { Operand } from './emitter.ts';
export { eraseMarkers } from './erase-markers.ts';
export { GraphWriter } from './graph-writer.ts';
export type { KnownType, Value } from './graph-writer.ts';
export { gradients } from './gradients/table.ts';
export { blockInputs } from './recompute.ts';
export { NodeGradient, rule } from './rule.ts';
export type { Gradient, GradientRule } from './rule.ts';
export type { Dims } from './dims.ts';
export { contrastiveLoss, cosineLoss, crossEntropy, meanSquaredError } from './losses.ts';
export type { CrossEntropyOptions } from './losses.ts';
export { parameterize } from './parameters.ts';
export type { ParameterizedGraph } from './parameters.ts';
export { adamW } from './optimizers/adam-w.ts';
export type { AdamWOptions } from './optimizers/adam-w.ts';
export { clipGradients, GradientAccumulator, gradientNorm } from './optimizers/clip.ts';
export type * from './optimizers/optimizer.ts';
export { sgd } from './optimizers/sgd.ts';
export type { SgdOptions } from './optimizers/sgd.ts';
export { ParameterStore } from './parameter-store.ts';
export type { ParameterEntry } from './parameter-store.ts';
export {
  vqPromptEpochCosine,
  constant,
  cosine,
  firstStepAtBase,
  frozen,
  perEpoch,
  stepwise,
  vqPromptCosine,
  warmUp,
} from './schedules.ts';
export type { CosineOptions, Schedule, VqPromptCosineOptions } from './schedules.ts';
