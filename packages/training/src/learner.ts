/**
 * What a learner of known classes needs that trains nothing: this loads no engine.
 *
 * @packageDocumentation
 */
export { ClosedLearner, pickColumns } from './closed-learner.ts';
export type { Method } from './closed-learner.ts';
export { assertFiniteFeatures } from './finite-features.ts';
