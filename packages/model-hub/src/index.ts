/**
 * Push saved learners and backbones to, and pull them from, a Hugging Face compatible hub: pinned by commit, checked, offline
 * from the cache.
 *
 * @packageDocumentation
 */
export type { HubKind, Pulled, PullOptions } from './cached-commit.ts';
export type { PushedCard } from './card.ts';
export type { HubOptions } from './connection.ts';
export { pull } from './pull.ts';
export type { PulledKind } from './pull.ts';
export { pullBackbone } from './pull-backbone.ts';
export type { PullBackboneOptions } from './pull-backbone.ts';
export { pullLearner } from './pull-learner.ts';
export { push, pushBackbone, pushLearner } from './push.ts';
export type { Pushed, PushOptions } from './push.ts';
export { parseRepository } from './repository.ts';
export type { Repository } from './repository.ts';
