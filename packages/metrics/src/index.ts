/**
 * Metrics of continual learning from accuracy matrices and predictions, as pure functions.
 *
 * @packageDocumentation
 */
export {};
