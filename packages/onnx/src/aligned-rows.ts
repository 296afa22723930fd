/**
 * Rows that do not drive each other out of the cache. A product reads several rows of its left matrix side by side.
 * Where a row is a multiple of 4096 bytes long, what stands below each other falls into the same set of a processor's
 * first cache, which has room for eight: such products take 1.1 to 1.4 times as long. Nearly every transformer's MLP
 * has them (hidden widths of 3072, 4096, 5120).
 */
import { positiveAxis, sizeOf } from './dims.ts';
import type { OnnxTensor } from './element-type.ts';
import type { GraphNode, OnnxGraph, ValueType } from './graph.ts';

/** Distance in bytes at which two values share a set of the first cache: 64 sets of lines of 64 bytes. */
export const cacheSetPeriod = 4096;

/** Columns that are added: one line of the cache. */
const added = 16;

/** Operators that treat each element by itself and make of zero a number. */
const elementwise = new Set([
  ...[
    'Add',
    'Sub',
    'Mul',
    'Neg',
    'Erf',
    'Tanh',
    'Sigmoid',
    'Relu',
    'Gelu',
    'QuickGelu',
    'Identity',
  ],
]);

/** Hidden values between two products with weights: [.., H]. */
interface Hidden {
  readonly first: GraphNode;
  readonly biases: ReadonlySet<GraphNode>;
  readonly last: ReadonlySet<GraphNode>;
  /** Names of all values between. */
  readonly values: ReadonlySet<string>;
}

/**
 * The graph with 16 columns of zeros more between two products with weights, x W₁ and f(x W₁ + b) W₂, where rows
 * between them are a multiple of `period` bytes long. Zeros in W₁, b and W₂ make them and take them away: results are
 * the same to the bit where sums run in order. The weights are widened by `Concat` nodes, which a runtime folds.
 *
 * @param graph - of known types.
 * @param period - in bytes.
 * @returns the same graph where there is nothing to widen.
 */
export function padAlignedRows(graph: OnnxGraph, period: number = cacheSetPeriod): OnnxGraph {
  const found = graph.nodes
    .filter((node) => isAligned(node, graph, period))
    .map((node) => hiddenAfter(node, graph))
    .filter((hidden) => hidden !== undefined);
  if (found.length === 0) return graph;
  const widened = new Widened(graph);
  const replaced = new Map<GraphNode, GraphNode>();
  /** Widens what a node reads; it may have been widened along another axis. */
  const widen = (
    node: GraphNode,
    widths: (inputs: readonly string[]) => readonly string[],
  ): void => {
    const { inputs } = replaced.get(node) ?? node;
    replaced.set(node, { ...node, inputs: widths(inputs) });
  };
  for (const { first, biases, last, values } of found) {
    widen(first, ([x = '', weights = '']) => [x, widened.along(weights, 1)]);
    for (const node of biases) {
      widen(node, (inputs) =>
        inputs.map((name) => (values.has(name) ? name : widened.along(name, -1))),
      );
    }
    for (const node of last) {
      widen(node, ([x = '', weights = '']) => [x, widened.along(weights, 0)]);
    }
    for (const value of values) widened.lengthen(value, -1);
  }
  return widened.result(graph.nodes.map((node) => replaced.get(node) ?? node));
}

/** A product with weights [D, H] of float32 that nothing computes, H being a multiple of the period. */
function isAligned({ opType, inputs }: GraphNode, graph: OnnxGraph, period: number): boolean {
  const [, weights = ''] = inputs;
  const type = graph.types.get(weights);
  if (opType !== 'MatMul' || type?.elementType !== 'float32' || !isLeaf(weights, graph)) {
    return false;
  }
  const width = type.dims[1];
  return type.dims.length === 2 && typeof width === 'number' && (4 * width) % period === 0;
}

/** What lies between a product and the next ones; `undefined` when something else reads of it. */
function hiddenAfter(first: GraphNode, graph: OnnxGraph): Hidden | undefined {
  const width = graph.types.get(first.inputs[1]!)!.dims[1];
  const values = new Set(first.outputs);
  const biases = new Set<GraphNode>();
  const last = new Set<GraphNode>();
  for (const node of graph.nodes) {
    if (!node.inputs.some((name) => values.has(name))) continue;
    const others = node.inputs.filter((name) => !values.has(name));
    if (node.opType === 'MatMul') {
      const [weights = ''] = others;
      const dims = graph.types.get(weights)?.dims;
      if (!values.has(node.inputs[0]!) || dims?.length !== 2 || !isLeaf(weights, graph)) {
        return undefined;
      }
      last.add(node);
      continue;
    }
    if (others.every((name) => isScalar(name, graph))) {
      if (!keepsZerosFinite(node, graph)) return undefined;
    } else {
      const dims = graph.types.get(others[0]!)?.dims ?? [];
      const isBias = dims.at(-1) === width && dims.slice(0, -1).every((dim) => dim === 1);
      if (node.opType !== 'Add' || !isBias || !isLeaf(others[0]!, graph)) return undefined;
      biases.add(node);
    }
    for (const output of node.outputs) values.add(output);
  }
  const read = graph.outputs.some((output) => values.has(output));
  return last.size === 0 || read ? undefined : { first, biases, last, values };
}

/** Whether a node of hidden values and single numbers makes a number of zero: zero times it is zero. */
function keepsZerosFinite({ opType, inputs, outputs }: GraphNode, graph: OnnxGraph): boolean {
  if (outputs.length > 1) return false;
  if (elementwise.has(opType)) return true;
  const second = Number(graph.initializers.get(inputs[1] ?? '')?.data[0] ?? 0);
  return (opType === 'Div' && second !== 0) || (opType === 'Pow' && second > 0);
}

function isScalar(name: string, { initializers }: OnnxGraph): boolean {
  return initializers.get(name)?.data.length === 1;
}

function isLeaf(name: string, { initializers, inputs }: OnnxGraph): boolean {
  return initializers.has(name) || inputs.some((input) => input.name === name);
}

/** A graph on its way to longer rows. */
class Widened {
  readonly #graph: OnnxGraph;
  readonly #made = new Map<string, GraphNode>();
  readonly #initializers: Map<string, OnnxTensor>;
  readonly #types: Map<string, ValueType>;

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
    this.#initializers = new Map(graph.initializers);
    this.#types = new Map(graph.types);
  }

  /** The name of weights with zeros after them along an axis. */
  along(weights: string, axis: number): string {
    const { dims } = this.#types.get(weights)!;
    const at = positiveAxis(axis, dims.length);
    const name = `${weights}/wide.${at}`;
    if (this.#made.has(name)) return name;
    const inputs = [weights, this.#zeros(dims.with(at, added) as number[])];
    const attributes = { axis: BigInt(at) };
    this.#made.set(name, {
      opType: 'Concat',
      domain: '',
      name,
      inputs,
      outputs: [name],
      attributes,
    });
    this.#types.set(name, this.#types.get(weights)!);
    this.lengthen(name, at);
    return name;
  }

  #zeros(dims: readonly number[]): string {
    const name = `zeros/${dims.join('x')}`;
    this.#initializers.set(name, { dtype: 'float32', dims, data: new Float32Array(sizeOf(dims)) });
    this.#types.set(name, { elementType: 'float32', dims });
    return name;
  }

  /** Writes down that a value has become longer. */
  lengthen(value: string, axis: number): void {
    const { elementType, dims } = this.#types.get(value)!;
    const at = positiveAxis(axis, dims.length);
    this.#types.set(value, { elementType, dims: dims.with(at, Number(dims[at]) + added) });
  }

  result(nodes: readonly GraphNode[]): OnnxGraph {
    const [initializers, types] = [this.#initializers, this.#types];
    return { ...this.#graph, nodes: [...this.#made.values(), ...nodes], initializers, types };
  }
}
