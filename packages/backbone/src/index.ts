/**
 * CLIP and ViT backbones: devices, preprocessing, batched and cached feature extraction.
 *
 * @packageDocumentation
 */
export {};
