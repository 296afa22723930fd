/**
 * A 48-pixel CLIP of 4.1 million parameters in Hugging Face layout, for offline use and tests.
 *
 * @packageDocumentation
 */
export {};
