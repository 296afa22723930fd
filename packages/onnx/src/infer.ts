/** Types and constants of a graph, found in one pass from its inputs to its outputs. */
import { ClError } from '@cl/hub';
import { isStatic, sizeOf, type Dims } from './dims.ts';
import type { OnnxTensor } from './element-type.ts';
import {
  describeNode,
  typeOfTensor,
  type GraphInput,
  type GraphNode,
  type OnnxGraph,
  type ValueType,
} from './graph.ts';
import { arithmeticKernels } from './kernels/arithmetic.ts';
import type { Kernels } from './kernels/kernel.ts';
import { movementKernels } from './kernels/movement.ts';
import { elementwise } from './types/elementwise.ts';
import { movement, shapeRange } from './types/movement.ts';
import { products } from './types/products.ts';
import { reductions } from './types/reductions.ts';
import { NodeView, show, type TypeRules } from './types/rule.ts';

/** What inference is told. */
export interface InferOptions {
  /** Sizes of inputs, by name: `{ pixel_values: [8, 3, 224, 224] }`. Those left out stay as declared. */
  readonly inputDims?: Readonly<Record<string, Dims>>;
  /** Rules for further operators, by `opType` or `domain.opType`. */
  readonly rules?: TypeRules;
}

/** What folding is told beside. */
export interface FoldOptions extends InferOptions {
  /** Initializers that will change, such as weights that are trained: what depends on them is not folded. */
  readonly parameters?: readonly string[];
  /** `true` keeps weights stored as half floats behind their `Cast`: half the memory. Folded when absent. */
  readonly keepHalfFloats?: boolean;
}

/** Operators that inference knows, as `opType` or `domain.opType`. */
export const typeRules: TypeRules = { ...elementwise, ...products, ...movement, ...reductions };

const kernels: Kernels = { ...arithmeticKernels, ...movementKernels };

/** A constant may be this large even where its inputs are smaller, as with `Expand`. */
const maxGrowth = 2 ** 20;

/** A graph with the types of all its values, and the values that are the same at every run. */
interface Analysis {
  readonly graph: OnnxGraph;
  /** Values of nodes, not initializers, that are constant. */
  readonly constants: ReadonlyMap<string, OnnxTensor>;
}

/**
 * The graph with the types of all its values. Sizes that follow from `Shape` and arithmetic on it are found too.
 *
 * @throws ClError `NOT_SUPPORTED` for an operator without a rule, with its node: pass one in `options.rules`.
 * @throws ClError `SHAPE_MISMATCH` when `inputDims` contradict the declared ones or a node's inputs each other.
 */
export function inferTypes(graph: OnnxGraph, options: InferOptions = {}): OnnxGraph {
  return analyse(graph, options).graph;
}

/**
 * The graph without nodes whose outputs never change under the given input sizes: these become initializers.
 * Types are inferred on the way. What only they needed is left for `removeDeadCode`.
 */
export function foldConstants(graph: OnnxGraph, options: FoldOptions = {}): OnnxGraph {
  const { graph: typedGraph, constants } = analyse(graph, options);
  if (constants.size === 0) return typedGraph;
  const stays = ({ outputs }: GraphNode): boolean =>
    outputs.some((output) => output !== '' && !constants.has(output));
  const nodes = typedGraph.nodes.filter(stays);
  // An output stays the output of a node: some runtimes take no constant for an output.
  const initializers = new Map([...typedGraph.initializers, ...constants]);
  for (const output of graph.outputs) {
    const constant = constants.get(output);
    if (constant === undefined) continue;
    initializers.delete(output);
    initializers.set(`${output}/constant`, constant);
    nodes.unshift(identityNode(`${output}/constant`, output));
  }
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  for (const name of constants.keys()) if (made.has(name)) initializers.delete(name);
  return { ...typedGraph, nodes, initializers };
}

function identityNode(from: string, to: string): GraphNode {
  const inputs = [from];
  return { opType: 'Identity', domain: '', name: to, inputs, outputs: [to], attributes: {} };
}

/** One pass over the nodes: types by the rules, constants by the kernels. */
function analyse(graph: OnnxGraph, options: FoldOptions = {}): Analysis {
  const { rules = {}, parameters = [], keepHalfFloats = false } = options;
  const inputs = graph.inputs.map((input) => withDims(input, options.inputDims?.[input.name]));
  const names = graph.inputs.map(({ name }) => name);
  assertNames('inputDims', Object.keys(options.inputDims ?? {}), names, 'inputs');
  assertNames('parameters', parameters, [...graph.initializers.keys()], 'initializers');
  const types = new Map<string, ValueType>();
  for (const { name, elementType, dims } of inputs) types.set(name, { elementType, dims });
  const known = new Map(graph.initializers);
  for (const [name, tensor] of known) types.set(name, typeOfTensor(tensor));
  for (const name of parameters) known.delete(name);
  const constants = new Map<string, OnnxTensor>();
  for (const node of graph.nodes) {
    const view = new NodeView(node, graph.opset, types, known);
    const outputs = typesOf(view, rules);
    node.outputs.forEach((name, i) => {
      if (name !== '' && outputs[i] !== undefined) types.set(name, outputs[i]);
    });
    if (keepHalfFloats && isHalfCast(view)) continue;
    const values = evaluate(view, outputs);
    node.outputs.forEach((name, i) => {
      const value = values?.[i];
      if (value === undefined || name === '') return;
      known.set(name, value);
      constants.set(name, value);
      types.set(name, typeOfTensor(value));
    });
  }
  return { graph: { ...graph, inputs, types }, constants };
}

function typesOf(view: NodeView, rules: TypeRules): readonly ValueType[] {
  const { opType, domain } = view.node;
  const key = domain === '' ? opType : `${domain}.${opType}`;
  const rule = rules[key] ?? (Object.hasOwn(typeRules, key) ? typeRules[key] : undefined);
  if (rule !== undefined) return rule(view);
  throw new ClError(
    'NOT_SUPPORTED',
    `inferTypes: no rule for ${describeNode(view.node)} at opset ${view.opset}, expected one of the ` +
      `${Object.keys(typeRules).length} operators of typeRules. Pass a rule for "${key}" in options.rules.`,
  );
}

function evaluate(
  view: NodeView,
  outputs: readonly ValueType[],
): readonly OnnxTensor[] | undefined {
  const { opType, domain, inputs } = view.node;
  if (domain !== '') return undefined;
  if (opType === 'Shape' || opType === 'Size') return sizes(view);
  const constants = inputs.map((_, i) => view.constant(i));
  if (inputs.some((name, i) => name !== '' && constants[i] === undefined)) return undefined;
  const total = constants.reduce((sum, tensor) => sum + (tensor?.data.length ?? 0), 0);
  const limit = Math.max(total, maxGrowth);
  const small = outputs.every(({ dims }) => isStatic(dims) && sizeOf(dims) <= limit);
  if (!small || !Object.hasOwn(kernels, opType)) return undefined;
  return kernels[opType]!({ view, inputs: constants, outputs });
}

/** `Shape` and `Size` need sizes, not data. */
function sizes(view: NodeView): readonly OnnxTensor[] | undefined {
  const dims = view.dims(0);
  if (view.node.opType === 'Size') {
    return isStatic(dims) ? [int64([sizeOf(dims)], [])] : undefined;
  }
  const { first, count } = shapeRange(view, dims.length);
  const part = dims.slice(first, first + count);
  return isStatic(part) ? [int64(part, [part.length])] : undefined;
}

function int64(values: readonly number[], dims: readonly number[]): OnnxTensor {
  return { dtype: 'int64', dims, data: BigInt64Array.from(values, BigInt) };
}

/** A weight on its way from half to single precision. */
function isHalfCast(view: NodeView): boolean {
  const x = view.node.opType === 'Cast' ? view.constant(0) : undefined;
  return x !== undefined && (x.dtype === 'float16' || x.dtype === 'bfloat16') && x.dims.length > 0;
}

function withDims(input: GraphInput, dims: Dims | undefined): GraphInput {
  if (dims === undefined) return input;
  const fits = (dim: number | string, i: number): boolean =>
    typeof dim === 'string' || dims[i] === dim;
  if (dims.length === input.dims.length && input.dims.every(fits)) return { ...input, dims };
  throw new ClError(
    'SHAPE_MISMATCH',
    `inferTypes: inputDims give "${input.name}" ${show(dims)}, expected ${show(input.dims)} as the model ` +
      'declares. Pass sizes that agree with the numbers among these.',
  );
}

function assertNames(
  option: string,
  given: readonly string[],
  existing: readonly string[],
  what: string,
): void {
  const known = new Set(existing);
  const unknown = given.find((name) => !known.has(name));
  if (unknown === undefined) return;
  const some = existing.slice(0, 5).join(', ') + (existing.length > 5 ? ', …' : '');
  throw new ClError(
    'INVALID_OPTION',
    `inferTypes: ${option} name "${unknown}", expected ${what} of the model: ${some}. Check the spelling.`,
  );
}
