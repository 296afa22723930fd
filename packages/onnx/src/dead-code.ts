/** Removes what nothing needs: nodes, constants, repetitions, and names that only stand for others. */
import type { AttributeValue } from './attribute.ts';
import type { OnnxTensor } from './element-type.ts';
import { producersOf, type GraphNode, type OnnxGraph } from './graph.ts';

/** The graph without nodes, constants and types that no output depends on. Inputs stay. */
export function removeDeadCode(graph: OnnxGraph): OnnxGraph {
  const needed = new Set(graph.outputs);
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const input of node.inputs) needed.add(input);
    nodes.push(withoutOptional(node, needed));
  }
  for (const { name } of graph.inputs) needed.add(name);
  for (const { outputs } of nodes) for (const output of outputs) needed.add(output);
  const keep = <V>(map: ReadonlyMap<string, V>): Map<string, V> =>
    new Map([...map].filter(([name]) => name !== '' && needed.has(name)));
  return {
    ...graph,
    nodes: nodes.reverse(),
    initializers: keep(graph.initializers),
    types: keep(graph.types),
  };
}

/** Operators whose outputs after the first may be left out. */
const optionalOutputs = new Set(['Dropout', 'LayerNormalization', 'MaxPool', 'BatchNormalization']);

function withoutOptional(node: GraphNode, needed: ReadonlySet<string>): GraphNode {
  if (!optionalOutputs.has(node.opType)) return node;
  const last = node.outputs.findLastIndex((output) => needed.has(output));
  return { ...node, outputs: node.outputs.slice(0, last + 1) };
}

/** The graph without `Identity` nodes, as far as names of inputs, constants and outputs allow. */
export function removeIdentities(graph: OnnxGraph): OnnxGraph {
  const producers = producersOf(graph);
  const outputs = new Set(graph.outputs);
  const names = new Map<string, string>();
  const current = (name: string): string => {
    let now = name;
    while (names.has(now)) now = names.get(now)!;
    return now;
  };
  const nodes = graph.nodes.filter(({ opType, domain, inputs, outputs: [output] }) => {
    if (opType !== 'Identity' || domain !== '' || output === undefined) return true;
    const input = current(inputs[0]!);
    if (!outputs.has(output)) names.set(output, input);
    else if (producers.has(input) && !outputs.has(input)) names.set(input, output);
    else return true;
    return false;
  });
  if (names.size === 0) return graph;
  const renamed = nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(current),
    outputs: node.outputs.map(current),
  }));
  const types = new Map(graph.types);
  for (const [from, to] of names) {
    const type = graph.types.get(from);
    if (type !== undefined && !types.has(to)) types.set(to, type);
  }
  return { ...graph, nodes: renamed, types };
}

/** Operators that give something else each time. */
const random = /^(Random|Multinomial|Bernoulli|Dropout)/;

/**
 * The graph with nodes that compute the same thing from the same values computing it once, and equal constants
 * kept once.
 *
 * @param graph - any graph.
 * @param distinct - initializers that stay apart even when they are equal now, as weights that will be trained.
 */
export function shareCommon(
  graph: OnnxGraph,
  distinct: ReadonlySet<string> = new Set<string>(),
): OnnxGraph {
  const names = equalConstants(graph, distinct);
  const seen = new Map<string, string>();
  const outputs = new Set(graph.outputs);
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => names.get(input) ?? input);
    const key = `${node.domain} ${node.opType} ${inputs.join('\0')} ${keyOfAttributes(node)}`;
    const [output] = node.outputs;
    const single = node.outputs.length === 1 && !outputs.has(output!) && !random.test(node.opType);
    const first = single ? seen.get(key) : undefined;
    if (first !== undefined) {
      names.set(output!, first);
      continue;
    }
    if (single) seen.set(key, output!);
    nodes.push({ ...node, inputs });
  }
  return names.size === 0 ? graph : { ...graph, nodes };
}

/** Names of constants → the first constant that holds the same. */
function equalConstants(graph: OnnxGraph, distinct: ReadonlySet<string>): Map<string, string> {
  const names = new Map<string, string>();
  const alike = new Map<string, string[]>();
  for (const [name, tensor] of graph.initializers) {
    if (distinct.has(name)) continue;
    const key = `${tensor.dtype}[${tensor.dims.join()}]`;
    const others = alike.get(key) ?? [];
    const first = others.find((other) => sameData(graph.initializers.get(other)!, tensor));
    if (first === undefined) alike.set(key, [...others, name]);
    else names.set(name, first);
  }
  return names;
}

function sameData({ data: a }: OnnxTensor, { data: b }: OnnxTensor): boolean {
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

function keyOfAttributes({ attributes }: GraphNode): string {
  const entries = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([name, value]) => `${name}=${keyOf(value)}`).join(';');
}

function keyOf(value: AttributeValue): string {
  if (typeof value !== 'object') return `${typeof value} ${String(value)}`;
  if ('dtype' in value) {
    const { dtype, dims, data } = value;
    const numbers = Array.from(data as Float64Array, (x) => (Object.is(x, -0) ? '-0' : String(x)));
    return `${dtype}[${dims.join(',')}](${numbers.join(',')})`;
  }
  return Array.isArray(value) ? (value as AttributeValue[]).map(keyOf).join(',') : 'graph';
}
