/**
 * Rewritings that need all sizes as numbers, for graphs whose batch size is known only when they run. The graph is
 * rewritten for two batch sizes; where both come to the same nodes, it is the graph for every size.
 */
import { removeDeadCode } from './dead-code.ts';
import { isStatic, type Dims } from './dims.ts';
import type { OnnxTensor } from './element-type.ts';
import type { GraphNode, OnnxGraph, ValueType } from './graph.ts';
import { foldConstants } from './infer.ts';

/** Not 1, which stretches: what is the same at both does not depend on the batch size. */
const probes = [2, 3] as const;

/** Arithmetic on shapes stays below; what is larger is left to the runtime. */
const maxConstant = 1024;

/** Sizes of an input after its first, which counts the batch. */
export interface BatchInput {
  readonly name: string;
  readonly dims: readonly number[];
}

/**
 * Rewrites a graph whose first axis stays free. Nodes are as they were but for `Reshape`, to which the new sizes are
 * told as far as they are known, and for what the rewriting changes.
 *
 * @param graph - any.
 * @param input - the sizes that are known.
 * @param rewrite - from graph to graph, given one with all sizes as numbers; returns the very graph that it was given
 * when there is nothing to do.
 * @returns `undefined` when there is nothing to do, or when the result would hold for some batch sizes only.
 * @throws ClError as `inferTypes` does.
 */
export function rewriteForAnyBatch(
  graph: OnnxGraph,
  input: BatchInput,
  rewrite: (graph: OnnxGraph) => OnnxGraph,
): OnnxGraph | undefined {
  const known = probes.map((batch) => {
    const inputDims = { [input.name]: [batch, ...input.dims] };
    return foldConstants(graph, { inputDims, keepHalfFloats: true });
  });
  const [a, b] = known as [OnnxGraph, OnnxGraph];
  const constants = alwaysConstant(graph, a, b);
  const settled = known.map((types) => settle(graph, types, constants));
  const [first, second] = settled.map(rewrite) as [OnnxGraph, OnnxGraph];
  return first === settled[0] || second === settled[1] ? undefined : merge(first, second);
}

/** Small values of nodes that are the same at both sizes. */
function alwaysConstant(
  graph: OnnxGraph,
  a: OnnxGraph,
  b: OnnxGraph,
): ReadonlyMap<string, OnnxTensor> {
  const found = new Map<string, OnnxTensor>();
  for (const name of graph.nodes.flatMap(({ outputs }) => outputs)) {
    const [x, y] = [a.initializers.get(name), b.initializers.get(name)];
    if (x && y && x.data.length <= maxConstant && differences(x, y)?.length === 0) {
      found.set(name, x);
    }
  }
  return found;
}

/** The graph with the types of one size, arithmetic on shapes done; `Reshape` has a shape of its own. */
function settle(
  graph: OnnxGraph,
  known: OnnxGraph,
  constants: ReadonlyMap<string, OnnxTensor>,
): OnnxGraph {
  const initializers = new Map([...graph.initializers, ...constants]);
  const types = new Map(known.types);
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    if (node.outputs.every((name) => name === '' || constants.has(name))) continue;
    const [x, shape = ''] = node.inputs;
    const dims = known.types.get(node.outputs[0]!)?.dims ?? [];
    if (node.opType !== 'Reshape' || initializers.has(shape) || !isStatic(dims)) {
      nodes.push(node);
      continue;
    }
    const name = `${node.outputs[0]!}/shape`;
    const data = BigInt64Array.from(dims, BigInt);
    initializers.set(name, { dtype: 'int64', dims: [dims.length], data });
    types.set(name, { elementType: 'int64', dims: [dims.length] });
    nodes.push({ ...node, inputs: [x!, name] });
  }
  return removeDeadCode({ ...graph, inputs: known.inputs, nodes, initializers, types });
}

/** The graph of which two are cases. Shapes of `Reshape` may differ in one size: the runtime finds it. */
function merge(a: OnnxGraph, b: OnnxGraph): OnnxGraph | undefined {
  if (a.nodes.map(textOf).join('\n') !== b.nodes.map(textOf).join('\n')) return undefined;
  const initializers = new Map(a.initializers);
  for (const [name, x] of a.initializers) {
    const y = b.initializers.get(name);
    const places = y && (x === y ? [] : differences(x, y));
    if (places?.length === 0) continue;
    const readers = a.nodes.filter(({ inputs }) => inputs.includes(name));
    const shapes = readers.every((n) => n.opType === 'Reshape' && n.inputs.indexOf(name) === 1);
    if (!shapes || places?.length !== 1 || x.dtype !== 'int64') return undefined;
    const sizes = x.data as BigInt64Array;
    if (sizes.includes(-1n)) return undefined;
    initializers.set(name, { ...x, data: sizes.with(places[0]!, -1n) });
  }
  const types = new Map<string, ValueType>();
  for (const [name, { elementType, dims }] of a.types) {
    const other = b.types.get(name)?.dims;
    types.set(name, { elementType, dims: free(dims, other ?? []) });
  }
  const inputs = a.inputs.map((input) => ({ ...input, dims: types.get(input.name)!.dims }));
  return { ...a, inputs, initializers, types };
}

/** Sizes that hold at both: those that are the batch get its name, others that grow with it none. */
function free(a: Dims, b: Dims): Dims {
  return a.map((dim, i) => {
    if (dim === b[i]) return dim;
    return dim === probes[0] && b[i] === probes[1] ? 'batch' : '?';
  });
}

/** Where two tensors differ; `undefined` when it is in type or size. */
function differences(a: OnnxTensor, b: OnnxTensor): readonly number[] | undefined {
  if (a.dtype !== b.dtype || a.dims.join() !== b.dims.join()) return undefined;
  const places: number[] = [];
  for (let i = 0; i < a.data.length; i += 1) if (!Object.is(a.data[i], b.data[i])) places.push(i);
  return places;
}

function textOf(node: GraphNode): string {
  return JSON.stringify(node, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}
