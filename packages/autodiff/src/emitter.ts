/** The operators that rules and losses are written with: each appends nodes and gives a value with its type. */
import { ClError } from '@cl/hub';
import type { AttributeValue, ElementType } from '@cl/onnx';
import {
  allAxes,
  axisOf,
  broadcastDims,
  keptDims,
  sameDims,
  sizeOf,
  swapLastTwo,
  type Dims,
} from './dims.ts';
import { GraphWriter, type Value } from './graph-writer.ts';
import { scalarType } from './scalars.ts';

/** A value, or a number that takes the element type of the value beside it. */
export type Operand = Value | number;

/** Domain of the markers {@link Emitter.stopGradient} and {@link Emitter.straightThrough}, which no runtime sees. */
export const markerDomain = 'cl.autodiff';

/**
 * Writes mathematics as nodes. What would change nothing (a reshape to the same shape, a product with the number 1)
 * appends nothing.
 *
 * @example
 * {@includeCode ../test/readme.test.ts#emitter}
 */
export class Emitter extends GraphWriter {
  /** Transposes this emitter wrote, so that the transpose of one is made from what it was made of. */
  readonly #transposed = new Map<string, { readonly x: Value; readonly perm: Dims }>();

  /** Values that hold one number everywhere, such as the gradient of a sum. */
  readonly #uniform = new Map<string, number>();

  // Elementwise, broadcasting.
  add(a: Operand, b: Operand): Value {
    return this.#binary('Add', a, b);
  }
  sub(a: Operand, b: Operand): Value {
    return this.#binary('Sub', a, b);
  }
  mul(a: Operand, b: Operand): Value {
    return this.#scaled(a, b) ?? this.#scaled(b, a) ?? this.#binary('Mul', a, b);
  }
  div(a: Operand, b: Operand): Value {
    return this.#binary('Div', a, b);
  }
  pow(a: Operand, b: Operand): Value {
    return b === 1 && typeof a !== 'number' ? a : this.#binary('Pow', a, b);
  }
  equal(a: Operand, b: Operand): Value {
    return this.#binary('Equal', a, b, 'bool');
  }
  greater(a: Operand, b: Operand): Value {
    return this.#binary('Greater', a, b, 'bool');
  }
  less(a: Operand, b: Operand): Value {
    return this.#binary('Less', a, b, 'bool');
  }
  /** `whenTrue` where the condition holds, `whenFalse` elsewhere. */
  where(condition: Value, whenTrue: Operand, whenFalse: Operand): Value {
    const [a, b] = this.#pair(whenTrue, whenFalse);
    const dims = broadcastDims(condition.dims, broadcastDims(a.dims, b.dims));
    return this.node('Where', [condition, a, b], { elementType: a.elementType, dims });
  }

  // Elementwise, one operand.
  neg(x: Value): Value {
    return this.node('Neg', [x], x);
  }
  abs(x: Value): Value {
    return this.node('Abs', [x], x);
  }
  sign(x: Value): Value {
    return this.node('Sign', [x], x);
  }
  floor(x: Value): Value {
    return this.node('Floor', [x], x);
  }
  exp(x: Value): Value {
    return this.node('Exp', [x], x);
  }
  log(x: Value): Value {
    return this.node('Log', [x], x);
  }
  sqrt(x: Value): Value {
    return this.node('Sqrt', [x], x);
  }
  sin(x: Value): Value {
    return this.node('Sin', [x], x);
  }
  cos(x: Value): Value {
    return this.node('Cos', [x], x);
  }
  erf(x: Value): Value {
    return this.node('Erf', [x], x);
  }
  tanh(x: Value): Value {
    return this.node('Tanh', [x], x);
  }
  sigmoid(x: Value): Value {
    return this.node('Sigmoid', [x], x);
  }
  /** The value in another element type. */
  cast(x: Value, to: ElementType): Value {
    if (x.elementType === to) return x;
    const type = { elementType: to, dims: x.dims };
    return this.node('Cast', [x], type, { to: scalarType(to).dataType });
  }

  // Along axes.
  /** Σ over axes, kept as axes of size 1 unless `squeeze`. */
  sumOver(x: Value, axes: Dims, keep: 'keep' | 'squeeze' = 'keep'): Value {
    const reduced = new Set(axes.map((axis) => axisOf(axis, x.dims.length)));
    const kept = keptDims(x.dims, axes);
    const dims = keep === 'keep' ? kept : kept.filter((_, i) => !reduced.has(i));
    if (sameDims(kept, x.dims)) return this.reshape(x, dims);
    const attributes = { keepdims: keep === 'keep' ? 1n : 0n };
    return this.node('ReduceSum', [x, this.ints([...reduced])], { ...x, dims }, attributes);
  }
  /** Mean over axes, kept as axes of size 1. */
  meanOver(x: Value, axes: Dims): Value {
    return this.mul(this.sumOver(x, axes), sizeOf(keptDims(x.dims, axes)) / sizeOf(x.dims));
  }
  /** Σ over everything: a scalar. */
  sumAll(x: Value): Value {
    return this.sumOver(x, allAxes(x.dims.length), 'squeeze');
  }
  /** Maximum over one axis, kept as an axis of size 1. */
  maxOver(x: Value, axis: number): Value {
    const type = { ...x, dims: keptDims(x.dims, [axis]) };
    // Axes became an input of this operator in opset 18.
    if (this.opset < 18) return this.node('ReduceMax', [x], type, { axes: [BigInt(axis)] });
    return this.node('ReduceMax', [x, this.ints([axis])], type);
  }
  softmax(x: Value, axis: number): Value {
    return this.node('Softmax', [x], x, { axis: BigInt(axis) });
  }
  logSoftmax(x: Value, axis: number): Value {
    return this.node('LogSoftmax', [x], x, { axis: BigInt(axis) });
  }
  /** Position of the smallest element along an axis, the first of equals: int64 without that axis. */
  argMin(x: Value, axis: number): Value {
    const dims = x.dims.filter((_, i) => i !== axisOf(axis, x.dims.length));
    const attributes = { axis: BigInt(axis), keepdims: 0n };
    return this.node('ArgMin', [x], { elementType: 'int64', dims }, attributes);
  }

  // Products.
  /** Matrix product of the last two axes; the axes before them broadcast. */
  matMul(a: Value, b: Value): Value {
    const batch = broadcastDims(a.dims.slice(0, -2), b.dims.slice(0, -2));
    const dims = [...batch, a.dims.at(-2)!, b.dims.at(-1)!];
    return this.node('MatMul', [a, b], { ...a, dims });
  }

  // Shape.
  reshape(x: Value, dims: Dims): Value {
    if (sameDims(x.dims, dims)) return x;
    const y = this.node('Reshape', [x, this.ints(dims)], { ...x, dims });
    return this.#sameNumber(x, y);
  }
  /** Axis i of the result is axis `perm[i]` of x. */
  transpose(x: Value, perm: Dims): Value {
    if (perm.every((from, to) => from === to)) return x;
    const before = this.#transposed.get(x.name);
    if (before !== undefined)
      return this.transpose(
        before.x,
        perm.map((from) => before.perm[from]!),
      );
    const dims = perm.map((from) => x.dims[from]!);
    const y = this.node('Transpose', [x], { ...x, dims }, { perm: perm.map(BigInt) });
    this.#transposed.set(y.name, { x, perm });
    return y;
  }
  /** Exchanges the last two axes: Xᵀ of every matrix. */
  swap(x: Value): Value {
    return this.transpose(x, swapLastTwo(x.dims.length));
  }
  /** Repeats along axes of size 1, or new axes in front, up to the shape. */
  expand(x: Value, dims: Dims): Value {
    if (sameDims(x.dims, dims)) return x;
    const y = this.node('Expand', [x, this.ints(dims)], { ...x, dims });
    return this.#sameNumber(x, y);
  }
  /** The elements [start, end) along one axis. */
  slice(x: Value, axis: number, start: number, end: number): Value {
    const dims = x.dims.with(axis, end - start);
    if (sameDims(dims, x.dims)) return x;
    const at = [start, end, axis].map((n) => this.ints([n]));
    return this.node('Slice', [x, ...at], { ...x, dims });
  }
  /** Cuts x along an axis into parts of the given sizes. */
  split(x: Value, axis: number, sizes: readonly number[]): Value[] {
    const types = sizes.map((size) => ({ ...x, dims: x.dims.with(axis, size) }));
    return this.nodes('Split', [x, this.ints(sizes)], types, { axis: BigInt(axis) });
  }
  /** Zeros around x: `before[i]` and `after[i]` of them along axis i. */
  pad(x: Value, before: Dims, after: Dims): Value {
    const dims = x.dims.map((dim, i) => before[i]! + dim + after[i]!);
    if (sameDims(dims, x.dims)) return x;
    return this.node('Pad', [x, this.ints([...before, ...after])], { ...x, dims });
  }
  concat(values: readonly Value[], axis: number): Value {
    const first = values[0]!;
    const total = values.reduce((sum, { dims }) => sum + dims.at(axis)!, 0);
    const dims = first.dims.with(axis, total);
    return this.node('Concat', values, { ...first, dims }, { axis: BigInt(axis) });
  }
  /** Entries of x along an axis by their numbers; the axes of `indices` take that axis's place. */
  gather(x: Value, indices: Value, axis = 0): Value {
    const dims = [...x.dims.slice(0, axis), ...indices.dims, ...x.dims.slice(axis + 1)];
    return this.node('Gather', [x, indices], { ...x, dims }, { axis: BigInt(axis) });
  }
  /** Zeros of a shape, into which `updates` are added at `indices` along an axis; both have the same rank. */
  scatterAdd(dims: Dims, indices: Value, updates: Value, axis: number): Value {
    if (this.opset < 16) {
      throw new ClError(
        'NOT_SUPPORTED',
        `graph: the gradient of an indexing operator adds by index, which opset ${this.opset} cannot, expected ` +
          'opset 16 or later. Export the model with a later opset.',
      );
    }
    const zeros = this.expand(this.scalar(0, updates.elementType), dims);
    const attributes: Record<string, AttributeValue> = { axis: BigInt(axis), reduction: 'add' };
    return this.node(
      'ScatterElements',
      [zeros, indices, updates],
      { ...updates, dims },
      attributes,
    );
  }

  // Markers.
  /** x, through which no gradient flows: ∂/∂x = 0. */
  stopGradient(x: Value): Value {
    return this.node(`${markerDomain}.StopGradient`, [x], x);
  }
  /**
   * The straight-through estimator (Bengio et al., 2013): equal to `value`, and its gradient goes to `through` as if
   * it were `through`. Exact where `through + stopGradient(value − through)` rounds.
   */
  straightThrough(value: Value, through: Value): Value {
    return this.node(`${markerDomain}.StraightThrough`, [value, through], value);
  }

  /** A number as a value without dims. */
  scalar(value: number, elementType: ElementType): Value {
    const data = scalarType(elementType).array(value);
    const scalar = this.constant({ dtype: elementType, dims: [], data });
    this.#uniform.set(scalar.name, value);
    return scalar;
  }

  /** The product with one number everywhere, or `undefined` when `factor` is something else. */
  #scaled(factor: Operand, x: Operand): Value | undefined {
    if (typeof x === 'number') return undefined;
    const value = typeof factor === 'number' ? factor : this.#uniform.get(factor.name);
    const dims = typeof factor === 'number' ? [] : factor.dims;
    if (value === undefined || !sameDims(broadcastDims(dims, x.dims), x.dims)) return undefined;
    return value === 1 ? x : this.#binary('Mul', x, value);
  }

  #sameNumber(x: Value, y: Value): Value {
    const value = this.#uniform.get(x.name);
    if (value !== undefined) this.#uniform.set(y.name, value);
    return y;
  }

  #binary(opType: string, left: Operand, right: Operand, result?: ElementType): Value {
    const [a, b] = this.#pair(left, right);
    const dims = broadcastDims(a.dims, b.dims);
    return this.node(opType, [a, b], { elementType: result ?? a.elementType, dims });
  }

  #pair(a: Operand, b: Operand): readonly [Value, Value] {
    if (typeof a !== 'number')
      return [a, typeof b === 'number' ? this.scalar(b, a.elementType) : b];
    if (typeof b !== 'number') return [this.scalar(a, b.elementType), b];
    return [this.scalar(a, 'float32'), this.scalar(b, 'float32')];
  }
}
