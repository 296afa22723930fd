/** A transformer of a few thousand weights and its features, for tests of learners that train through a backbone. */
import { Emitter, type Value } from '@cl/autodiff';
import {
  createRandom,
  throwIfAborted,
  type FeatureSource,
  type ImageRef,
  type TrainableBackbone,
} from '@cl/hub';
import { modelFromGraph, writeModel, type OnnxGraph } from '@cl/onnx';
import { createFeatureExtractor } from '../feature-extractor.ts';
import { openImageModel } from '../image-model.ts';

/** Sizes of a {@link smallVit}. */
export interface SmallVitOptions {
  /** Attentions; 2 when absent. */
  readonly layers?: number;
  /** Numbers of a token; 8 when absent. */
  readonly width?: number;
  /** 2 when absent; they divide the width. */
  readonly heads?: number;
  /** `false` leaves out the projections of the attentions: q = k = v. */
  readonly projections?: boolean;
}

/** Images are 8 × 8, patches 4 × 4: four tokens. */
const side = 8;

/**
 * A ViT without LayerNorm or MLP: patch embedding, attentions with residuals, the first token. It takes images of 8 × 8
 * pixels in memory, as `tileStream` has them, and any number of them at a time.
 */
export function smallVit(options: SmallVitOptions = {}): TrainableBackbone {
  const { layers = 2, width = 8, heads = 2, projections = true } = options;
  const empty = { opset: 21, inputs: [], outputs: [], nodes: [] };
  const graph = { ...empty, domains: {}, initializers: new Map(), types: new Map() };
  const model = (rows: number): OnnxGraph => {
    const g = new Emitter(graph);
    const random = createRandom('small-vit');
    const weight = (rows: number, cols: number): Value => {
      const data = Float32Array.from(
        { length: rows * cols },
        () => random.normal() / Math.sqrt(rows),
      );
      return g.constant({ dtype: 'float32', dims: [rows, cols], data }, 'weight');
    };
    const pixels = g.input('pixels', 'float32', [rows, 3, side, side]);
    const patches = g.transpose(g.reshape(pixels, [rows, 3, 2, 4, 2, 4]), [0, 2, 4, 1, 3, 5]);
    let x = g.matMul(g.reshape(patches, [rows, 4, 48]), weight(48, width)); // [N, T, D]
    for (let layer = 0; layer < layers; layer++) {
      const split = (y: Value): Value =>
        g.transpose(g.reshape(y, [rows, 4, heads, width / heads]), [0, 2, 1, 3]);
      const project = (): Value => split(projections ? g.matMul(x, weight(width, width)) : x);
      const [q, k, v] = [project(), project(), project()];
      const scores = g.mul(g.matMul(q, g.swap(k)), 1 / Math.sqrt(width / heads));
      const attended = g.matMul(g.softmax(scores, -1), v);
      x = g.add(x, g.tanh(g.reshape(g.transpose(attended, [0, 2, 1, 3]), [rows, 4, width])));
    }
    return g.build([g.rename(x, 'tokens')]);
  };
  return {
    fingerprint: `small-vit-${layers}-${width}`,
    imageSize: side,
    featureDim: width,
    graph: () => {
      // Sizes that follow the batch are written as 0 (keep) or by name, as exporters do.
      const graph = anyBatch(model(3));
      const bytes = writeModel(modelFromGraph(graph));
      return Promise.resolve({
        model: bytes,
        input: 'pixels',
        output: 'tokens',
        take: 'first-token',
      });
    },
    pixels: (images, { signal, views } = {}) => {
      throwIfAborted('pixels', signal);
      const data = new Float32Array(images.length * 3 * side * side);
      images.forEach((image, i) => {
        data.set(pixelsOf(image, views?.[i]?.flip ?? false), i * 3 * side * side);
      });
      return Promise.resolve({ dtype: 'float32', dims: [images.length, 3, side, side], data });
    },
  };
}

/** The graph with its batch of 3 made a name, in inputs, outputs and the shapes that reshape. */
function anyBatch(graph: OnnxGraph): OnnxGraph {
  const named = (dims: readonly (number | string)[]) => ['batch', ...dims.slice(1)];
  const shapes = new Set(
    graph.nodes.filter(({ opType }) => opType === 'Reshape').map(({ inputs }) => inputs[1]!),
  );
  const initializers = new Map(graph.initializers);
  for (const name of shapes) {
    const tensor = initializers.get(name)!;
    const data = (tensor.data as BigInt64Array).slice();
    data[0] = 0n; // as the input has it
    initializers.set(name, { ...tensor, data });
  }
  const types = new Map([...graph.types].filter(([name]) => graph.outputs.includes(name)));
  for (const [name, type] of types) types.set(name, { ...type, dims: named(type.dims) });
  for (const [name, { dtype, dims }] of initializers) types.set(name, { elementType: dtype, dims });
  const inputs = graph.inputs.map((input) => ({ ...input, dims: named(input.dims) }));
  for (const input of inputs) types.set(input.name, input);
  return { ...graph, inputs, initializers, types };
}

/** The features of a backbone, computed when they are asked for and remembered for each image's id. */
export function featuresOf(backbone: TrainableBackbone): FeatureSource {
  const known = new Map<string, Float32Array>();
  return {
    fingerprint: backbone.fingerprint,
    featureDim: backbone.featureDim,
    async images(images, work) {
      throwIfAborted('features', work?.signal);
      const missing = images.filter(({ id }) => !known.has(id));
      if (missing.length > 0) {
        const extractor = createFeatureExtractor(await openImageModel(backbone), { threads: 1 });
        const { cols, data } = await extractor.features(missing);
        await extractor.dispose();
        missing.forEach(({ id }, i) => known.set(id, data.slice(i * cols, (i + 1) * cols)));
      }
      const data = new Float32Array(images.length * backbone.featureDim);
      images.forEach(({ id }, i) => {
        data.set(known.get(id)!, i * backbone.featureDim);
      });
      return { rows: images.length, cols: backbone.featureDim, data };
    },
  };
}

/** [3, 8, 8] from an image of 8 × 8 pixels. */
function pixelsOf({ source }: ImageRef, flip: boolean): Float32Array {
  const data = new Float32Array(3 * side * side);
  if (source.kind !== 'pixels') return data;
  for (let p = 0; p < side * side; p++) {
    const column = flip ? side - 1 - (p % side) : p % side;
    const from = Math.floor(p / side) * side + column;
    for (let c = 0; c < 3; c++) data[c * side * side + p] = source.data[from * 3 + c]! / 127.5 - 1;
  }
  return data;
}
