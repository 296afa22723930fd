/**
 * Reference learners that any report compares with.
 *
 * @packageDocumentation
 */
export { jointRidge } from './joint-ridge.ts';
export type { JointRidgeOptions } from './joint-ridge.ts';
export { linearProbe } from './linear-probe.ts';
export type { LinearProbeOptions } from './linear-probe.ts';
export { nearestMean } from './nearest-mean.ts';
export type { NearestMeanOptions } from './nearest-mean.ts';
export { zeroShot } from './zero-shot.ts';
export type { ZeroShotLearnerOptions } from './zero-shot.ts';
