/** Between a {@link Model}, the messages of a file, and an {@link OnnxGraph}, the form that stages work on. */
import { ClError } from '@cl/hub';
import type { AttributeValue } from './attribute.ts';
import { elementTypeOf, type OnnxTensor } from './element-type.ts';
import { AttributeProto_AttributeType as Type, type AttributeProto } from './generated/onnx_pb.ts';
import { GraphBuilder } from './graph-builder.ts';
import {
  describeNode,
  typeOfTensor,
  type GraphInput,
  type GraphNode,
  type OnnxGraph,
  type ValueType,
} from './graph.ts';
import type { Immutable } from './immutable.ts';
import type { Graph, Model, Node } from './model.ts';
import { readTensor } from './tensor.ts';

/**
 * The graph of a model. `Constant` nodes become initializers; an input with a default value becomes that
 * constant; empty lists among attributes, which say what their absence says, are left out.
 *
 * @throws ClError `NOT_SUPPORTED` for control flow, functions of the model's own, sparse or external weights
 * (see `readExternalData`), and values that are no tensors of numbers.
 * @throws ClError `INVALID_MODEL` when a node reads a value that nothing before it produces.
 */
export function graphFromModel(model: Model): OnnxGraph {
  const proto = model.graph;
  if (proto === undefined) throw invalid('the model has no graph', 'Export the model again.');
  const own = model.functions[0];
  if (own !== undefined) {
    throw unsupported(
      `the model has functions of its own ("${own.name}")`,
      'Export it with its functions inlined (onnx.inliner.inline_local_functions does this in Python).',
    );
  }
  if (proto.sparseInitializer.length > 0) {
    throw unsupported('the model has sparse weights', 'Export it with dense weights.');
  }
  const initializers = new Map<string, OnnxTensor>();
  for (const tensor of proto.initializer) initializers.set(tensor.name, readTensor(tensor));
  const nodes: GraphNode[] = [];
  for (const node of proto.node) {
    const plain = nodeFromProto(node);
    const constant = plain.opType === 'Constant' ? constantOf(plain) : undefined;
    if (constant === undefined) nodes.push(plain);
    else initializers.set(plain.outputs[0]!, constant);
  }
  const graph: OnnxGraph = {
    opset: Number(versionOf(model)),
    domains: Object.fromEntries(
      model.opsetImport
        .filter(({ domain }) => domain !== '' && domain !== 'ai.onnx')
        .map(({ domain, version }) => [domain, Number(version)]),
    ),
    inputs: inputsOf(proto, initializers),
    outputs: proto.output.map(({ name }) => name),
    nodes,
    initializers,
    types: declaredTypes(proto, initializers),
  };
  assertGraph(graph);
  return graph;
}

/**
 * The model of a graph, for `writeModel`. Types of inner values are left out: every runtime infers them.
 *
 * @throws ClError `INVALID_MODEL` when a node or an output reads what nothing before it produces, when a value
 * is produced twice, or when the type of an output is not in `graph.types`.
 */
export function modelFromGraph(graph: OnnxGraph, options: { readonly name?: string } = {}): Model {
  const domains: Record<string, number> = { ...graph.domains };
  for (const { domain } of graph.nodes) if (domain !== '') domains[domain] ??= 1;
  const builder = new GraphBuilder({ ...options, opset: graph.opset, domains });
  for (const { name, elementType, dims } of graph.inputs) builder.input(name, elementType, dims);
  for (const [name, tensor] of graph.initializers) builder.initializer(name, tensor);
  for (const { opType, inputs, attributes, domain, name, outputs } of graph.nodes) {
    builder.node(opType, inputs, attributes, { domain, name, outputs });
  }
  for (const name of graph.outputs) {
    const type = graph.types.get(name);
    if (type === undefined) {
      throw invalid(`the type of the output "${name}" is not known`, 'Call inferTypes() before.');
    }
    builder.output(name, type.elementType, type.dims);
  }
  return builder.build();
}

/** Checks names: topological order, each value produced once, outputs that exist. */
export function assertGraph(graph: OnnxGraph): void {
  const known = new Set(['', ...graph.initializers.keys()]);
  for (const { name } of graph.inputs) known.add(name);
  for (const node of graph.nodes) {
    const missing = node.inputs.find((input) => !known.has(input));
    if (missing !== undefined) {
      throw invalid(
        `${describeNode(node)} reads "${missing}", which nothing before it produces`,
        'Sort the nodes topologically, or export the model again.',
      );
    }
    for (const output of node.outputs) {
      if (output !== '' && known.has(output)) {
        throw invalid(`${describeNode(node)} produces "${output}" a second time`, 'Rename it.');
      }
      known.add(output);
    }
  }
  const missing = graph.outputs.find((output) => output === '' || !known.has(output));
  if (missing !== undefined) {
    throw invalid(`nothing produces the output "${missing}"`, 'Export the model again.');
  }
}

function versionOf(model: Model): bigint {
  const own = model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx');
  if (own !== undefined) return own.version;
  throw invalid('the model names no version of the ONNX operators', 'Export the model again.');
}

function inputsOf(proto: Graph, initializers: ReadonlyMap<string, OnnxTensor>): GraphInput[] {
  // Before IR version 4 every initializer was listed as an input too.
  const inputs = proto.input.filter(({ name }) => !initializers.has(name));
  return inputs.map((info) => {
    const type = typeFromProto(info);
    if (type !== undefined) return { name: info.name, ...type };
    throw unsupported(
      `input "${info.name}" is no tensor of numbers with a known number of dimensions`,
      'Export the model with dense tensor inputs.',
    );
  });
}

function declaredTypes(
  proto: Graph,
  initializers: ReadonlyMap<string, OnnxTensor>,
): Map<string, ValueType> {
  const types = new Map<string, ValueType>();
  for (const info of [...proto.valueInfo, ...proto.input, ...proto.output]) {
    const type = typeFromProto(info);
    if (type !== undefined) types.set(info.name, type);
  }
  for (const [name, tensor] of initializers) types.set(name, typeOfTensor(tensor));
  return types;
}

function typeFromProto(info: Graph['input'][number]): ValueType | undefined {
  const type = info.type?.value;
  if (type?.case !== 'tensorType' || type.value.shape === undefined) return undefined;
  const elementType = elementTypeOf(type.value.elemType);
  if (elementType === undefined) return undefined;
  const dims = type.value.shape.dim.map(({ value }) => {
    if (value.case === 'dimValue') return Number(value.value);
    return value.case === 'dimParam' && value.value !== '' ? value.value : '?';
  });
  return { elementType, dims };
}

function nodeFromProto(proto: Node): GraphNode {
  const { opType, name, input: inputs, output: outputs } = proto;
  const domain = proto.domain === 'ai.onnx' ? '' : proto.domain;
  const node = { opType, domain, name, inputs, outputs };
  const attributes: Record<string, AttributeValue> = {};
  for (const attribute of proto.attribute) {
    const value = attributeFromProto(attribute);
    if (value === undefined) {
      const what =
        attribute.type === Type.GRAPH || attribute.type === Type.GRAPHS
          ? 'is control flow: it runs graphs of its own'
          : `has an attribute "${attribute.name}" of type ${attribute.type}`;
      throw unsupported(
        `${describeNode({ ...node, attributes: {} })} ${what}`,
        'Export the model without it, for instance with fixed input sizes.',
      );
    }
    if (!Array.isArray(value) || value.length > 0) attributes[attribute.name] = value;
  }
  return { ...node, attributes };
}

function attributeFromProto(proto: Immutable<AttributeProto>): AttributeValue | undefined {
  switch (proto.type) {
    case Type.INT:
      return proto.i;
    case Type.FLOAT:
      return proto.f;
    case Type.STRING:
      return utf8(proto.s);
    case Type.INTS:
      return proto.ints;
    case Type.FLOATS:
      return proto.floats;
    case Type.STRINGS:
      return proto.strings.map(utf8);
    case Type.TENSOR:
      return proto.t === undefined ? undefined : readTensor(proto.t);
    default:
      return undefined;
  }
}

/** The tensor of a `Constant` node; `undefined` for strings and sparse tensors. */
function constantOf({ attributes, outputs }: GraphNode): OnnxTensor | undefined {
  const { value, value_int, value_ints, value_float, value_floats } = attributes;
  if (outputs.length !== 1) return undefined;
  if (typeof value === 'object' && 'dtype' in value) return value;
  if (typeof value_int === 'bigint') return int64([value_int], []);
  if (typeof value_float === 'number') return float32([value_float], []);
  if (value_ints !== undefined) {
    const ints = value_ints as readonly bigint[];
    return int64(ints, [ints.length]);
  }
  if (value_floats !== undefined) {
    const floats = value_floats as readonly number[];
    return float32(floats, [floats.length]);
  }
  return undefined;
}

function int64(values: readonly bigint[], dims: readonly number[]): OnnxTensor {
  return { dtype: 'int64', dims, data: BigInt64Array.from(values) };
}

function float32(values: readonly number[], dims: readonly number[]): OnnxTensor {
  return { dtype: 'float32', dims, data: Float32Array.from(values) };
}

function utf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function invalid(found: string, advice: string): ClError {
  return new ClError('INVALID_MODEL', `graph: ${found}. ${advice}`);
}

function unsupported(found: string, advice: string): ClError {
  return new ClError('NOT_SUPPORTED', `graphFromModel: ${found}. ${advice}`);
}
