/** A ViT of two layers (D = 32) that classes of synthetic streams can be told apart with. */
import { readFile } from 'node:fs/promises';
import type { TrainableBackbone } from '@cl/hub';
import { syntheticFeatures } from '@cl/testing';

const fixture = new URL('../../../onnx/test/fixtures/vit-opset17.onnx', import.meta.url);
const side = 32;

/** Options under which it learns in a blink. */
export const quick = {
  epochs: 1,
  batchSize: 64,
  learningRate: 0.001,
  headLearningRate: 0.01,
  p: 0.5,
  threads: 1,
} as const;

/**
 * An exported ViT with random weights (made by onnx/test/fixtures/make.py). Its pixels are drawn from the id of an image: a
 * coarse pattern of its class and noise of its own.
 */
export function tinyVit(fingerprint = 'tiny-vit'): TrainableBackbone {
  const cells = 8;
  const patterns = syntheticFeatures({ featureDim: 3 * cells * cells, noise: 0.2, texts: false });
  return {
    fingerprint: fingerprint.padEnd(64, '0'),
    imageSize: side,
    featureDim: 32,
    async graph() {
      const model = await readFile(fixture);
      return {
        model,
        input: 'pixel_values',
        output: 'last_hidden_state',
        take: 'first-token',
      };
    },
    async pixels(images, { signal } = {}) {
      const rows = await patterns.images(images, { signal });
      const data = new Float32Array(images.length * 3 * side * side);
      for (let i = 0; i < data.length; i += 1) {
        const [image, place] = [Math.floor(i / (3 * side * side)), i % (3 * side * side)];
        const [channel, y, x] = [
          Math.floor(place / side ** 2),
          Math.floor(place / side) % side,
          place % side,
        ];
        const cell = channel * cells ** 2 + Math.floor(y / 4) * cells + Math.floor(x / 4);
        data[i] = 0.2 * rows.data[image * rows.cols + cell]!;
      }
      return { dtype: 'float32', dims: [images.length, 3, side, side], data };
    },
  };
}
