/**
 * Zero-shot scoring with a vision-language backbone: class prompts, text embeddings, probabilities.
 *
 * @packageDocumentation
 */
export {};
