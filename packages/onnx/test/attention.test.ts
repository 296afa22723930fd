import {
  attentionSites,
  graphFromModel,
  inferTypes,
  modelFromGraph,
  readModel,
  simplify,
  writeModel,
  type AttentionSite,
  type OnnxGraph,
} from '@cl/onnx';
import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';

/** float32 products of 16 numbers and a softmax of up to 17. */
const tolerance = 1e-5;

async function simpleGraph(name: string, dims: readonly number[]): Promise<OnnxGraph> {
  const bytes = await readFile(new URL(`fixtures/${name}.onnx`, import.meta.url));
  const graph = graphFromModel(readModel(bytes));
  return simplify(graph, { inputDims: { [graph.inputs[0]!.name]: dims } });
}

function feedOf({ inputs: [input] }: OnnxGraph): Record<string, Tensor> {
  const dims = input!.dims as readonly number[];
  const size = dims.reduce((product, dim) => product * dim, 1);
  const tensor =
    input!.elementType === 'int64'
      ? new Tensor(
          'int64',
          BigInt64Array.from({ length: size }, (_, i) => BigInt(i % 49)),
          dims,
        )
      : new Tensor(
          'float32',
          Float32Array.from({ length: size }, (_, i) => Math.sin(i)),
          dims,
        );
  return { [input!.name]: tensor };
}

/** Runs a graph for any of its values. */
async function valuesOf(graph: OnnxGraph, names: readonly string[]): Promise<Map<string, Tensor>> {
  const inner = names.filter((name) => !graph.initializers.has(name));
  const outputs = [...new Set(inner)];
  const session = await InferenceSession.create(writeModel(modelFromGraph({ ...graph, outputs })), {
    graphOptimizationLevel: 'disabled',
  });
  const results = await session.run(feedOf(graph));
  return new Map(outputs.map((name) => [name, results[name]!]));
}

/** softmax(s · q kᵀ + mask) v, written as loops, heads side by side: [N, T, H·d]. */
function attend(site: AttentionSite, graph: OnnxGraph, values: Map<string, Tensor>): number[] {
  const data = (name: string): Float32Array => values.get(name)!.data as Float32Array;
  const [q, k, v] = [data(site.query), data(site.key), data(site.value)];
  const mask = site.mask === undefined ? undefined : graph.initializers.get(site.mask)!;
  const { heads: H, headDim: d, queries: T, keys: S } = site;
  const flat = site.keyAxis === 3; // [N, H, d, S], else [N, H, S, d]
  const out: number[] = [];
  for (let n = 0; n < q.length / (H * T * d); n++) {
    for (let t = 0; t < T; t++) {
      for (let h = 0; h < H; h++) {
        const head = n * H + h;
        const scores = Array.from({ length: S }, (_, s) => {
          let dot = 0;
          for (let i = 0; i < d; i++) {
            const key = flat ? k[(head * d + i) * S + s]! : k[(head * S + s) * d + i]!;
            dot += q[(head * T + t) * d + i]! * key;
          }
          return site.scale * dot + ((mask?.data[t * S + s] as number | undefined) ?? 0);
        });
        const top = Math.max(...scores);
        const powers = scores.map((score) => Math.exp(score - top));
        const total = powers.reduce((sum, power) => sum + power, 0);
        for (let i = 0; i < d; i++) {
          out.push(powers.reduce((sum, p, s) => sum + (p / total) * v[(head * S + s) * d + i]!, 0));
        }
      }
    }
  }
  return out;
}

const files = [
  ['vit-opset11', [2, 3, 32, 32]],
  ['vit-opset17', [2, 3, 32, 32]], // the scale is split between q and k
  ['vit-dynamo', [2, 3, 32, 32]],
  ['vit-dynamo23', [2, 3, 32, 32]],
  ['fused-opset11', [2, 3, 32, 32]],
  ['clip-text-opset14', [2, 12]],
  ['clip-text-opset17', [2, 12]],
  ['clip-text-dynamo', [2, 12]],
] as const;
test.each(files)('%s: q, k, v, mask and scale of a site give its output', async (name, dims) => {
  const graph = await simpleGraph(name, dims);
  const sites = attentionSites(graph);
  expect(sites).toHaveLength(2);
  for (const site of sites) {
    const { query, key, value, output } = site;
    const values = await valuesOf(graph, [query, key, value, output!]);
    const got = attend(site, graph, values);
    const want = values.get(output!)!.data as Float32Array;
    expect(got).toHaveLength(want.length);
    const apart = got.reduce((max, x, i) => Math.max(max, Math.abs(x - want[i]!)), 0);
    expect(apart).toBeLessThan(tolerance);
  }
});

/** What prefix tuning does with a site: two more keys and values, which no other size depends on. */
test('keys and values can be prefixed at a site', async () => {
  const graph = await simpleGraph('vit-opset17', [2, 3, 32, 32]);
  const [site] = attentionSites(graph);
  const { key, value, keyAxis } = site!;
  const zeros = (dims: readonly number[]) => ({
    dtype: 'float32' as const,
    dims,
    data: new Float32Array(dims.reduce((product, dim) => product * dim, 1)),
  });
  const prefixed = (name: string, axis: number): OnnxGraph['nodes'][0] => ({
    opType: 'Concat',
    domain: '',
    name: `prefix ${name}`,
    inputs: [`prefix ${axis}`, name],
    outputs: [`prefixed ${name}`],
    attributes: { axis: BigInt(axis) },
  });
  const sizes = (name: string, axis: number): number[] =>
    (graph.types.get(name)!.dims as number[]).map((dim, i) => (i === axis ? 2 : dim));
  const nodes = graph.nodes.flatMap((node) => {
    const renamed = {
      ...node,
      inputs: node.inputs.map((input) =>
        [key, value].includes(input) ? `prefixed ${input}` : input,
      ),
    };
    if (node.outputs[0] === key) return [renamed, prefixed(key, keyAxis)];
    return node.outputs[0] === value ? [renamed, prefixed(value, 2)] : [renamed];
  });
  const initializers = new Map(graph.initializers);
  initializers.set(`prefix ${keyAxis}`, zeros(sizes(key, keyAxis)));
  initializers.set('prefix 2', zeros(sizes(value, 2)));
  const longer = inferTypes({ ...graph, nodes, initializers });
  // Two keys of zero have score 0 and two values of zero add nothing: the others' shares shrink by the same
  // factor, Σ exp(s) / (2 + Σ exp(s)).
  const p = (await valuesOf(longer, [site!.probabilities])).get(site!.probabilities)!;
  const before = (await valuesOf(graph, [site!.probabilities])).get(site!.probabilities)!;
  expect(p.dims).toEqual([2, 2, 17, 19]);
  const [a, b] = [p.data as Float32Array, before.data as Float32Array];
  expect(a[0]).toBe(a[1]);
  const share = 1 - a[0]! - a[1]!;
  for (let i = 0; i < 17; i++) expect(a[2 + i]).toBeCloseTo(b[i]! * share, 6);
});
