/** Where a backbone is cut: everything before the first prompt is the same at every step and is computed once an image. */
import { ClError } from '@cl/hub';
import {
  removeDeadCode,
  type AttentionSite,
  type GraphNode,
  type OnnxGraph,
  type ValueType,
} from '@cl/onnx';
import { Emitter } from '@cl/autodiff';

/** Name of the value at the cut, float32 [N, …]: output of the stem, input of the body. */
export const embeddingName = 'embedding';

/** A graph in two parts. */
export interface CutGraph {
  /** From the graph's inputs to {@link embeddingName}. */
  readonly stem: OnnxGraph;
  /** From {@link embeddingName} to the graph's outputs. */
  readonly body: OnnxGraph;
}

/**
 * Cuts a graph at the last value before an attention through which everything goes: the residual stream in front of its
 * block, or the patch embedding in front of the first.
 *
 * @param graph - simplified for `rows` rows.
 * @param rows - N.
 * @param site - the first attention that gets a prompt.
 * @throws ClError `NOT_SUPPORTED` when there is no such value with the rows as its first axis.
 */
export function cutBefore(graph: OnnxGraph, rows: number, site: AttentionSite): CutGraph {
  const name = waistBefore(graph, rows, site);
  const type = graph.types.get(name)!;
  const g = new Emitter(graph);
  g.rename(g.value(name), embeddingName);
  const input = { name: embeddingName, elementType: type.elementType, dims: type.dims };
  const nodes = graph.nodes
    .filter(({ outputs }) => !outputs.includes(name))
    .map((node) => ({ ...node, inputs: renamed(node, name) }));
  const types = new Map<string, ValueType>([...graph.types, [embeddingName, type]]);
  const body = removeDeadCode({ ...graph, inputs: [input], nodes, types });
  return { stem: g.build([embeddingName]), body };
}

function renamed({ inputs }: GraphNode, name: string): string[] {
  return inputs.map((input) => (input === name ? embeddingName : input));
}

/**
 * The last value before an attention through which everything goes. Going through the nodes in order, some values are still
 * to be read: a waist is where there is one only.
 *
 * @throws ClError `NOT_SUPPORTED` as {@link cutBefore}.
 */
export function waistBefore(graph: OnnxGraph, rows: number, site: AttentionSite): string {
  const lastRead = new Map<string, number>();
  graph.nodes.forEach(({ inputs }, i) => {
    for (const input of inputs) lastRead.set(input, i);
  });
  for (const output of graph.outputs) lastRead.set(output, graph.nodes.length);
  const live = new Set(graph.inputs.map(({ name }) => name));
  const [input, more] = graph.inputs;
  let waist = more === undefined && fits(graph, input!.name, rows) ? input!.name : undefined;
  for (const [i, { inputs, outputs }] of graph.nodes.entries()) {
    if (outputs.includes(site.scores.outputs[0]!)) break;
    const depends = inputs.some((input) => live.has(input));
    for (const input of inputs) if (lastRead.get(input) === i) live.delete(input);
    for (const output of outputs) if (depends && lastRead.has(output)) live.add(output);
    const [only] = live;
    if (live.size === 1 && fits(graph, only!, rows)) waist = only;
  }
  if (waist !== undefined) return waist;
  throw new ClError(
    'NOT_SUPPORTED',
    'vq-prompt: the model has no value in front of its first prompted attention that everything goes through, expected ' +
      'an embedding with one row an image. Prompt a later layer.',
  );
}

function fits(graph: OnnxGraph, name: string, rows: number): boolean {
  const type = graph.types.get(name);
  return type?.elementType === 'float32' && type.dims.length > 1 && type.dims[0] === rows;
}
