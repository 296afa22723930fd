/**
 * Image datasets, streams of experiences cut from them, and the embedded icon benchmark.
 *
 * @packageDocumentation
 */
export {};
