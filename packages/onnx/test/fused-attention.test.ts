/** Attention as one operator: the same values, wherever all keys are seen and nowhere else. */
import {
  attentionSites,
  foldConstants,
  fuseAttention,
  GraphBuilder,
  graphFromModel,
  inferTypes,
  rewriteForAnyBatch,
  type OnnxGraph,
} from '@cl/onnx';
import { expect, test } from 'vitest';
import { expectSame, graphOf, noise } from './same-results.ts';

/** float32 through two to six layers, relative to the largest feature. */
const tolerance = 1e-5;

const fused = ({ nodes }: OnnxGraph) =>
  nodes.filter(
    ({ opType, domain }) => `${domain}.${opType}` === 'com.microsoft.MultiHeadAttention',
  );
const count = ({ nodes }: OnnxGraph, opType: string): number =>
  nodes.filter((node) => node.opType === opType).length;

const tinyClip = '../../tiny-clip/model/onnx/vision_model.onnx';

test.each([
  ...['opset11', 'opset14', 'opset17', 'dynamo'].flatMap((e) =>
    [`vit-${e}`, `deit-${e}`, `clip-vision-${e}`].map(
      (name) => [`fixtures/${name}.onnx`, 32, 2] as const,
    ),
  ),
  ['fixtures/vit-dynamo23.onnx', 32, 2],
  ['fixtures/dinov2-opset14.onnx', 32, 2],
  ['fixtures/dinov2-opset17.onnx', 32, 2],
  ['fixtures/vit-6-layers-opset17.onnx', 32, 6],
  [tinyClip, 48, 6],
] as const)('%s: every attention is one node, at every batch size', async (path, size, layers) => {
  const graph = await graphOf(path);
  const result = rewriteForAnyBatch(
    graph,
    { name: 'pixel_values', dims: [3, size, size] },
    fuseAttention,
  )!;
  expect(fused(result)).toHaveLength(layers);
  expect(count(result, 'Softmax')).toBe(0);
  for (const batch of [1, 3, 8]) {
    await expectSame(graph, result, noise([batch, 3, size, size]), tolerance);
  }
});

test.each([
  ['fixtures/fused-opset11.onnx', 'queries, keys and values out of one product'],
  ['fixtures/fused-dynamo.onnx', 'queries, keys and values out of one product'],
])('%s stays: %s', async (path) => {
  const known = foldConstants(await graphOf(path), { inputDims: { pixel_values: [2, 3, 32, 32] } });
  expect(attentionSites(known)).toHaveLength(2);
  expect(fuseAttention(known)).toBe(known);
});

test('a text tower keeps its causal mask', async () => {
  const graph = await graphOf('fixtures/clip-text-opset14.onnx');
  const inputDims = Object.fromEntries(graph.inputs.map(({ name }) => [name, [2, 7]]));
  const known = foldConstants(graph, { inputDims });
  const sites = attentionSites(known);
  expect(sites.map(({ mask }) => mask !== undefined)).toEqual(sites.map(() => true));
  expect(sites.length).toBeGreaterThan(0);
  expect(fuseAttention(known)).toBe(known);
});

type Step = (g: GraphBuilder, value: string) => string;

/** Self-attention of x [2, 5, 8] with two heads; `scores` [2, 2, 5, 5] may be changed on their way. */
function selfAttention({
  changed = (_, scores) => scores,
  queryScale = 0.7,
  scoreScale = 1,
}: {
  changed?: Step;
  queryScale?: number;
  scoreScale?: number;
}): OnnxGraph {
  const g = new GraphBuilder({ opset: 21 });
  const shape = (name: string, ...dims: bigint[]): string =>
    g.initializer(name, { dtype: 'int64', dims: [dims.length], data: BigInt64Array.from(dims) });
  const number = (value: number): string =>
    g.initializer(`n${value}`, { dtype: 'float32', dims: [], data: Float32Array.of(value) });
  const x = g.input('x', 'float32', [2, 5, 8]);
  const split = shape('split', 0n, 0n, 2n, 4n);
  const heads = (perm: readonly bigint[], i: number): string => {
    const data = noise([8, 8]).data as Float32Array;
    const weights = g.initializer(`w${i}`, {
      dtype: 'float32',
      dims: [8, 8],
      data: data.map((value, j) => Math.cos(value + i + j) / 3),
    });
    const reshaped = g.node('Reshape', [g.node('MatMul', [x, weights]), split]);
    return g.node('Transpose', [reshaped], { perm });
  };
  const q = g.node('Mul', [heads([0n, 2n, 1n, 3n], 0), number(queryScale)]);
  const k = heads([0n, 2n, 3n, 1n], 1);
  const v = heads([0n, 2n, 1n, 3n], 2);
  const scores = g.node('Mul', [g.node('MatMul', [q, k]), number(scoreScale)]);
  const softmax = g.node('Softmax', [changed(g, scores)], { axis: -1n });
  const merged = g.node('Transpose', [g.node('MatMul', [softmax, v])], { perm: [0n, 2n, 1n, 3n] });
  g.output(g.node('Reshape', [merged, shape('join', 0n, 0n, 8n)]), 'float32', [2, 5, 8]);
  return inferTypes(graphFromModel(g.build()));
}

test.each([
  [2, 1],
  [0.5, 1],
  [0.25, 3],
])('factors %f of the queries and %f of the scores are one', async (queryScale, scoreScale) => {
  const graph = selfAttention({ queryScale, scoreScale });
  const result = fuseAttention(graph);
  const [node] = fused(result);
  expect(node!.attributes).toEqual({ num_heads: 2n, scale: queryScale * scoreScale });
  await expectSame(graph, result, noise([2, 5, 8]), tolerance);
});

const mask = (g: GraphBuilder, name: string, ...values: number[]): string =>
  g.initializer(name, {
    dtype: 'float32',
    dims: [1, 1, 1, 5],
    data: Float32Array.from({ length: 5 }, (_, i) => values[i] ?? 0),
  });

test('a mask of zeros is none', async () => {
  const graph = selfAttention({ changed: (g, s) => g.node('Add', [s, mask(g, 'zeros')]) });
  const result = fuseAttention(graph);
  expect(fused(result)).toHaveLength(1);
  await expectSame(graph, result, noise([2, 5, 8]), tolerance);
});

test.each<[string, Step]>([
  ['a mask', (g, s) => g.node('Add', [s, mask(g, 'some', 0, -100)])],
  [
    'a mask below one of zeros',
    (g, s) => g.node('Add', [g.node('Add', [s, mask(g, 'some', 0, -100)]), mask(g, 'zeros')]),
  ],
  ['a mask that is computed', (g, s) => g.node('Add', [s, g.node('Neg', [mask(g, 'some', 3)])])],
  [
    'a mask that is an input',
    (g, s) => g.node('Add', [g.input('mask', 'float32', [1, 1, 1, 5]), s]),
  ],
])('%s stays', (_, changed) => {
  const graph = selfAttention({ changed });
  expect(fuseAttention(graph)).toBe(graph);
});
