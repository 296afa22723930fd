/** A ViT-B/16 with random weights in Hugging Face layout: 86 million parameters, 344 MB. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom } from '@cl/hub';
import { GraphBuilder, writeModel } from '@cl/onnx';

const width = 768;
const heads = 12;
const layers = 12;
const hidden = 3072;
const tokens = 197; // 14 × 14 patches and the class token

/**
 * Floating-point operations in the matrix products that the first token of the last block needs, for one image: all of
 * eleven blocks; of the last one keys and values for all tokens and the rest for one. 32.7 GFLOP of the whole model's 35.
 */
export const productsOfVitB16: number = (() => {
  const patches = (tokens - 1) * 3 * 16 * 16 * width;
  const block = (read: number): number =>
    2 * tokens * width * width + // keys, values
    read * (2 * width * width + 2 * tokens * width + 2 * width * hidden);
  return 2 * (patches + (layers - 1) * block(tokens) + block(1));
})();

/** The preprocessor of google/vit-base-patch16-224, cropping instead of squeezing. */
const preprocessor = {
  crop_size: { height: 224, width: 224 },
  do_center_crop: true,
  do_normalize: true,
  do_rescale: true,
  do_resize: true,
  image_mean: [0.5, 0.5, 0.5],
  image_processor_type: 'ViTImageProcessor',
  image_std: [0.5, 0.5, 0.5],
  resample: 3,
  rescale_factor: 1 / 255,
  size: { shortest_edge: 224 },
};

/** Writes the model into a folder: the nodes of transformers' export at opset 17, GELU spelled out. */
export function writeVitB16(folder: string): void {
  const random = createRandom(0);
  const graph = new GraphBuilder({ opset: 17, irVersion: 8 });
  let names = 0;
  const weights = (dims: readonly number[], scale: number, mean = 0): string => {
    const data = new Float32Array(dims.reduce((a, b) => a * b, 1));
    const pool = Float32Array.from({ length: 4099 }, () => random.normal()); // cheap, and full rank
    const step = 1 + random.integer(4000);
    for (let i = 0, j = 0; i < data.length; i += 1, j = (j + step) % 4099) {
      data[i] = mean + scale * pool[j]! * (1 + ((i * 7) % 13) / 13);
    }
    return graph.initializer(`w${(names += 1)}`, { dtype: 'float32', dims, data });
  };
  const ints = (...values: number[]): string =>
    graph.initializer(`i${(names += 1)}`, {
      dtype: 'int64',
      dims: [values.length],
      data: BigInt64Array.from(values, BigInt),
    });
  const scalar = (value: number): string =>
    graph.initializer(`s${(names += 1)}`, {
      dtype: 'float32',
      dims: [],
      data: Float32Array.of(value),
    });
  const linear = (x: string, rows: number, cols: number): string =>
    graph.node('Add', [
      graph.node('MatMul', [x, weights([rows, cols], 0.02)]),
      weights([cols], 0.02),
    ]);
  const norm = (x: string): string =>
    graph.node('LayerNormalization', [x, weights([width], 0.1, 1), weights([width], 0.1)], {
      axis: -1n,
      epsilon: 1e-12,
    });
  const split = ints(0, 0, heads, width / heads);
  const join3 = ints(0, 0, width);
  const headsOf = (x: string, perm: readonly bigint[]): string =>
    graph.node('Transpose', [graph.node('Reshape', [linear(x, width, width), split])], { perm });

  const pixels = graph.input('pixel_values', 'float32', ['batch', 3, 224, 224]);
  const patches = graph.node(
    'Conv',
    [pixels, weights([width, 3, 16, 16], 0.02), weights([width], 0.02)],
    {
      kernel_shape: [16n, 16n],
      strides: [16n, 16n],
    },
  );
  const flat = graph.node('Reshape', [patches, ints(0, width, tokens - 1)]);
  const sequence = graph.node('Transpose', [flat], { perm: [0n, 2n, 1n] });
  const batch = graph.node('Slice', [graph.node('Shape', [pixels]), ints(0), ints(1)]);
  const classShape = graph.node('Concat', [batch, ints(1, width)], { axis: 0n });
  const classToken = graph.node('Expand', [weights([1, 1, width], 0.02), classShape]);
  let x = graph.node('Concat', [classToken, sequence], { axis: 1n });
  x = graph.node('Add', [x, weights([1, tokens, width], 0.02)]);
  for (let layer = 0; layer < layers; layer += 1) {
    const h = norm(x);
    const query = headsOf(h, [0n, 2n, 1n, 3n]);
    const key = headsOf(h, [0n, 2n, 3n, 1n]);
    const value = headsOf(h, [0n, 2n, 1n, 3n]);
    const scores = graph.node('Div', [graph.node('MatMul', [query, key]), scalar(8)]); // √64
    const attention = graph.node('MatMul', [graph.node('Softmax', [scores], { axis: -1n }), value]);
    const merged = graph.node('Transpose', [attention], { perm: [0n, 2n, 1n, 3n] });
    x = graph.node('Add', [linear(graph.node('Reshape', [merged, join3]), width, width), x]);
    const z = linear(norm(x), width, hidden);
    const erf = graph.node('Erf', [graph.node('Div', [z, scalar(Math.SQRT2)])]);
    const gate = graph.node('Mul', [z, graph.node('Add', [erf, scalar(1)])]);
    x = graph.node('Add', [linear(graph.node('Mul', [gate, scalar(0.5)]), hidden, width), x]);
  }
  const gain = [weights([width], 0.1, 1), weights([width], 0.1)];
  const last = { axis: -1n, epsilon: 1e-12 };
  graph.node('LayerNormalization', [x, ...gain], last, { outputs: ['last_hidden_state'] });
  graph.output('last_hidden_state', 'float32', ['batch', tokens, width]);

  mkdirSync(join(folder, 'onnx'), { recursive: true });
  writeFileSync(join(folder, 'onnx', 'model.onnx'), writeModel(graph.build()));
  const config = { model_type: 'vit', hidden_size: width, image_size: 224, patch_size: 16 };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'preprocessor_config.json'), JSON.stringify(preprocessor));
}
