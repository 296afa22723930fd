/** What a rule of type inference sees of a node, and what it answers. */
import { ClError } from '@cl/hub';
import { positiveAxis, type Dims } from '../dims.ts';
import type { ElementType, OnnxTensor } from '../element-type.ts';
import { describeNode, typeOfTensor, type GraphNode, type ValueType } from '../graph.ts';
import { intsAttribute } from '../node-attributes.ts';

/** The types of a node's outputs, in order; those beyond the end are unknown. */
export type TypeRule = (node: NodeView) => readonly ValueType[];

/** A table: `opType`, or `domain.opType` for other domains, → rule. */
export type TypeRules = Readonly<Record<string, TypeRule>>;

/** A node with what is known of its inputs. */
export class NodeView {
  readonly node: GraphNode;
  readonly opset: number;
  readonly #types: ReadonlyMap<string, ValueType>;
  readonly #constants: ReadonlyMap<string, OnnxTensor>;

  /** Looks at a node through the types and the constants that are known before it. */
  constructor(
    node: GraphNode,
    opset: number,
    types: ReadonlyMap<string, ValueType>,
    constants: ReadonlyMap<string, OnnxTensor>,
  ) {
    this.node = node;
    this.opset = opset;
    this.#types = types;
    this.#constants = constants;
  }

  /** Whether input `i` is given. */
  has(i: number): boolean {
    return (this.node.inputs[i] ?? '') !== '';
  }

  /** The type of input `i`. Throws `INVALID_MODEL` when the input is absent or its type is unknown. */
  type(i: number): ValueType {
    const name = this.node.inputs[i] ?? '';
    const constant = this.#constants.get(name);
    if (constant !== undefined) return typeOfTensor(constant);
    const type = this.#types.get(name);
    if (type !== undefined) return type;
    throw this.invalid(name === '' ? `has no input ${i}` : `reads "${name}" of unknown type`);
  }

  /** The sizes of input `i`. */
  dims(i: number): Dims {
    return this.type(i).dims;
  }

  /** The tensor behind input `i`, when it is constant. */
  constant(i: number): OnnxTensor | undefined {
    return this.#constants.get(this.node.inputs[i] ?? '');
  }

  /** The integers behind input `i`, when it is constant. */
  ints(i: number): readonly number[] | undefined {
    const data = this.constant(i)?.data;
    return data && Array.from(data as ArrayLike<number | bigint>, Number);
  }

  /** The axes of `Squeeze`, `ReduceMean` and their kin: an attribute once, input 1 since opset 13 or 18. */
  axes(rank: number): readonly number[] | undefined {
    const listed = intsAttribute(this.node, 'axes');
    const axes = listed ?? (this.has(1) ? this.ints(1) : undefined);
    if (axes === undefined && this.has(1)) throw this.invalid('has axes that are not constant');
    return axes?.map((axis) => positiveAxis(axis, rank));
  }

  /** "This node: found, expected what the operator takes." */
  invalid(found: string): ClError {
    return new ClError(
      'INVALID_MODEL',
      `inferTypes: ${describeNode(this.node)} ${found}. Check the graph, or export the model again.`,
    );
  }

  /** The sizes of this node's inputs contradict each other. */
  mismatch(found: string): ClError {
    return new ClError(
      'SHAPE_MISMATCH',
      `inferTypes: ${describeNode(this.node)} gets ${found}. Pass inputDims that the model takes: its ` +
        'constants may be made for one size.',
    );
  }
}

/** A type. */
export function typed(elementType: ElementType, dims: Dims): ValueType {
  return { elementType, dims };
}

/** Sizes for a message: `[2, 17, 32]`. */
export function show(dims: Dims): string {
  return `[${dims.join(', ')}]`;
}
