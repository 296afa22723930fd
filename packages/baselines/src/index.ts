/**
 * Reference learners that any report compares with.
 *
 * @packageDocumentation
 */
export { codaPrompt } from './coda-prompt.ts';
export type { CodaPromptOptions } from './coda-prompt.ts';
export { dualPrompt } from './dual-prompt.ts';
export type { DualPromptOptions } from './dual-prompt.ts';
export { ewc } from './ewc.ts';
export type { EwcOptions } from './ewc.ts';
export { fineTuning } from './fine-tuning.ts';
export type { FineTuningOptions } from './fine-tuning.ts';
export { jointRidge } from './joint-ridge.ts';
export type { JointRidgeOptions } from './joint-ridge.ts';
export { l2p } from './l2p.ts';
export type { L2pOptions } from './l2p.ts';
export { linearProbe } from './linear-probe.ts';
export type { LinearProbeOptions } from './linear-probe.ts';
export { lwf } from './lwf.ts';
export type { LwfOptions } from './lwf.ts';
export { nearestMean } from './nearest-mean.ts';
export type { NearestMeanOptions } from './nearest-mean.ts';
export { ranpac } from './ranpac.ts';
export type { RanpacOptions } from './ranpac.ts';
export { ranpacAdapted } from './ranpac-adapted.ts';
export type { RanpacAdaptedOptions } from './ranpac-adapted.ts';
export { slda } from './slda.ts';
export type { SldaOptions } from './slda.ts';
export { zeroShot } from './zero-shot.ts';
export type { ZeroShotLearnerOptions } from './zero-shot.ts';
