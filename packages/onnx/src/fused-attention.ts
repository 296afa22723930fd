/**
 * Attention as one operator of onnxruntime, which goes over the keys block by block and never has all scores in memory
 * (Dao et al., 2022), nor copies of queries, keys and values by head: `com.microsoft.MultiHeadAttention`, version 1.
 */
import { attentionSites, type AttentionSite } from './attention.ts';
import { removeDeadCode } from './dead-code.ts';
import type { GraphNode, OnnxGraph } from './graph.ts';
import { inferTypes } from './infer.ts';
import { intsAttribute } from './node-attributes.ts';
import { attentionRules } from './patterns/attention.ts';
import { applyRewrites, Surroundings } from './rewrite.ts';

/** The queries, keys and values of an attention before they are split by heads, each [N, T, H·d]. */
type Inputs = readonly [string, string, string];

/**
 * The graph with one node for each attention that sees all keys, from [N, T, H·d] to [N, T, H·d]. Results are the same
 * to their rounding. Other forms stay: with masks but those of zeros alone, which exporters write where there is
 * none, with queries, keys and values out of one product, or with heads in the batch throughout.
 *
 * @param graph - of known types, all sizes numbers.
 * @returns the same graph where there is no such attention.
 */
export function fuseAttention(graph: OnnxGraph): OnnxGraph {
  const spelled = spelledOut(graph);
  const g = new Surroundings(spelled, []);
  const fused = new Map<string, GraphNode>();
  for (const site of attentionSites(spelled)) {
    const inputs = inputsOf(site, g);
    if (inputs !== undefined) fused.set(site.output!, attention(site, inputs));
  }
  if (fused.size === 0) return graph;
  const nodes = spelled.nodes.map((node) => fused.get(node.outputs[0]!) ?? node);
  const domains = { ...spelled.domains, 'com.microsoft': 1 };
  return removeDeadCode({ ...spelled, domains, nodes });
}

/** The graph without the Attention operator of opset 23, which onnxruntime computes no faster than its parts. */
function spelledOut(graph: OnnxGraph): OnnxGraph {
  const spelled = applyRewrites(graph, attentionRules);
  return spelled === graph ? graph : inferTypes(spelled);
}

function inputsOf(site: AttentionSite, g: Surroundings): Inputs | undefined {
  const { query, key, keyAxis, value, mask, output = '' } = site;
  const isPlain = mask === undefined || everywhere(mask, g) === 0;
  if (!isPlain || g.type(output)?.elementType !== 'float32') return undefined;
  const q = beforeHeads(query, '0213', g);
  const flipped = keyAxis === 2 ? key : beforeMergedFlip(key, g);
  const k = flipped === undefined ? beforeHeads(key, '0231', g) : beforeHeads(flipped, '0213', g);
  const v = beforeHeads(value, '0213', g);
  return q === undefined || k === undefined || v === undefined ? undefined : [q, k, v];
}

/** [N, T, H·d] of which a value is the heads: (Reshape to [N, T, H, d], Transpose). */
function beforeHeads(value: string, perm: string, g: Surroundings): string | undefined {
  const transpose = g.producer(value, 'Transpose');
  const reshape = g.producer(transpose?.inputs[0] ?? '', 'Reshape');
  if (!transpose || !reshape || intsAttribute(transpose, 'perm')?.join('') !== perm)
    return undefined;
  const [joined = ''] = reshape.inputs;
  const [from, to] = [g.dims(joined), g.dims(reshape.outputs[0]!)];
  const splits = from?.length === 3 && to?.length === 4 && to[0] === from[0] && to[1] === from[1];
  return splits ? joined : undefined;
}

/** Keys [N, H, S, d] that are swapped to [N, H, d, S] with their heads in the batch, as torch's newer exporter has it. */
function beforeMergedFlip(key: string, g: Surroundings): string | undefined {
  const split = g.producer(key, 'Reshape');
  const transpose = g.producer(split?.inputs[0] ?? '', 'Transpose');
  const merge = g.producer(transpose?.inputs[0] ?? '', 'Reshape');
  if (!transpose || !merge || intsAttribute(transpose, 'perm')?.join('') !== '021')
    return undefined;
  const [before = ''] = merge.inputs;
  const [from, merged, to] = [before, merge.outputs[0]!, key].map((name) => g.dims(name));
  if (from?.length !== 4) return undefined;
  const [n, h, s, d] = from as [number, number, number, number];
  const swapped = merged?.join() === [n * h, s, d].join() && to?.join() === [n, h, d, s].join();
  return swapped ? before : undefined;
}

/** The number that a value has everywhere, known without its size: exporters write masks of nothing so. */
function everywhere(value: string, g: Surroundings): number | undefined {
  const constant = g.uniform(value);
  const node = constant === undefined ? g.producer(value, 'Expand', 'Where') : undefined;
  if (node === undefined) return constant;
  const [first = '', yes = '', no = ''] = node.inputs;
  const condition = everywhere(first, g);
  if (node.opType === 'Expand' || condition === undefined) return condition;
  return everywhere(condition === 0 ? no : yes, g);
}

function attention({ output = '', heads, scale }: AttentionSite, inputs: Inputs): GraphNode {
  return {
    opType: 'MultiHeadAttention',
    domain: 'com.microsoft',
    name: output,
    inputs,
    outputs: [output],
    attributes: { num_heads: BigInt(heads), scale },
  };
}
