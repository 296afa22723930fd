/**
 * Runs learners over streams: evaluates, records, checkpoints, resumes.
 *
 * @packageDocumentation
 */
export {};
