/**
 * The form of a graph that travels between the stages of a compiler: plain immutable data. Values are known by
 * their names; every stage is a function from graph to graph.
 */
import type { AttributeValue } from './attribute.ts';
import type { ElementType, OnnxTensor } from './element-type.ts';

/**
 * Element type and size of a value. A size is a number, a name for one that is known when the graph runs, or
 * `'?'` when nothing is known of it: two `'?'` need not be the same size.
 */
export interface ValueType {
  readonly elementType: ElementType;
  readonly dims: readonly (number | string)[];
}

/** A graph's input: a {@link ValueType} with a name. */
export interface GraphInput extends ValueType {
  readonly name: string;
}

/** One operator at work. */
export interface GraphNode {
  readonly opType: string;
  /** `''` for the operators of ONNX itself. */
  readonly domain: string;
  /** The exporter's name, for messages; may be empty, need not be unique. */
  readonly name: string;
  /** Names of values; `''` leaves an optional input out. */
  readonly inputs: readonly string[];
  /** Names of values, each made by this node alone; `''` leaves an optional output out. */
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** A graph: inputs, constants and nodes in topological order. Never modified; stages make new ones. */
export interface OnnxGraph {
  /** Version of ONNX's own operators. */
  readonly opset: number;
  /** Versions of other operator domains, for instance `{ 'com.microsoft': 1 }`. */
  readonly domains: Readonly<Record<string, number>>;
  readonly inputs: readonly GraphInput[];
  /** Names of values; their types are in `types`. */
  readonly outputs: readonly string[];
  /** Each node reads only what comes before it. */
  readonly nodes: readonly GraphNode[];
  /** Constant tensors by name. Their data is shared between graphs and never modified. */
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  /** What is known of values: of inputs and initializers always, of others what was said or inferred. */
  readonly types: ReadonlyMap<string, ValueType>;
}

/** The type of a constant. */
export function typeOfTensor(tensor: OnnxTensor): ValueType {
  return { elementType: tensor.dtype, dims: tensor.dims };
}

/** A node for a message: `node "/pos_embed/Resize" (Resize)`. */
export function describeNode(node: GraphNode): string {
  const label = node.name || (node.outputs.find((output) => output !== '') ?? '');
  const domain = node.domain === '' ? '' : `${node.domain}.`;
  return `node "${label}" (${domain}${node.opType})`;
}

/** Which node makes each value. */
export function producersOf(graph: OnnxGraph): ReadonlyMap<string, GraphNode> {
  const producers = new Map<string, GraphNode>();
  for (const node of graph.nodes) {
    for (const output of node.outputs) if (output !== '') producers.set(output, node);
  }
  return producers;
}

/** Which nodes read each value, once a node, in order. Being a graph's output is not a reading. */
export function consumersOf(graph: OnnxGraph): ReadonlyMap<string, readonly GraphNode[]> {
  const consumers = new Map<string, GraphNode[]>();
  for (const node of graph.nodes) {
    for (const input of new Set(node.inputs)) {
      if (input === '') continue;
      const readers = consumers.get(input);
      if (readers === undefined) consumers.set(input, [node]);
      else readers.push(node);
    }
  }
  return consumers;
}
