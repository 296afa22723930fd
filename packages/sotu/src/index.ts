/**
 * SoTU: sparse, nearly orthogonal fine-tuning deltas, merged.
 *
 * @packageDocumentation
 */
export {};
