/**
 * A Vision Transformer with random weights, in the form that `simplify` gives exported ones: for measurements of time and
 * memory, which do not depend on what the weights are.
 */
import { Emitter, type Value } from '@cl/autodiff';
import { createRandom } from '@cl/hub';
import type { OnnxGraph, OnnxTensor } from '@cl/onnx';

/** The shape of a ViT; that of ViT-B/16 at 224 pixels when absent. */
export interface VitShape {
  readonly layers?: number;
  readonly width?: number;
  readonly heads?: number;
  readonly hidden?: number;
  readonly imageSize?: number;
  readonly patchSize?: number;
}

/** 86 million parameters. */
export const vitB16 = {
  layers: 12,
  width: 768,
  heads: 12,
  hidden: 3072,
  imageSize: 224,
  patchSize: 16,
} as const;

/**
 * The graph: `pixels` float32 [rows, 3, S, S] → `tokens` [rows, T, D] and `features` [rows, D], the first token. Weights
 * are initializers, for `parameterize`; `block.0/input`, `block.1/input`, … are the values between blocks.
 */
export function vitGraph(rows: number, shape: VitShape = {}): OnnxGraph {
  const { layers, width, heads, hidden, imageSize, patchSize } = { ...vitB16, ...shape };
  const g = new Emitter(emptyGraph);
  const side = imageSize / patchSize;
  const tokens = side ** 2 + 1;
  const pixels = g.input('pixels', 'float32', [rows, 3, imageSize, imageSize]);
  const patches = g.node(
    'Conv',
    [pixels, weight(g, 'patch.weight', [width, 3, patchSize, patchSize])],
    { elementType: 'float32', dims: [rows, width, side, side] },
    { strides: [BigInt(patchSize), BigInt(patchSize)] },
  );
  const sequence = g.transpose(g.reshape(patches, [rows, width, side ** 2]), [0, 2, 1]);
  const first = g.expand(weight(g, 'class_token', [1, 1, width]), [rows, 1, width]);
  let x = g.add(g.concat([first, sequence], 1), weight(g, 'position', [1, tokens, width]));
  for (let layer = 0; layer < layers; layer++) {
    const at = `block.${layer}`;
    x = g.rename(x, `${at}/input`);
    x = g.add(attention(g, layerNorm(g, x, `${at}.norm1`), `${at}.attention`, heads), x);
    const h = gelu(g, linear(g, layerNorm(g, x, `${at}.norm2`), `${at}.fc1`, hidden));
    x = g.add(linear(g, h, `${at}.fc2`, width), x);
  }
  const all = g.rename(layerNorm(g, x, 'norm'), 'tokens');
  const features = g.rename(g.reshape(g.slice(all, 1, 0, 1), [rows, width]), 'features');
  const built = g.build([all, features]);
  const [input, ...weights] = built.inputs;
  return {
    ...built,
    inputs: [input!],
    initializers: new Map([
      ...built.initializers,
      ...weights.map(({ name, dims }) => [name, randomWeight(name, dims as number[])] as const),
    ]),
  };
}

/** A graph without anything in it. */
const emptyGraph: OnnxGraph = {
  opset: 21,
  domains: {},
  inputs: [],
  outputs: [],
  nodes: [],
  initializers: new Map(),
  types: new Map(),
};

/** softmax(q kᵀ/√d) v for each head, with projections before and after. */
function attention(g: Emitter, x: Value, name: string, heads: number): Value {
  const [rows, tokens, width] = x.dims as [number, number, number];
  const depth = width / heads;
  const split = (part: string, perm: number[]): Value =>
    g.transpose(
      g.reshape(linear(g, x, `${name}.${part}`, width), [rows, tokens, heads, depth]),
      perm,
    );
  const [q, k] = [split('query', [0, 2, 1, 3]), split('key', [0, 2, 3, 1])];
  const p = g.softmax(g.mul(g.matMul(q, k), 1 / Math.sqrt(depth)), -1); // [N, H, T, T]
  const o = g.transpose(g.matMul(p, split('value', [0, 2, 1, 3])), [0, 2, 1, 3]);
  return linear(g, g.reshape(o, [rows, tokens, width]), `${name}.out`, width);
}

function linear(g: Emitter, x: Value, name: string, width: number): Value {
  const w = weight(g, `${name}.weight`, [x.dims.at(-1)!, width]);
  return g.add(g.matMul(x, w), weight(g, `${name}.bias`, [width]));
}

function layerNorm(g: Emitter, x: Value, name: string): Value {
  const width = x.dims.at(-1)!;
  const inputs = [x, weight(g, `${name}.weight`, [width]), weight(g, `${name}.bias`, [width])];
  return g.node('LayerNormalization', inputs, x, { axis: -1n, epsilon: 1e-6 });
}

function gelu(g: Emitter, x: Value): Value {
  return g.node('Gelu', [x], x, { approximate: 'none' });
}

/** A weight: an input until the graph is whole. */
function weight(g: Emitter, name: string, dims: readonly number[]): Value {
  return g.input(name, 'float32', dims);
}

const random = createRandom('vit');
/** 65,537 is a prime: no matrix of weights repeats itself row by row. */
const normals = Float32Array.from({ length: 65_537 }, () => random.normal());

/** N(0, 0.02²), or N(1, 0.02²) for the factors of norms. Normal numbers are used over and over: making them takes long. */
export function randomWeight(name: string, dims: readonly number[]): OnnxTensor<'float32'> {
  const mean = /norm\d?\.weight$/.test(name) ? 1 : 0;
  const start =
    Array.from(name).reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 65_537;
  const data = new Float32Array(dims.reduce((size, dim) => size * dim, 1));
  for (let i = 0; i < data.length; i++) data[i] = mean + 0.02 * normals[(start + i) % 65_537]!;
  return { dtype: 'float32', dims, data };
}
