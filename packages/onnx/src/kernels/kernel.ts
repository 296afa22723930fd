/** What a kernel of constant folding sees, and what it answers. */
import { broadcast, isStatic, sizeOf, stridesOf } from '../dims.ts';
import { zeros, type ElementType, type OnnxTensor } from '../element-type.ts';
import { fromFloat16, toFloat16 } from '../float16.ts';
import type { ValueType } from '../graph.ts';
import type { NodeView } from '../types/rule.ts';

/** A node whose inputs are all constant. */
export interface ConstantNode {
  readonly view: NodeView;
  readonly inputs: readonly (OnnxTensor | undefined)[];
  /** The inferred types of the outputs. */
  readonly outputs: readonly ValueType[];
}

/** The outputs of a node; `undefined` when the kernel does not know this case, and the node stays. */
export type Kernel = (node: ConstantNode) => readonly OnnxTensor[] | undefined;

/** A table: `opType` → kernel. */
export type Kernels = Readonly<Record<string, Kernel>>;

/** Where each element of the larger array comes from when `from` is stretched to `to`. */
function stretchIndex(from: readonly number[], to: readonly number[]): Int32Array {
  const offset = to.length - from.length;
  const strides = stridesOf(from);
  const steps = to.map((_, axis) =>
    (from[axis - offset] ?? 1) === 1 ? 0 : strides[axis - offset]!,
  );
  return walk(to, steps, 0);
}

/** Memory positions of a row-major walk over `dims` that moves by `steps` along each axis. */
export function walk(dims: readonly number[], steps: readonly number[], start: number): Int32Array {
  const positions = new Int32Array(sizeOf(dims));
  const counter = new Int32Array(dims.length);
  let at = start;
  for (let i = 0; i < positions.length; i++) {
    positions[i] = at;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      at += steps[axis]!;
      if (++counter[axis]! < dims[axis]!) break;
      at -= steps[axis]! * dims[axis]!;
      counter[axis] = 0;
    }
  }
  return positions;
}

/** The elements of a tensor at some positions, as a tensor of other dims. */
export function take(
  tensor: OnnxTensor,
  positions: Int32Array,
  dims: readonly number[],
): OnnxTensor {
  const data = zeros(tensor.dtype, positions.length) as Float64Array;
  const source = tensor.data as Float64Array; // any typed array: elements are moved, not read
  for (let i = 0; i < positions.length; i++) data[i] = source[positions[i]!]!;
  return { dtype: tensor.dtype, dims, data };
}

/** A tensor stretched to larger dims; itself when it has them. */
export function stretch(tensor: OnnxTensor, dims: readonly number[]): OnnxTensor {
  if (sizeOf(dims) === tensor.data.length) return { ...tensor, dims };
  return take(tensor, stretchIndex(tensor.dims, dims), dims);
}

/** All inputs stretched over each other; `undefined` when they do not broadcast. */
export function stretchAll(
  inputs: readonly (OnnxTensor | undefined)[],
): readonly OnnxTensor[] | undefined {
  const given = inputs.filter((input) => input !== undefined);
  const dims = broadcast(...given.map((input) => input.dims));
  if (dims === undefined || !isStatic(dims) || given.length < inputs.length) return undefined;
  return given.map((input) => stretch(input, dims));
}

/** Whether elements are bigints. */
export function isBig(type: ElementType): boolean {
  return type === 'int64' || type === 'uint64';
}

/** The elements as numbers; half floats decoded, bigints rounded. */
export function numbersOf(tensor: OnnxTensor): ArrayLike<number> {
  if (tensor.dtype === 'float16') return fromFloat16(tensor.data as Uint16Array);
  if (isBig(tensor.dtype)) return Float64Array.from(tensor.data as BigInt64Array, Number);
  return tensor.data as Float64Array;
}

/** Numbers as a tensor: rounded, truncated or wrapped as the type does. */
export function fromNumbers(
  dtype: ElementType,
  dims: readonly number[],
  numbers: ArrayLike<number>,
): OnnxTensor {
  if (dtype === 'float16') return { dtype, dims, data: toFloat16(numbers) };
  const data = zeros(dtype, numbers.length);
  if (isBig(dtype)) {
    const big = data as BigInt64Array;
    for (let i = 0; i < big.length; i++) big[i] = BigInt(Math.trunc(numbers[i]!));
  } else {
    (data as Float64Array).set(numbers);
  }
  return { dtype, dims, data };
}
