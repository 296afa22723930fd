/**
 * Runs learners over streams: evaluates, records, checkpoints, resumes.
 *
 * @packageDocumentation
 */
export { compare, readComparison, runFolder } from './compare.ts';
export type { CompareConfig, StreamChoice } from './compare.ts';
export type * from './config.ts';
export type * from './events.ts';
export { inline } from './inline-executor.ts';
export { readRecord, report } from './report.ts';
export { run } from './run.ts';
export type { RunOptions } from './run.ts';
export { threads } from './threads-executor.ts';
export type { ThreadsOptions } from './threads-executor.ts';
