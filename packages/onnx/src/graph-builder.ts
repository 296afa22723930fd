/** Builds models node by node. */
import { create } from '@bufbuild/protobuf';
import { ClError } from '@cl/hub';
import { attributeProto, type AttributeValue } from './attribute.ts';
import { dataTypeOf, type ElementType, type OnnxTensor } from './element-type.ts';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  ValueInfoProtoSchema,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './generated/onnx_pb.ts';
import type { Graph, Model } from './model.ts';
import { tensorProto } from './tensor.ts';

/** A dimension: a number, a name for one that is known when the model runs, or `'?'` for any. */
export type Dim = number | string;

/** What a model says of itself. */
export interface ModelOptions {
  /** Name of the graph; `graph` when absent. */
  readonly name?: string;
  /** Version of the standard operators; 21 when absent. */
  readonly opset?: number;
  /** Version of the format; 10 when absent, the one that came with operator set 21. */
  readonly irVersion?: number;
  /** Versions of other operator domains, for instance `{ 'com.microsoft': 1 }`. */
  readonly domains?: Readonly<Record<string, number>>;
}

/** What a node may say beside operator, inputs and attributes. */
export interface NodeOptions {
  /** Domain of the operator; the standard one when absent. It must be among {@link ModelOptions.domains}. */
  readonly domain?: string;
  readonly name?: string;
  /** Names of the outputs, as many as are wanted; `''` skips one. One fresh name when absent. */
  readonly outputs?: readonly string[];
}

/**
 * Collects inputs, initializers, nodes and outputs; values are known by their names.
 *
 * Each method refuses with ClError `INVALID_MODEL` a name that is taken or that nothing has produced yet, so that
 * a built graph is in topological order.
 */
export class GraphBuilder {
  readonly #options: ModelOptions;
  readonly #values = new Set<string>();
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #initializers: TensorProto[] = [];
  readonly #nodes: NodeProto[] = [];

  /** Starts an empty graph. */
  constructor(options: ModelOptions = {}) {
    this.#options = options;
  }

  /** Declares an input and returns its name. */
  input(name: string, type: ElementType, dims: readonly Dim[]): string {
    this.#define(name);
    this.#inputs.push(valueInfo(name, type, dims));
    return name;
  }

  /** Adds a constant tensor and returns its name; its data is not copied. */
  initializer(name: string, tensor: OnnxTensor): string {
    const proto = tensorProto(name, tensor);
    this.#define(name);
    this.#initializers.push(proto);
    return name;
  }

  /** Adds a node and returns the name of its first output; the input `''` leaves an optional input out. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    options: NodeOptions = {},
  ): string {
    const { domain = '', name = `${opType}_${this.#nodes.length}` } = options;
    const outputs = options.outputs ?? [`${name}_out`];
    if (domain !== '' && this.#options.domains?.[domain] === undefined) {
      throw invalid(
        `node "${name}" is of domain "${domain}", which has no version`,
        `Pass domains: { '${domain}': 1 } to GraphBuilder.`,
      );
    }
    for (const input of inputs) if (input !== '') this.#require(input, `node "${name}" reads`);
    const attribute = Object.entries(attributes).map(([key, value]) => attributeProto(key, value));
    for (const output of outputs) if (output !== '') this.#define(output);
    this.#nodes.push(
      create(NodeProtoSchema, {
        opType,
        name,
        domain,
        input: [...inputs],
        output: [...outputs],
        attribute,
      }),
    );
    return outputs[0] ?? '';
  }

  /** Makes a value an output of the graph and returns its name. */
  output(value: string, type: ElementType, dims: readonly Dim[]): string {
    this.#require(value, 'output is');
    this.#outputs.push(valueInfo(value, type, dims));
    return value;
  }

  /** The graph alone, for instance as a branch of an `If` node. */
  graph(): Graph {
    if (this.#outputs.length === 0) throw invalid('the graph has no output', 'Call output().');
    return create(GraphProtoSchema, {
      name: this.#options.name ?? 'graph',
      input: [...this.#inputs],
      output: [...this.#outputs],
      initializer: [...this.#initializers],
      node: [...this.#nodes],
    });
  }

  /** The model. The builder can be used on; the model does not change. */
  build(): Model {
    const { opset = 21, irVersion = 10, domains = {} } = this.#options;
    const imports = { '': opset, ...domains };
    return create(ModelProtoSchema, {
      irVersion: BigInt(irVersion),
      producerName: '@cl/onnx',
      opsetImport: Object.entries(imports).map(([domain, version]) => ({
        domain,
        version: BigInt(version),
      })),
      graph: this.graph() as ReturnType<typeof create<typeof GraphProtoSchema>>,
    });
  }

  #define(name: string): void {
    if (name !== '' && !this.#values.has(name)) {
      this.#values.add(name);
      return;
    }
    throw invalid(
      name === '' ? 'a value has an empty name' : `the value "${name}" exists already`,
      'Give every value a name of its own.',
    );
  }

  #require(name: string, what: string): void {
    if (this.#values.has(name)) return;
    throw invalid(`${what} "${name}", which nothing produces`, 'Add what produces it first.');
  }
}

/** The declaration of a value. */
export function valueInfo(name: string, type: ElementType, dims: readonly Dim[]): ValueInfoProto {
  const dim = dims.map((d) => {
    if (typeof d === 'number') return { value: { case: 'dimValue' as const, value: BigInt(d) } };
    return d === '?' ? {} : { value: { case: 'dimParam' as const, value: d } };
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: dataTypeOf(type), shape: { dim } } } },
  });
}

function invalid(found: string, advice: string): ClError {
  return new ClError('INVALID_MODEL', `GraphBuilder: ${found}. ${advice}`);
}
