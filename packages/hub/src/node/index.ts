/**
 * Files of the protocol: saved learners, safetensors, atomic writes. Node only.
 *
 * @packageDocumentation
 */
export { writeFileAtomic } from './atomic-file.ts';
export { defaultCacheDir } from './cache-dir.ts';
export type { CardResult, LearnerCard } from './card.ts';
export { loadLearner, readSavedLearner } from './load-learner.ts';
export type { ReadSavedLearnerOptions } from './load-learner.ts';
export { saveLearner } from './save-learner.ts';
export type { SaveLearnerInput } from './save-learner.ts';
export type { LearnedTask, SavedBackbone, SavedLearner } from './saved-learner.ts';
export { parseManifest } from './saved-learner.ts';
export { readSafetensors, writeSafetensors } from './safetensors.ts';
export type { ReadSafetensorsOptions } from './safetensors.ts';
export { sha256File } from './streams.ts';
export type { FileDigest } from './streams.ts';
