import {
  dropUnreadTokens,
  GraphBuilder,
  graphFromModel,
  inferTypes,
  rewriteForAnyBatch,
  type GraphNode,
  type OnnxGraph,
} from '@cl/onnx';
import { describe, expect, test } from 'vitest';
import { expectSame, graphOf, noise } from './same-results.ts';

/** float32 through two to six layers, relative to the largest feature. */
const tolerance = 1e-5;

/** A vision transformer of which the first token is read. */
interface Case {
  readonly file: string;
  readonly size: number;
  readonly tokens: number;
  readonly width: number;
  readonly hidden: number;
  /** The projections of q, k and v are one product, which is needed whole. */
  readonly fused: boolean;
}

const small = { size: 32, tokens: 17, width: 32, hidden: 64, fused: false };
const cases: readonly Case[] = [
  ...['opset11', 'opset14', 'opset17', 'dynamo', 'dynamo23'].map((e) => ({
    ...small,
    file: `fixtures/vit-${e}`,
  })),
  ...['opset11', 'opset14', 'opset17', 'dynamo'].flatMap((e) => [
    { ...small, file: `fixtures/deit-${e}`, tokens: 18 }, // one to distil
    { ...small, file: `fixtures/clip-vision-${e}` },
  ]),
  ...['opset14', 'opset17'].map((e) => ({ ...small, file: `fixtures/dinov2-${e}` })),
  ...['opset11', 'dynamo'].map((e) => ({ ...small, file: `fixtures/fused-${e}`, fused: true })),
  {
    file: '../../tiny-clip/model/onnx/vision_model',
    size: 48,
    tokens: 17,
    width: 192,
    hidden: 768,
    fused: false,
  },
];

/** The graph from pixels to the features of each image: `image_embeds`, or the first token. */
async function featuresOf(file: string): Promise<OnnxGraph> {
  const graph = await graphOf(`${file}.onnx`);
  if (graph.outputs.includes('image_embeds')) return { ...graph, outputs: ['image_embeds'] };
  const zero = { dtype: 'int64', dims: [], data: BigInt64Array.of(0n) } as const;
  const first: GraphNode = {
    opType: 'Gather',
    domain: '',
    name: 'first token',
    inputs: ['last_hidden_state', 'zero'],
    outputs: ['features'],
    attributes: { axis: 1n },
  };
  return {
    ...graph,
    outputs: ['features'],
    nodes: [...graph.nodes, first],
    initializers: new Map([...graph.initializers, ['zero', zero]]),
    types: new Map([
      ...graph.types,
      ['features', { elementType: 'float32', dims: ['batch', '?'] }],
    ]),
  };
}

const leanOf = (graph: OnnxGraph, size: number): OnnxGraph | undefined =>
  rewriteForAnyBatch(graph, { name: 'pixel_values', dims: [3, size, size] }, dropUnreadTokens);

/** Multiplications in products of matrices, for one image. */
function multiplications(graph: OnnxGraph, size: number): number {
  const rows = 2;
  const { nodes, types } = inferTypes(graph, {
    inputDims: { pixel_values: [rows, 3, size, size] },
  });
  const dims = (name: string): readonly number[] => types.get(name)!.dims.map((dim) => Number(dim));
  const count = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);
  let sum = 0;
  for (const { opType, inputs, outputs } of nodes) {
    if (opType === 'MatMul') sum += count(dims(outputs[0]!)) * dims(inputs[0]!).at(-1)!;
    if (opType === 'Attention') sum += 2 * count(dims(inputs[0]!)) * dims(inputs[1]!)[2]!;
  }
  return sum / rows;
}

describe.each(cases)('the first token of $file', ({ file, size, ...sizes }) => {
  test('is the same without the others, at every batch size', async () => {
    const graph = await featuresOf(file);
    const lean = leanOf(graph, size)!;
    for (const batch of [1, 2, 3, 4, 7]) {
      await expectSame(graph, lean, noise([batch, 3, size, size]), tolerance);
    }
  });

  test('costs the queries, the output projection and the MLP of one token less than all', async () => {
    const graph = await featuresOf(file);
    const { tokens, width, hidden, fused } = sizes;
    // Of each token: q, the scores and the mean of the values, the projection after it, two layers of the MLP.
    const query = fused ? 0 : width * width;
    const each = query + 2 * tokens * width + width * width + 2 * width * hidden;
    const saved = multiplications(graph, size) - multiplications(leanOf(graph, size)!, size);
    expect(saved).toBe((tokens - 1) * each);
  });
});

/** x [2, 4, 6] → an operator → the first of the four. */
function firstAfter(
  opset: number,
  opType: string,
  attributes: Record<string, bigint | readonly bigint[]>,
): OnnxGraph {
  const g = new GraphBuilder({ opset });
  const x = g.node('Neg', [g.input('x', 'float32', [2, 4, 6])]);
  const zero = g.initializer('zero', { dtype: 'int64', dims: [], data: BigInt64Array.of(0n) });
  const y = g.node(opType, [x], attributes);
  g.output(g.node('Gather', [y, zero], { axis: 1n }), 'float32', [2, 6]);
  return inferTypes(graphFromModel(g.build()));
}

test.each([
  [17, 'Softmax', { axis: -1n }, true],
  [17, 'Softmax', { axis: 1n }, false],
  [11, 'Softmax', { axis: 2n }, true],
  [11, 'Softmax', {}, false], // over axes 1 and 2 together
  [17, 'LayerNormalization', { axis: -1n }, true],
  [17, 'LayerNormalization', { axis: 1n }, false],
  [17, 'ReduceMean', { axes: [2n] }, true],
  [17, 'ReduceMean', { axes: [1n] }, false],
  [17, 'ReduceMean', {}, false], // over all axes
  [17, 'CumSum', {}, false], // not known here: all of its input is needed
] as const)('opset %i: %s %o treats entries alone: %s', (opset, opType, attributes, alone) => {
  const graph = firstAfter(opset, opType, attributes);
  const lean = dropUnreadTokens(graph);
  expect(lean !== graph).toBe(alone);
  const operator = lean.nodes.find((node) => node.opType === opType)!;
  expect(lean.types.get(operator.outputs[0]!)!.dims[1]).toBe(
    alone ? 1 : graph.types.get(operator.outputs[0]!)!.dims[1],
  );
});

test('features that are a mean of all tokens stay as they are', async () => {
  const graph = await graphOf('fixtures/vit-opset17.onnx');
  const mean: GraphNode = {
    opType: 'ReduceMean',
    domain: '',
    name: 'pooled',
    inputs: ['last_hidden_state'],
    outputs: ['pooled'],
    attributes: { axes: [1n], keepdims: 0n },
  };
  expect(leanOf({ ...graph, outputs: ['pooled'], nodes: [...graph.nodes, mean] }, 32)).toBe(
    undefined,
  );
  expect(leanOf(graph, 32)).toBe(undefined); // all tokens are an output
});
