/**
 * Zero-shot scoring with a vision-language backbone, and its fusion with what a learner was taught: shared by RAIL and
 * the baselines.
 *
 * @packageDocumentation
 */
export { fuse, inDistribution } from './fusion.ts';
export type { AdapterTransform, FusedScores, FusionOptions, IdDetector } from './fusion.ts';
export { unitFeatures } from './unit-features.ts';
export { createZeroShot, defaultTemplates } from './zero-shot.ts';
export type { ZeroShot, ZeroShotOptions } from './zero-shot.ts';
