/**
 * RAIL: closed-form ridge regression on CLIP features, fused with zero-shot (NeurIPS 2024).
 *
 * @packageDocumentation
 */
export {};
