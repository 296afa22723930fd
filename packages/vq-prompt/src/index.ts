/**
 * VQ-Prompt: vector-quantised prompts through a frozen ViT.
 *
 * @packageDocumentation
 */
export {};
