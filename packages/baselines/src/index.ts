/**
 * Reference learners that any report compares with.
 *
 * @packageDocumentation
 */
export { ewc } from './ewc.ts';
export type { EwcOptions } from './ewc.ts';
export { jointRidge } from './joint-ridge.ts';
export type { JointRidgeOptions } from './joint-ridge.ts';
export { linearProbe } from './linear-probe.ts';
export type { LinearProbeOptions } from './linear-probe.ts';
export { lwf } from './lwf.ts';
export type { LwfOptions } from './lwf.ts';
export { nearestMean } from './nearest-mean.ts';
export type { NearestMeanOptions } from './nearest-mean.ts';
export { ranpac } from './ranpac.ts';
export type { RanpacOptions } from './ranpac.ts';
export { slda } from './slda.ts';
export type { SldaOptions } from './slda.ts';
export { zeroShot } from './zero-shot.ts';
export type { ZeroShotLearnerOptions } from './zero-shot.ts';
