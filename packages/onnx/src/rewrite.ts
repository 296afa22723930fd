/** Local rewriting: rules that see one node and its surroundings, and say what computes the same. */
import type { AttributeValue } from './attribute.ts';
import { isStatic } from './dims.ts';
import type { OnnxTensor } from './element-type.ts';
import {
  consumersOf,
  producersOf,
  typeOfTensor,
  type GraphNode,
  type OnnxGraph,
  type ValueType,
} from './graph.ts';
import { numbersOf } from './kernels/kernel.ts';
import { NodeView } from './types/rule.ts';

/** Returns the name of a value that equals the node's only output, or `undefined` when it does not apply. */
export type Rewrite = (node: GraphNode, g: Surroundings) => string | undefined;

/** What a {@link Rewrite} may ask, and what it may add. */
export class Surroundings {
  readonly #graph: OnnxGraph;
  readonly #producers: Map<string, GraphNode>;
  readonly #consumers: ReadonlyMap<string, readonly GraphNode[]>;
  readonly #constants: Map<string, OnnxTensor>;
  readonly #types: Map<string, ValueType>;
  readonly #emitted: GraphNode[] = [];
  readonly #names: Set<string>;
  #near = '';
  /** Constants added so far. */
  readonly added: Map<string, OnnxTensor> = new Map<string, OnnxTensor>();

  /** Looks around in a graph; `parameters` are initializers that are no constants, as in `FoldOptions`. */
  constructor(graph: OnnxGraph, parameters: readonly string[]) {
    this.#graph = graph;
    this.#producers = new Map(producersOf(graph));
    this.#consumers = consumersOf(graph);
    this.#constants = new Map(graph.initializers);
    for (const name of parameters) this.#constants.delete(name);
    this.#types = new Map(graph.types);
    this.#names = new Set([...this.#types.keys(), ...this.#producers.keys()]);
  }

  /** The node that makes a value, when it is of one of these operators; of any when none is given. */
  producer(value: string, ...opTypes: readonly string[]): GraphNode | undefined {
    const node = this.#producers.get(value);
    return node && (opTypes.length === 0 || opTypes.includes(node.opType)) ? node : undefined;
  }

  /** How often a value is read, being an output of the graph included. */
  uses(value: string): number {
    const outputs = this.#graph.outputs.filter((output) => output === value).length;
    const readers = this.#consumers.get(value) ?? [];
    const reads = readers.map(({ inputs }) => inputs.filter((input) => input === value).length);
    return reads.reduce((sum, count) => sum + count, outputs);
  }

  /** The nodes that read a value. */
  readers(value: string): readonly GraphNode[] {
    return this.#consumers.get(value) ?? [];
  }

  /** A constant tensor. */
  constant(value: string): OnnxTensor | undefined {
    return this.#constants.get(value);
  }

  /** The number behind a constant whose elements are all alike. */
  uniform(value: string): number | undefined {
    const tensor = this.#constants.get(value);
    if (tensor === undefined || tensor.data.length === 0) return undefined;
    const first = tensor.data[0];
    if (!(tensor.data as Float64Array).every((item) => item === first)) return undefined;
    return numbersOf({ ...tensor, dims: [1], data: tensor.data.slice(0, 1) })[0];
  }

  /** The number behind a constant that has one element. */
  scalar(value: string): number | undefined {
    return this.#constants.get(value)?.data.length === 1 ? this.uniform(value) : undefined;
  }

  /** The type of a value, when it is known. */
  type(value: string): ValueType | undefined {
    return this.#types.get(value);
  }

  /** The sizes of a value, when all are numbers. */
  dims(value: string): readonly number[] | undefined {
    const dims = this.#types.get(value)?.dims;
    return dims !== undefined && isStatic(dims) ? dims : undefined;
  }

  /** A node with its constant inputs. */
  view(node: GraphNode): NodeView {
    return new NodeView(node, this.#graph.opset, this.#types, this.#constants);
  }

  /** Adds a node before the one that is rewritten and returns the name of its output. */
  emit(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    domain = '',
  ): string {
    const output = this.#fresh(opType);
    const node = { opType, domain, name: output, inputs, outputs: [output], attributes };
    this.#emitted.push(node);
    this.#producers.set(output, node);
    return output;
  }

  /** Adds a constant and returns its name. */
  add(tensor: OnnxTensor): string {
    const name = this.#fresh('constant');
    this.#constants.set(name, tensor);
    this.#types.set(name, typeOfTensor(tensor));
    this.added.set(name, tensor);
    return name;
  }

  /** Adds a list of integers. */
  ints(values: readonly number[]): string {
    return this.add({
      dtype: 'int64',
      dims: [values.length],
      data: BigInt64Array.from(values, BigInt),
    });
  }

  /** Runs the first rule that applies; the nodes that take the place of `node`, or `undefined`. */
  rewrite(node: GraphNode, rules: readonly Rewrite[]): readonly GraphNode[] | undefined {
    const [output] = node.outputs;
    if (output === undefined || node.outputs.slice(1).some((name) => name !== '')) return undefined;
    this.#near = output;
    for (const rule of rules) {
      const result = rule(node, this);
      if (result === undefined) {
        this.#emitted.length = 0;
        continue;
      }
      const nodes = this.#emitted.splice(0);
      const last = nodes.at(-1);
      if (last?.outputs[0] === result) {
        nodes[nodes.length - 1] = { ...last, name: node.name, outputs: [output] };
      } else {
        nodes.push(identity(result, output));
      }
      for (const made of nodes) for (const name of made.outputs) this.#producers.set(name, made);
      return nodes;
    }
    return undefined;
  }

  #fresh(what: string): string {
    for (let i = 0; ; i++) {
      const name = `${this.#near}/${what}${i === 0 ? '' : `_${i}`}`;
      if (this.#names.has(name)) continue;
      this.#names.add(name);
      return name;
    }
  }
}

/** One sweep over the nodes, each rewritten by the first rule that applies; the same graph when none does. */
export function applyRewrites(
  graph: OnnxGraph,
  rules: readonly Rewrite[],
  parameters: readonly string[] = [],
): OnnxGraph {
  const g = new Surroundings(graph, parameters);
  const replaced = graph.nodes.map((node) => g.rewrite(node, rules));
  if (replaced.every((nodes) => nodes === undefined)) return graph;
  const nodes = graph.nodes.flatMap((node, i) => replaced[i] ?? [node]);
  const domains = { ...graph.domains };
  for (const { domain } of nodes) if (domain !== '') domains[domain] ??= 1;
  const types = new Map(graph.types);
  for (const [name, tensor] of g.added) types.set(name, typeOfTensor(tensor));
  return {
    ...graph,
    domains,
    nodes,
    types,
    initializers: new Map([...graph.initializers, ...g.added]),
  };
}

/** A node that hands a value on under another name. */
function identity(from: string, to: string): GraphNode {
  return {
    opType: 'Identity',
    domain: '',
    name: to,
    inputs: [from],
    outputs: [to],
    attributes: {},
  };
}
