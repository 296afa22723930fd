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
export { packError, unpackError } from './threads/sent-error.ts';
export type { SentError } from './threads/sent-error.ts';
export { serveThread } from './threads/serve-thread.ts';
export type { Handled, ThreadMethods } from './threads/serve-thread.ts';
export { sessionThreads, setSessionThreads } from './threads/session-threads.ts';
export { compiledModule, ThreadClient } from './threads/thread-client.ts';
export type { ThreadOptions } from './threads/thread-client.ts';
