/**
 * Push saved learners to and pull them from a Hugging Face compatible hub: pinned by commit, checked against their
 * manifest, offline from the cache.
 *
 * @packageDocumentation
 */
export type { HubOptions } from './connection.ts';
export { pullLearner } from './pull.ts';
export type { PulledLearner, PullOptions } from './pull.ts';
export { pushLearner } from './push.ts';
export type { PushedLearner, PushOptions } from './push.ts';
export { parseRepository } from './repository.ts';
export type { Repository } from './repository.ts';
