/**
 * Tokens that nobody reads are not computed. A classifier reads the first token of the last block only, so there the
 * queries, the output projection and the MLP of the others are for nothing: 10 of a block's 12 parts of work.
 */
import { removeDeadCode } from './dead-code.ts';
import { positiveAxis, sizeOf } from './dims.ts';
import type { OnnxTensor } from './element-type.ts';
import type { GraphNode, OnnxGraph, ValueType } from './graph.ts';
import { intAttribute, intsAttribute } from './node-attributes.ts';

/** Operators that treat each element by itself, with operands that broadcast. */
const elementwise = new Set([
  ...['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Where', 'Neg', 'Sqrt', 'Exp', 'Erf', 'Tanh', 'Sigmoid'],
  ...['Relu', 'Gelu', 'QuickGelu', 'Identity', 'Cast', 'Dropout', 'Clip', 'IsNaN'],
]);

/**
 * The graph without the work on all but the first entry of an axis, where a `Gather` reads that entry alone. Values and
 * outputs keep their names; some values have 1 for a size.
 *
 * @param graph - of known types, all sizes numbers; its outputs are what is read.
 * @returns the same graph where nothing can be left out.
 */
export function dropUnreadTokens(graph: OnnxGraph): OnnxGraph {
  const demands = new Demands(graph);
  for (const output of graph.outputs) demands.whole(output);
  for (const node of graph.nodes.toReversed()) demands.through(node);
  return demands.any ? demands.rewritten() : graph;
}

/** For each value, the axis of which only the first entry is read, or `whole`. */
class Demands {
  readonly #graph: OnnxGraph;
  readonly #axes = new Map<string, number | 'whole'>();
  readonly #made: ReadonlySet<string>;

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
    this.#made = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
    for (const name of [...graph.initializers.keys(), ...graph.inputs.map((input) => input.name)]) {
      this.whole(name);
    }
  }

  /** Whether something can be left out. */
  get any(): boolean {
    return [...this.#axes.values()].some((axis) => axis !== 'whole');
  }

  whole(value: string): void {
    this.#axes.set(value, 'whole');
  }

  /** What a node needs of its inputs, all its readers having been looked at. */
  through(node: GraphNode): void {
    const wanted = this.#inputAxes(node);
    if (wanted === undefined) for (const output of node.outputs) this.whole(output);
    node.inputs.forEach((input, i) => {
      const axis = wanted?.[i] ?? 'whole';
      if (!this.#axes.has(input)) this.#axes.set(input, axis);
      else if (this.#axes.get(input) !== axis) this.whole(input);
    });
  }

  rewritten(): OnnxGraph {
    const types = new Map(this.#graph.types);
    for (const [name, axis] of this.#axes) {
      if (axis !== 'whole') types.set(name, narrowed(types.get(name)!, axis));
    }
    const initializers = new Map(this.#graph.initializers);
    const nodes: GraphNode[] = [];
    const constant = (name: string, values: readonly number[]): string => {
      const data = BigInt64Array.from(values, BigInt);
      const tensor: OnnxTensor = { dtype: 'int64', dims: [values.length], data };
      initializers.set(name, tensor);
      types.set(name, { elementType: 'int64', dims: tensor.dims });
      return name;
    };
    const first = (value: string, axis: number): string => {
      const name = `${value}/first.${axis}`;
      if (types.has(name)) return name;
      types.set(name, narrowed(this.#graph.types.get(value)!, axis));
      const at = [0, 1, axis].map((n) => constant(`${name}/${n}`, [n]));
      nodes.push(plain('Slice', name, [value, at[0]!, at[1]!, constant(`${name}/axis`, [axis])]));
      return name;
    };
    for (const node of this.#graph.nodes) {
      const wanted = this.#inputAxes(node);
      if (node.opType === 'Gather' && this.#axes.get(node.inputs[0]!) !== wanted?.[0]) {
        nodes.push(node); // its input is needed whole by others: it reads the entry itself
        continue;
      }
      const inputs = node.inputs.map((input, i) => {
        const axis = wanted?.[i];
        return axis === undefined || this.#axes.get(input) === axis ? input : first(input, axis);
      });
      const output = node.outputs[0]!;
      if (wanted !== undefined && (node.opType === 'Gather' || node.opType === 'Reshape')) {
        const dims = types.get(output)!.dims as readonly number[];
        nodes.push(plain('Reshape', output, [inputs[0]!, constant(`${output}/dims`, dims)]));
      } else nodes.push({ ...node, inputs });
    }
    return removeDeadCode({ ...this.#graph, nodes, initializers, types });
  }

  /** The axis of each input of which a node needs the first entry alone; `undefined` when it needs all of them whole. */
  #inputAxes(node: GraphNode): readonly (number | undefined)[] | undefined {
    const [x = '', second = ''] = node.inputs;
    const dims = this.#dims(x);
    if (node.opType === 'Gather' && this.#isZero(second) && this.#made.has(x) && dims.length > 1) {
      return [positiveAxis(intAttribute(node, 'axis', 0), dims.length)];
    }
    const axis = this.#axes.get(node.outputs[0]!);
    if (typeof axis !== 'number' || node.outputs.length > 1) return undefined;
    const out = this.#dims(node.outputs[0]!);
    const rank = out.length;
    const own = (input: string): number | undefined => {
      const at = axis - (rank - this.#dims(input).length); // operands are aligned at their ends
      return at < 0 || this.#dims(input)[at] === 1 ? undefined : at;
    };
    switch (node.opType) {
      case 'LayerNormalization':
        return positiveAxis(intAttribute(node, 'axis', -1), rank) > axis ? [axis] : undefined;
      case 'Softmax': {
        const flattens = this.#graph.opset < 13; // then it is over all axes from its own on
        const over = positiveAxis(intAttribute(node, 'axis', flattens ? 1 : -1), rank);
        return (flattens ? over <= axis : over === axis) ? undefined : [axis];
      }
      case 'ReduceMean': {
        const over = this.#reduced(node)?.map((given) => positiveAxis(given, rank));
        return over === undefined || over.includes(axis) || dims.length !== rank
          ? undefined
          : [axis];
      }
      case 'Attention': // of opset 23: queries do not see each other
        if (axis !== 2 || rank !== 4 || intAttribute(node, 'is_causal', 0) !== 0) return undefined;
        return node.inputs.map((input, i) => (i === 0 ? axis : i === 3 ? own(input) : undefined));
      case 'MatMul':
        return axis === rank - 2 && dims.length > 1 ? [dims.length - 2] : undefined;
      case 'Transpose':
        return [intsAttribute(node, 'perm')?.[axis] ?? rank - 1 - axis];
      case 'Reshape': {
        const from = axisBefore(dims, out, axis);
        return from === undefined ? undefined : [from];
      }
      default:
        return elementwise.has(node.opType) ? node.inputs.map(own) : undefined;
    }
  }

  #dims(value: string): readonly number[] {
    return (this.#graph.types.get(value)?.dims ?? []) as readonly number[];
  }

  /** The axes that a `ReduceMean` names; `undefined` for all of them, and where only the run decides. */
  #reduced(node: GraphNode): readonly number[] | undefined {
    const named = this.#graph.initializers.get(node.inputs[1] ?? '')?.data;
    return intsAttribute(node, 'axes') ?? (named && Array.from(named as BigInt64Array, Number));
  }

  #isZero(value: string): boolean {
    const tensor = this.#graph.initializers.get(value);
    return tensor?.dims.length === 0 && Number(tensor.data[0]) === 0;
  }
}

/** The axis of a reshaped value that one of its result's axes is, untouched. */
function axisBefore(
  from: readonly number[],
  to: readonly number[],
  axis: number,
): number | undefined {
  const before = sizeOf(to.slice(0, axis));
  const found = from.findIndex((dim, i) => dim === to[axis] && sizeOf(from.slice(0, i)) === before);
  return found < 0 ? undefined : found;
}

function narrowed({ elementType, dims }: ValueType, axis: number): ValueType {
  return { elementType, dims: dims.with(axis, 1) };
}

function plain(opType: string, output: string, inputs: readonly string[]): GraphNode {
  return { opType, domain: '', name: output, inputs, outputs: [output], attributes: {} };
}
