/**
 * What learners share that train through a frozen or unfrozen backbone: opened graphs, batches, prefixes, heads.
 *
 * @packageDocumentation
 */
export {};
