/** Appends to a graph: values with known types, constants that are shared, names that are free. */
import { ClError } from '@cl/hub';
import {
  typeOfTensor,
  type AttributeValue,
  type ElementType,
  type GraphInput,
  type GraphNode,
  type OnnxGraph,
  type OnnxTensor,
  type ValueType,
} from '@cl/onnx';
import type { Dims } from './dims.ts';

/** An element type and a size in full. */
export interface KnownType {
  readonly elementType: ElementType;
  readonly dims: Dims;
}

/** A value of a graph under construction. */
export interface Value extends KnownType {
  readonly name: string;
}

/** The types a gradient can have. */
export function isReal(elementType: ElementType): elementType is 'float32' | 'float64' {
  return elementType === 'float32' || elementType === 'float64';
}

/** A graph that grows at its end. Nothing is taken away before {@link GraphWriter.build}. */
export class GraphWriter {
  /** Version of ONNX's own operators that nodes are written for. */
  readonly opset: number;
  readonly #graph: OnnxGraph;
  readonly #inputs: GraphInput[];
  readonly #nodes: GraphNode[];
  readonly #initializers: Map<string, OnnxTensor>;
  readonly #types: Map<string, ValueType>;
  readonly #constants = new Map<string, Value>();
  /** Names that are given at the end, by the name a value has until then. */
  readonly #names = new Map<string, string>();
  readonly #taken: Set<string>;
  /** Values that nodes of this writer made and that have no final name yet. */
  readonly #own = new Set<string>();
  #counter = 0;

  /** Continues a graph, which itself stays as it is. */
  constructor(graph: OnnxGraph) {
    this.opset = graph.opset;
    this.#graph = graph;
    this.#inputs = [...graph.inputs];
    this.#nodes = [...graph.nodes];
    this.#initializers = new Map(graph.initializers);
    this.#types = new Map(graph.types);
    for (const [name, tensor] of graph.initializers) this.#types.set(name, typeOfTensor(tensor));
    for (const input of graph.inputs) this.#types.set(input.name, input);
    this.#taken = new Set(['', ...this.#types.keys(), ...graph.nodes.flatMap((n) => n.outputs)]);
  }

  /**
   * A value that is in the graph already.
   *
   * @throws ClError `NOT_FOUND` when there is none of this name, `NOT_SUPPORTED` when its size is not fully known.
   */
  value(name: string): Value {
    const type = this.#types.get(name);
    if (type === undefined) {
      throw new ClError(
        'NOT_FOUND',
        `graph: nothing is known of a value "${name}", expected a value with a type. ` +
          'Check the name, or infer types first: inferTypes(graph, { inputDims }).',
      );
    }
    const { elementType, dims } = type;
    if (dims.every((dim) => typeof dim === 'number')) return { name, elementType, dims };
    throw new ClError(
      'NOT_SUPPORTED',
      `graph: the value "${name}" has the size [${dims.join(', ')}], expected numbers only. ` +
        'Fix the sizes of the inputs first: inferTypes(graph, { inputDims }).',
    );
  }

  /** The tensor behind a value, or `undefined` when it is computed. */
  constantOf(value: Value): OnnxTensor | undefined {
    return this.#initializers.get(value.name);
  }

  /** Adds an input of the graph. */
  input(name: string, elementType: ElementType, dims: Dims): Value {
    this.#assertFree(name);
    this.#inputs.push({ name, elementType, dims });
    return this.#define(name, elementType, dims);
  }

  /** A constant tensor; equal small ones are one. */
  constant(tensor: OnnxTensor, hint = 'const'): Value {
    const small = tensor.data.length <= 16;
    const key = `${tensor.dtype}[${tensor.dims.join()}]${small ? Array.from(tensor.data as Iterable<number>, show).join() : ''}`;
    const known = small ? this.#constants.get(key) : undefined;
    if (known !== undefined) return known;
    const name = this.#freshName(hint);
    this.#initializers.set(name, tensor);
    const value = this.#define(name, tensor.dtype, tensor.dims);
    if (small) this.#constants.set(key, value);
    return value;
  }

  /** A list of int64, as axes and shapes are given to nodes. */
  ints(values: readonly number[]): Value {
    const data = BigInt64Array.from(values, BigInt);
    return this.constant({ dtype: 'int64', dims: [values.length], data });
  }

  /** Appends a node with one output of the given type. `opType` may carry a domain: `com.microsoft.FusedMatMul`. */
  node(
    opType: string,
    inputs: readonly (Value | null)[],
    type: KnownType,
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): Value {
    return this.nodes(opType, inputs, [type], attributes)[0]!;
  }

  /** Appends a node with several outputs. */
  nodes(
    opType: string,
    inputs: readonly (Value | null)[],
    types: readonly KnownType[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): Value[] {
    const { domain, name: operator } = splitOperator(opType);
    const outputs = types.map(() => this.#freshName(operator));
    this.#nodes.push({
      opType: operator,
      domain,
      name: outputs[0]!,
      inputs: inputs.map((input) => input?.name ?? ''),
      outputs,
      attributes,
    });
    return outputs.map((name, i) => {
      this.#own.add(name);
      return this.#define(name, types[i]!.elementType, types[i]!.dims);
    });
  }

  /** Gives a value a name of its own in the built graph: renames what this writer made, copies what was there. */
  rename(value: Value, name: string): Value {
    this.#assertFree(name);
    const source = this.#own.has(value.name) ? value : this.node('Identity', [value], value);
    this.#own.delete(source.name); // a second name needs a copy
    this.#names.set(source.name, name);
    return this.#define(name, source.elementType, source.dims);
  }

  /** The graph with these outputs, without the nodes and constants that they do not need. Inputs stay. */
  build(outputs: readonly (Value | string)[]): OnnxGraph {
    const final = (name: string): string => this.#names.get(name) ?? name;
    const names = outputs.map((output) => (typeof output === 'string' ? output : output.name));
    const needed = new Set(names);
    const nodes: GraphNode[] = [];
    for (const node of this.#nodes.toReversed()) {
      const made = node.outputs.map(final);
      if (!made.some((output) => needed.has(output))) continue;
      const read = node.inputs.map(final);
      for (const input of read) needed.add(input);
      nodes.push({ ...node, name: final(node.name), inputs: read, outputs: made });
    }
    const known = new Set([...this.#inputs.map(({ name }) => name), ...needed]);
    for (const node of nodes) for (const output of node.outputs) known.add(output);
    return {
      ...this.#graph,
      domains: domainsOf(this.#graph, nodes),
      inputs: this.#inputs,
      outputs: names,
      nodes: nodes.reverse(),
      initializers: new Map([...this.#initializers].filter(([name]) => needed.has(name))),
      types: new Map([...this.#types].filter(([name]) => known.has(name))),
    };
  }

  #define(name: string, elementType: ElementType, dims: Dims): Value {
    this.#taken.add(name);
    this.#types.set(name, { elementType, dims });
    return { name, elementType, dims };
  }

  #freshName(hint: string): string {
    let name: string;
    do name = `${hint}.${(this.#counter += 1)}`;
    while (this.#taken.has(name));
    return name;
  }

  #assertFree(name: string): void {
    if (!this.#taken.has(name)) return;
    throw new ClError(
      'INVALID_MODEL',
      `graph: the name "${name}" is ${name === '' ? 'empty' : 'taken'}, expected a free one. Choose another name.`,
    );
  }
}

/** `com.microsoft.Gelu` is `Gelu` of `com.microsoft`; a name without dots is ONNX's own. */
export function splitOperator(operator: string): {
  readonly domain: string;
  readonly name: string;
} {
  const dot = operator.lastIndexOf('.');
  return { domain: operator.slice(0, Math.max(dot, 0)), name: operator.slice(dot + 1) };
}

/** Tells −0 from 0, which a plain join would not. */
function show(value: number | bigint): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function domainsOf(graph: OnnxGraph, nodes: readonly GraphNode[]): Record<string, number> {
  const domains = { ...graph.domains };
  for (const { domain } of nodes) if (domain !== '') domains[domain] ??= 1;
  return domains;
}
