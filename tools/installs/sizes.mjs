// @ts-check
const onnxruntime = ['onnxruntime-node'];
const transformers = ['@huggingface/transformers', 'onnxruntime-node', 'onnxruntime-web', 'sharp'];

/**
 * What each package may weigh: kilobytes of its tarball, megabytes of `node_modules` when it is installed alone, and the
 * packages with native code or of great size that come with it. A change that needs more says why.
 *
 * @type {Readonly<Record<string, { packed: number, installed: number, native: readonly string[] }>>}
 */
export const sizes = {
  '@cl/autodiff': { packed: 200, installed: 350, native: onnxruntime },
  '@cl/backbone': { packed: 200, installed: 550, native: transformers },
  '@cl/baselines': { packed: 200, installed: 350, native: onnxruntime },
  '@cl/datasets': { packed: 3000, installed: 60, native: ['sharp'] },
  '@cl/hub': { packed: 160, installed: 2, native: [] },
  '@cl/images': { packed: 40, installed: 30, native: ['sharp'] },
  '@cl/linalg': { packed: 120, installed: 350, native: onnxruntime },
  '@cl/metrics': { packed: 60, installed: 2, native: [] },
  '@cl/model-hub': { packed: 60, installed: 30, native: [] },
  '@cl/onnx': { packed: 250, installed: 8, native: [] },
  '@cl/rail': { packed: 100, installed: 350, native: onnxruntime },
  '@cl/reference': { packed: 200, installed: 650, native: [...transformers, 'vega'] },
  '@cl/report': { packed: 200, installed: 50, native: ['vega'] },
  '@cl/runner': { packed: 120, installed: 40, native: ['sharp'] },
  '@cl/sotu': { packed: 150, installed: 350, native: onnxruntime },
  '@cl/testing': { packed: 140, installed: 3, native: [] },
  '@cl/tiny-clip': { packed: 16_000, installed: 20, native: [] },
  '@cl/training': { packed: 150, installed: 350, native: onnxruntime },
  '@cl/vq-prompt': { packed: 150, installed: 350, native: onnxruntime },
  'create-cl-plugin': { packed: 40, installed: 4, native: [] },
  '@cl/zero-shot': { packed: 50, installed: 350, native: onnxruntime },
};
