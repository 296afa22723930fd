import { Emitter, backward, gradientName } from '@cl/autodiff';
import { createEvaluator } from '@cl/autodiff/node';
import { createRandom, type Tensor } from '@cl/hub';
import {
  attentionSites,
  graphFromModel,
  readModel,
  simplify,
  type AttentionSite,
  type OnnxGraph,
} from '@cl/onnx';
import { attachPrefixes, type PrefixOptions } from '@cl/training';
import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

/** float32 products of 16 numbers and a softmax of up to 20. */
const tolerance = 1e-5;
const rows = 2;

// Every form in which attention is exported: the fixtures of @cl/onnx.
const folder = new URL('../../onnx/test/fixtures/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.onnx'));

function exported(file: string): OnnxGraph {
  const graph = graphFromModel(readModel(readFileSync(new URL(file, folder))));
  const dims = file.includes('text') ? [rows, 12] : [rows, 3, 32, 32];
  return simplify(graph, { inputDims: { [graph.inputs[0]!.name]: dims } });
}

/** Attention over [T, N, D] with heads merged into the batch, as torch's own module computes it. */
function tokenMajor(tokens: number, weights: 'random' | 'identity' = 'random'): OnnxGraph {
  const g = new Emitter(emptyGraph);
  const normed = g.input('x', 'float32', [tokens, rows, 8]);
  const project = (name: string) => {
    const data =
      weights === 'identity'
        ? Float32Array.from({ length: 64 }, (_, i) => (i % 9 === 0 ? 1 : 0))
        : normal(name, [8, 8]).data;
    const w = g.constant({ dtype: 'float32', dims: [8, 8], data }, name);
    const flat = g.reshape(g.matMul(normed, w), [tokens, rows * 2, 4]);
    return g.transpose(flat, [1, 0, 2]); // [N·H, T, d]
  };
  const [q, k, v] = [g.mul(project('q'), 0.5), project('k'), project('v')];
  const p = g.softmax(g.matMul(q, g.swap(k)), -1);
  const out = g.reshape(g.transpose(g.matMul(p, v), [1, 0, 2]), [tokens, rows, 8]);
  return g.build([g.rename(out, 'y')]);
}

const emptyGraph: OnnxGraph = {
  opset: 21,
  domains: {},
  inputs: [],
  outputs: [],
  nodes: [],
  initializers: new Map(),
  types: new Map(),
};

function normal(seed: string, dims: readonly number[]): Tensor<'float32'> {
  const random = createRandom(seed);
  const length = dims.reduce((size, dim) => size * dim, 1);
  return { dtype: 'float32', dims, data: Float32Array.from({ length }, () => random.normal()) };
}

/** The graph with an input `prompt.<layer>` of so many tokens at each layer, in front of its attentions. */
function prompted(
  graph: OnnxGraph,
  lengths: Readonly<Record<number, number>>,
  options?: PrefixOptions,
): OnnxGraph {
  const sites = attentionSites(graph);
  const width = (sites[0]?.heads ?? 1) * (sites[0]?.headDim ?? 1);
  const inputs = Object.entries(lengths).map(([layer, length]) => ({
    name: `prompt.${layer}`,
    elementType: 'float32' as const,
    dims: [rows, length, width],
  }));
  const open = { ...graph, inputs: [...graph.inputs, ...inputs] };
  const prompts = Object.keys(lengths).map((layer) => ({
    layer: Number(layer),
    prompt: `prompt.${layer}`,
  }));
  return attachPrefixes(open, sites, prompts, options);
}

/** Any values of a graph, for prompts that are given or drawn. */
async function valuesOf(
  graph: OnnxGraph,
  outputs: readonly string[],
  given: Readonly<Record<string, Tensor>> = {},
): Promise<Record<string, Tensor>> {
  const feeds = graph.inputs.map(({ name, elementType, dims }): [string, Tensor] => {
    const size = dims as number[];
    if (given[name] !== undefined) return [name, given[name]];
    if (elementType === 'float32') return [name, normal(name, size)];
    const ids = BigInt64Array.from({ length: rows * size[1]! }, (_, i) => BigInt(i % 49));
    return [name, { dtype: 'int64', dims: size, data: ids }];
  });
  const evaluator = createEvaluator({ graph: () => graph, outputs, threads: 1 });
  try {
    return await evaluator.run({ rows, feeds: Object.fromEntries(feeds) });
  } finally {
    await evaluator.dispose();
  }
}

/** [N, H, S, d] of keys or values, whatever the order and however heads are merged. */
function inOrder(x: Tensor, site: AttentionSite, tokensAxis: number): (i: number[]) => number {
  const [H, d] = [site.heads, site.headDim];
  const S = x.dims[tokensAxis]!;
  const last = tokensAxis === x.dims.length - 1;
  const data = x.data as Float32Array;
  return ([n, h, s, c]) => {
    const head = n! * H + h!;
    return last ? data[(head * d + c!) * S + s!]! : data[(head * S + s!) * d + c!]!;
  };
}

/**
 * softmax(s · q [p_K ; k]ᵀ + [0 ; mask]) [p_V ; v] as loops: [N, T, H·d]. `prefix` gives element (n, token, channel) of
 * further keys and values.
 */
function attend(
  site: AttentionSite,
  graph: OnnxGraph,
  values: Record<string, Tensor>,
  prefix: {
    readonly count: number;
    readonly key: (n: number, s: number, h: number, c: number) => number;
    readonly value: (n: number, s: number, h: number, c: number) => number;
  },
): number[] {
  const { heads: H, headDim: d, queries: T, keys: S } = site;
  const k = inOrder(values[site.key]!, site, site.keyAxis);
  const v = inOrder(values[site.value]!, site, values[site.value]!.dims.length - 2);
  const q = values[site.query]!.data as Float32Array;
  const mask = site.mask === undefined ? undefined : graph.initializers.get(site.mask)!;
  const keyOf = (n: number, h: number, s: number, c: number): number =>
    s < prefix.count ? prefix.key(n, s, h, c) : k([n, h, s - prefix.count, c]);
  const valueOf = (n: number, h: number, s: number, c: number): number =>
    s < prefix.count ? prefix.value(n, s, h, c) : v([n, h, s - prefix.count, c]);
  const out: number[] = [];
  for (let n = 0; n < rows; n++) {
    for (let t = 0; t < T; t++) {
      for (let h = 0; h < H; h++) {
        const scores = Array.from({ length: S + prefix.count }, (_, s) => {
          let dot = 0;
          for (let c = 0; c < d; c++) dot += q[((n * H + h) * T + t) * d + c]! * keyOf(n, h, s, c);
          const masked = s < prefix.count ? 0 : mask?.data[t * S + s - prefix.count];
          return site.scale * dot + ((masked as number | undefined) ?? 0);
        });
        const top = Math.max(...scores);
        const powers = scores.map((score) => Math.exp(score - top));
        const total = powers.reduce((sum, power) => sum + power, 0);
        for (let c = 0; c < d; c++) {
          out.push(powers.reduce((sum, p, s) => sum + (p / total) * valueOf(n, h, s, c), 0));
        }
      }
    }
  }
  return out;
}

function apart(actual: Tensor, expected: readonly number[]): number {
  expect(actual.data).toHaveLength(expected.length);
  return expected.reduce((max, x, i) => Math.max(max, Math.abs(x - Number(actual.data[i]))), 0);
}

test('there are fixtures of every exporter', () => {
  expect(files.length).toBeGreaterThanOrEqual(22);
});

test.each(files)('%s attends to three further keys and values a layer', async (file) => {
  const graph = exported(file);
  const longer = prompted(graph, { 0: 6, 1: 6 });
  expect(longer.outputs).toEqual(graph.outputs);
  for (const name of graph.outputs) expect(longer.types.get(name)).toEqual(graph.types.get(name));
  const [before, after] = [attentionSites(graph), attentionSites(longer)];
  expect(after.map(({ keys }) => keys)).toEqual(
    before.map(({ keys }, i) => keys + (i < 2 ? 3 : 0)),
  );
  const two = before.slice(0, 2);
  const wanted = two.flatMap(({ query, key, value, output }) => [query, key, value, output!]);
  const values = await valuesOf(longer, [...new Set(wanted)]);
  for (const [layer, site] of two.entries()) {
    const p = normal(`prompt.${layer}`, [rows, 6, site.heads * site.headDim]).data;
    const token = (n: number, s: number, h: number, c: number): number =>
      p[((n * 6 + s) * site.heads + h) * site.headDim + c]!;
    const expected = attend(site, graph, values, {
      count: 3,
      key: (n, s, h, c) => token(n, s, h, c),
      value: (n, s, h, c) => token(n, s + 3, h, c),
    });
    expect(apart(values[site.output!]!, expected)).toBeLessThan(tolerance);
  }
});

// Prompts that are the hidden states of the first tokens must become the keys and values that these tokens have.
const projections = [
  'vit-opset11.onnx',
  'vit-dynamo23.onnx',
  'fused-opset11.onnx',
  'fused-dynamo.onnx',
  'dinov2-opset14.onnx',
  'clip-text-opset17.onnx',
];
test.each(projections)('%s projects prompts as it projects hidden states', async (file) => {
  const graph = exported(file);
  const longer = prompted(graph, { 1: 4 }, { projection: 'before' });
  const site = attentionSites(graph)[1]!;
  const scores = graph.nodes.indexOf(site.scores);
  const norm = graph.nodes
    .slice(0, scores)
    .findLast(({ opType }) => opType === 'LayerNormalization')!;
  const hidden = norm.outputs[0]!;
  const plain = await valuesOf(graph, [hidden, site.query, site.key, site.value]);
  const [T, D] = plain[hidden]!.dims.slice(1) as [number, number];
  const h = plain[hidden]!.data as Float32Array;
  const data = new Float32Array(rows * 4 * D);
  for (let n = 0; n < rows; n++) {
    const two = h.subarray(n * T * D, (n * T + 2) * D);
    data.set(two, n * 4 * D);
    data.set(two, (n * 4 + 2) * D);
  }
  const values = await valuesOf(longer, [site.output!], {
    'prompt.1': { dtype: 'float32', dims: [rows, 4, D], data },
  });
  const k = inOrder(plain[site.key]!, site, site.keyAxis);
  const v = inOrder(plain[site.value]!, site, plain[site.value]!.dims.length - 2);
  const expected = attend(site, graph, plain, {
    count: 2,
    key: (n, s, head, c) => k([n, head, s, c]),
    value: (n, s, head, c) => v([n, head, s, c]),
  });
  expect(apart(values[site.output!]!, expected)).toBeLessThan(tolerance);
});

test('tokens before rows, heads merged into the batch: the same, for every form of projection', async () => {
  const graph = tokenMajor(5);
  const [site] = attentionSites(graph) as [AttentionSite];
  expect(graph.types.get(site.key)!.dims).toEqual([rows * 2, 4, 5]);
  const longer = prompted(graph, { 0: 6 });
  const values = await valuesOf(longer, [site.query, site.key, site.value, 'y']);
  const p = normal('prompt.0', [rows, 6, 8]).data;
  const expected = attend(site, graph, values, {
    count: 3,
    key: (n, s, h, c) => p[(n * 6 + s) * 8 + h * 4 + c]!,
    value: (n, s, h, c) => p[(n * 6 + s + 3) * 8 + h * 4 + c]!,
  });
  // y is [T, N, H·d], what the loops give [N, T, H·d].
  const inBatchOrder = expected.map((_, i) => {
    const [t, n, c] = [Math.floor(i / 16), Math.floor(i / 8) % rows, i % 8];
    return expected[(n * 5 + t) * 8 + c]!;
  });
  expect(apart(values['y']!, inBatchOrder)).toBeLessThan(tolerance);
});

test('before and after the projection are the same where it is the identity', async () => {
  const graph = tokenMajor(5, 'identity');
  const [before, after] = [
    await valuesOf(prompted(graph, { 0: 4 }, { projection: 'before' }), ['y']),
    await valuesOf(prompted(graph, { 0: 4 }, { projection: 'after' }), ['y']),
  ];
  expect(apart(before['y']!, Array.from(after['y']!.data as Float32Array))).toBeLessThan(1e-6);
});

test('probabilities of a row sum to 1 over prefixes and keys', async () => {
  const graph = exported('vit-opset17.onnx');
  const [site] = attentionSites(graph) as [AttentionSite];
  const values = await valuesOf(prompted(graph, { 0: 8 }), [site.probabilities]);
  const p = values[site.probabilities]!;
  expect(p.dims).toEqual([rows, 2, 17, 17 + 4]);
  for (let row = 0; row < p.data.length; row += 21) {
    const sum = (p.data as Float32Array).subarray(row, row + 21).reduce((a, b) => a + b, 0);
    expect(sum).toBeCloseTo(1, 6);
  }
});

test('prompts without tokens, and no prompts, change nothing', async () => {
  const graph = exported('vit-opset17.onnx');
  expect(attachPrefixes(graph, attentionSites(graph), [])).toBe(graph);
  const output = graph.outputs[0]!;
  const without = prompted(graph, { 0: 0 });
  const plain = { ...without, inputs: graph.inputs };
  expect(await valuesOf(plain, [output])).toEqual(await valuesOf(graph, [output]));
});

test('prompts may be computed after the attentions they go into, and gradients reach them', () => {
  const graph = exported('vit-opset17.onnx');
  const sites = attentionSites(graph);
  const g = new Emitter(graph);
  const raw = g.input('raw', 'float32', [rows, 2, 32]);
  const prompt = g.rename(g.tanh(raw), 'prompt');
  const extended = g.build([...graph.outputs, prompt]);
  const longer = attachPrefixes(extended, sites, [{ layer: 1, prompt: 'prompt' }]);
  const h = new Emitter(longer);
  const loss = h.rename(h.sumAll(h.value(graph.outputs[0]!)), 'loss');
  const both = backward(h.build([loss]), { loss: 'loss', wrt: ['raw'] });
  expect(both.types.get(gradientName('raw'))?.dims).toEqual([rows, 2, 32]);
});

const convolutional: OnnxGraph = (() => {
  const g = new Emitter(emptyGraph);
  return g.build([g.rename(g.tanh(g.input('x', 'float32', [rows, 4])), 'y')]);
})();

test.each([
  [
    'a model without attention',
    () => attachPrefixes(convolutional, attentionSites(convolutional), [{ layer: 0, prompt: 'y' }]),
    'NOT_SUPPORTED',
    'attachPrefixes: the model has no attention, expected a transformer.',
  ],
  [
    'a layer that is not there',
    () => prompted(exported('vit-opset17.onnx'), { 2: 4 }),
    'INVALID_OPTION',
    'attachPrefixes: a prompt is for attention layer 2, expected 0 to 1: the model has 2.',
  ],
  [
    'an odd number of tokens',
    () => prompted(exported('vit-opset17.onnx'), { 1: 5 }),
    'INVALID_OPTION',
    'attachPrefixes: the prompt of layer 1 has 5 tokens, expected an even number',
  ],
  [
    'two prompts for one layer',
    () => {
      const graph = exported('vit-opset17.onnx');
      const prompt = graph.inputs[0]!.name;
      const twice = [0, 0].map((layer) => ({ layer, prompt }));
      return attachPrefixes(graph, attentionSites(graph), twice);
    },
    'INVALID_OPTION',
    'attachPrefixes: layer 0 is given two prompts, expected one.',
  ],
  [
    'prompts of another shape',
    () => {
      const graph = exported('vit-opset17.onnx');
      const prompt = graph.inputs[0]!.name;
      return attachPrefixes(graph, attentionSites(graph), [{ layer: 0, prompt }]);
    },
    'SHAPE_MISMATCH',
    'of layer 0 is [2, 3, 32, 32], expected [2, tokens, 32]',
  ],
  [
    'more tokens than the layer has, before its projection',
    () => prompted(tokenMajor(3), { 0: 8 }, { projection: 'before' }),
    'NOT_SUPPORTED',
    'Attach prefixes after the projection instead.',
  ],
] as const)('%s is refused', (_what, attach, code, text) => {
  expect(attach).toThrow(expect.objectContaining({ code, message: expect.stringContaining(text) }));
});
