import {
  attentionSites,
  graphFromModel,
  inferTypes,
  modelFromGraph,
  readModel,
  simplify,
  weightsOf,
  writeModel,
  type OnnxGraph,
} from '@cl/onnx';
import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';

/** float32 through two layers: relative to the largest output. */
const tolerance = 1e-5;

interface Case {
  readonly file: string;
  readonly dims: readonly number[];
  readonly layerNorms: number;
  readonly gelus: readonly [string, number];
  readonly attentions: number;
  readonly heads: number;
}

const fixture = (name: string): string => `fixtures/${name}.onnx`;
const tiny = (name: string): string => `../../tiny-clip/model/onnx/${name}_model.onnx`;
const exact = 'Gelu none';
const tanh = 'Gelu tanh';
const quick = 'QuickGelu 1.702';

// Two layers: two LayerNorms each and a last one; CLIP's vision tower has one before the first layer too.
const cases: readonly Case[] = [
  ...['opset11', 'opset14', 'opset17', 'dynamo'].flatMap((e): readonly Case[] => {
    const image = { dims: [3, 32, 32], attentions: 2, heads: 2 };
    const text = { dims: [12], attentions: 2, heads: 2 };
    return [
      { file: fixture(`vit-${e}`), ...image, layerNorms: 5, gelus: [exact, 2] },
      { file: fixture(`deit-${e}`), ...image, layerNorms: 5, gelus: [tanh, 2] },
      { file: fixture(`clip-vision-${e}`), ...image, layerNorms: 6, gelus: [quick, 2] },
      { file: fixture(`clip-text-${e}`), ...text, layerNorms: 5, gelus: [quick, 2] },
    ];
  }),
  ...['opset14', 'opset17'].map((e): Case => ({
    file: fixture(`dinov2-${e}`), // resizes its positions, and scales what each layer adds
    dims: [3, 32, 32],
    layerNorms: 5,
    gelus: [exact, 2],
    attentions: 2,
    heads: 2,
  })),
  ...['opset11', 'dynamo'].map((e): Case => ({
    file: fixture(`fused-${e}`), // one projection for q, k and v, as timm has it
    dims: [3, 32, 32],
    layerNorms: 5,
    gelus: [exact, 2],
    attentions: 2,
    heads: 2,
  })),
  {
    file: fixture('vit-dynamo23'), // the Attention operator
    dims: [3, 32, 32],
    layerNorms: 5,
    gelus: [exact, 2],
    attentions: 2,
    heads: 2,
  },
  {
    file: fixture('clip-text-dynamo23'),
    dims: [12],
    layerNorms: 5,
    gelus: [quick, 2],
    attentions: 2,
    heads: 2,
  },
  {
    file: fixture('vit-6-layers-opset17'), // step-by-step attention beside native LayerNormalization
    dims: [3, 32, 32],
    layerNorms: 13,
    gelus: [exact, 6],
    attentions: 6,
    heads: 4,
  },
  {
    file: tiny('vision'), // 6 layers, weights stored as half floats
    dims: [3, 48, 48],
    layerNorms: 14,
    gelus: [quick, 6],
    attentions: 6,
    heads: 3,
  },
  {
    file: tiny('text'), // 4 layers
    dims: [16],
    layerNorms: 9,
    gelus: [quick, 4],
    attentions: 4,
    heads: 2,
  },
];

async function graphOf(file: string): Promise<OnnxGraph> {
  return graphFromModel(readModel(await readFile(new URL(file, import.meta.url))));
}

function feedFor(graph: OnnxGraph, dims: readonly number[]): Record<string, Tensor> {
  const [{ name, elementType }] = graph.inputs as [OnnxGraph['inputs'][0]];
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (elementType === 'int64') {
    // Words 1 to 40 and the end-of-text token 49 at a place that differs from text to text.
    const length = dims[1]!;
    const ids = BigInt64Array.from({ length: size }, (_, i) =>
      i % length === length - 3 - Math.floor(i / length) ? 49n : BigInt((i * 7) % 40) + 1n,
    );
    return { [name]: new Tensor('int64', ids, dims) };
  }
  const pixels = Float32Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898) * 2);
  return { [name]: new Tensor('float32', pixels, dims) };
}

function gelusOf(graph: OnnxGraph): string[] {
  return graph.nodes
    .filter(({ opType }) => opType.endsWith('Gelu'))
    .map(({ opType, attributes: { approximate, alpha } }) =>
      typeof alpha === 'number'
        ? `${opType} ${alpha.toFixed(3)}`
        : `${opType} ${String(approximate)}`,
    );
}

test.each(cases)('$file means the same when it is simple', async (expected) => {
  const graph = await graphOf(expected.file);
  const original = await InferenceSession.create(
    await readFile(new URL(expected.file, import.meta.url)),
  );
  for (const batch of [1, 3]) {
    const dims = [batch, ...expected.dims];
    const simple = simplify(graph, { inputDims: { [graph.inputs[0]!.name]: dims } });
    const session = await InferenceSession.create(writeModel(modelFromGraph(simple)));
    const feed = feedFor(graph, dims);
    const [want, got] = [await original.run(feed), await session.run(feed)];
    expect(session.outputNames).toEqual(original.outputNames);
    for (const name of original.outputNames) {
      const [a, b] = [want[name]!.data as Float32Array, got[name]!.data as Float32Array];
      const largest = a.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
      const apart = a.reduce((max, x, i) => Math.max(max, Math.abs(x - b[i]!)), 0);
      expect(got[name]!.dims).toEqual(want[name]!.dims);
      expect(simple.types.get(name)!.dims).toEqual(want[name]!.dims);
      expect(largest).toBeGreaterThan(0.1);
      expect(apart / largest).toBeLessThan(tolerance);
    }
  }
});

test.each(cases)('$file: each LayerNorm, GELU and attention is found', async (expected) => {
  const graph = await graphOf(expected.file);
  const dims = [2, ...expected.dims];
  const simple = simplify(graph, { inputDims: { [graph.inputs[0]!.name]: dims } });
  const count = (opType: string): number =>
    simple.nodes.filter((node) => node.opType === opType).length;
  expect(count('LayerNormalization')).toBe(expected.layerNorms);
  const [kind, number] = expected.gelus;
  expect(gelusOf(simple)).toEqual(new Array<string>(number).fill(kind));
  // Nothing is left of how exporters spell these, nor of their arithmetic on shapes.
  for (const left of [
    'ReduceMean',
    'Erf',
    'Tanh',
    'Sigmoid',
    'Shape',
    'Where',
    'IsNaN',
    'Expand',
  ]) {
    expect([left, count(left)]).toEqual([left, 0]);
  }
  const sites = attentionSites(simple);
  expect(sites).toHaveLength(expected.attentions);
  expect(count('Softmax')).toBe(expected.attentions);
  const tokens = simple.types.get('last_hidden_state')!.dims[1];
  for (const site of sites) {
    expect(site.heads).toBe(expected.heads);
    expect([site.queries, site.keys]).toEqual([tokens, tokens]);
    expect(site.scale).toBeCloseTo(1 / Math.sqrt(site.headDim), 6);
    expect(site.mask !== undefined).toBe(expected.file.includes('text'));
    const of = (name: string): readonly (number | string)[] => simple.types.get(name)!.dims;
    const { heads, headDim } = site;
    expect(of(site.query)).toEqual([2, heads, tokens, headDim]);
    expect(of(site.key)[site.keyAxis]).toBe(tokens);
    expect(of(site.value)).toEqual([2, heads, tokens, headDim]);
    expect(of(site.output!)).toEqual([2, tokens, heads * headDim]);
  }
});

test('every export of one model comes to the same nodes', async () => {
  for (const [name, dims] of [
    ['vit', [2, 3, 32, 32]],
    ['deit', [2, 3, 32, 32]],
  ] as const) {
    const texts = await Promise.all(
      ['opset11', 'opset14'].map(async (e) => {
        const graph = simplify(await graphOf(fixture(`${name}-${e}`)), {
          inputDims: { pixel_values: dims },
        });
        return graph.nodes.map(({ opType }) => opType);
      }),
    );
    expect(texts[0]).toEqual(texts[1]);
    expect(texts[0]!.length).toBe(64); // of 187 to 204
  }
});

test('types that are inferred are those that the newer exporter wrote down', async () => {
  const graph = await graphOf(fixture('clip-vision-dynamo'));
  const inferred = inferTypes(graph, { inputDims: { pixel_values: [5, 3, 32, 32] } });
  let compared = 0;
  for (const [name, { elementType, dims }] of graph.types) {
    if (graph.initializers.has(name) || dims.includes('?')) continue;
    const written = dims.map((dim) => (dim === 'batch_size' ? 5 : dim));
    expect([name, inferred.types.get(name)]).toEqual([name, { elementType, dims: written }]);
    compared++;
  }
  expect(compared).toBeGreaterThan(60);
});

test('a size that stays free is free in the simple graph', async () => {
  for (const e of ['opset11', 'opset17', 'dynamo', 'dynamo23']) {
    const graph = await graphOf(fixture(`vit-${e}`));
    const simple = simplify(graph, { inputDims: { pixel_values: ['n', 3, 32, 32] } });
    const count = (opType: string): number =>
      simple.nodes.filter((node) => node.opType === opType).length;
    expect([count('LayerNormalization'), count('Gelu')]).toEqual([5, 2]);
    const sessions = await Promise.all(
      [graph, simple].map((g) => InferenceSession.create(writeModel(modelFromGraph(g)))),
    );
    for (const batch of [1, 3]) {
      const feed = feedFor(graph, [batch, 3, 32, 32]);
      const [a, b] = await Promise.all(
        sessions.map(async (s) => (await s.run(feed))['last_hidden_state']!.data as Float32Array),
      );
      const apart = a!.reduce((max, x, i) => Math.max(max, Math.abs(x - b![i]!)), 0);
      expect(apart).toBeLessThan(tolerance * 3); // outputs are around 3
    }
  }
});

test('a graph that will be trained keeps all its weights, and has the same nodes otherwise', async () => {
  for (const e of ['opset11', 'opset17', 'dynamo']) {
    const graph = await graphOf(fixture(`vit-${e}`));
    const inputDims = { pixel_values: [2, 3, 32, 32] };
    const weights = weightsOf(graph);
    const trained = simplify(graph, { inputDims, parameters: weights });
    expect(weights).toHaveLength(38); // 2 layers of 16, patch embedding 2, token, positions, last norm 2
    for (const name of weights) expect([...trained.initializers.keys()]).toContain(name);
    const count = (opType: string): number =>
      trained.nodes.filter((node) => node.opType === opType).length;
    const counts = ['LayerNormalization', 'Gelu', 'Expand', 'IsNaN'].map(count);
    expect(counts).toEqual([5, 2, 1, 0]); // the class token is expanded at each step
    expect(attentionSites(trained)).toHaveLength(2);
  }
});

test('weights stored as half floats stay behind their Cast when asked to', async () => {
  const graph = await graphOf(tiny('vision'));
  const inputDims = { pixel_values: [1, 3, 48, 48] };
  const kept = simplify(graph, { inputDims, keepHalfFloats: true });
  const folded = simplify(graph, { inputDims });
  const bytes = (g: OnnxGraph): number =>
    [...g.initializers.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  expect(bytes(folded) / bytes(kept)).toBeGreaterThan(1.9);
  expect(folded.nodes.some(({ opType }) => opType === 'Cast')).toBe(false);
  expect(kept.nodes.filter(({ opType }) => opType === 'LayerNormalization')).toHaveLength(14);
  expect(attentionSites(kept)).toHaveLength(6);
  const feed = feedFor(graph, inputDims.pixel_values);
  const [a, b] = await Promise.all(
    [folded, kept].map(async (g) => {
      const session = await InferenceSession.create(writeModel(modelFromGraph(g)));
      return (await session.run(feed))['image_embeds']!.data as Float32Array;
    }),
  );
  a!.forEach((value, i) => expect(b![i]).toBeCloseTo(value, 5));
});
