/** Kernels of operators that move, select, repeat and make elements, whatever their type. */
import { isStatic, positiveAxis, sizeOf, stridesOf } from '../dims.ts';
import { zeros, type OnnxTensor } from '../element-type.ts';
import { intAttribute, intsAttribute } from '../node-attributes.ts';
import { sliceRange } from '../types/movement.ts';
import {
  numbersOf,
  stretch,
  take,
  walk,
  type ConstantNode,
  type Kernel,
  type Kernels,
} from './kernel.ts';

/** The same elements in the same order, with the inferred dims. */
const relabel: Kernel = ({ inputs: [x], outputs: [type] }) =>
  x && type && isStatic(type.dims) ? [{ ...x, dims: type.dims }] : undefined;

const transpose: Kernel = ({ view, inputs: [x], outputs: [type] }) => {
  if (x === undefined || type === undefined || !isStatic(type.dims)) return undefined;
  const perm = intsAttribute(view.node, 'perm') ?? x.dims.map((_, i) => x.dims.length - 1 - i);
  const strides = stridesOf(x.dims);
  const steps = perm.map((axis) => strides[axis]!);
  return [take(x, walk(type.dims, steps, 0), type.dims)];
};

const expand: Kernel = ({ inputs: [x], outputs: [type] }) =>
  x && type && isStatic(type.dims) ? [stretch(x, type.dims)] : undefined;

const concat: Kernel = ({ view, inputs, outputs: [type] }) => {
  if (type === undefined || !isStatic(type.dims)) return undefined;
  const { dims, elementType: dtype } = type;
  const axis = positiveAxis(intAttribute(view.node, 'axis', 0), dims.length);
  const data = zeros(dtype, sizeOf(dims)) as Float64Array;
  const outer = sizeOf(dims.slice(0, axis));
  const row = sizeOf(dims.slice(axis));
  let column = 0;
  for (const input of inputs as readonly OnnxTensor[]) {
    const width = sizeOf(input.dims.slice(axis));
    const source = input.data as Float64Array;
    for (let i = 0; i < outer; i++) {
      data.set(source.subarray(i * width, (i + 1) * width), i * row + column);
    }
    column += width;
  }
  return [{ dtype, dims, data }];
};

const slice: Kernel = ({ view, inputs: [x], outputs: [type] }) => {
  const [starts, ends] = [view.ints(1), view.ints(2)];
  if (!x || !type || !isStatic(type.dims) || !starts || !ends) return undefined;
  const axes = view.ints(3) ?? starts.map((_, i) => i);
  const steps = view.ints(4) ?? starts.map(() => 1);
  const moves = stridesOf(x.dims);
  let start = 0;
  axes.forEach((given, i) => {
    const axis = positiveAxis(given, x.dims.length);
    const { first } = sliceRange(x.dims[axis]!, starts[i]!, ends[i]!, steps[i]!);
    start += first * moves[axis]!;
    moves[axis] = moves[axis]! * steps[i]!;
  });
  return [take(x, walk(type.dims, moves, start), type.dims)];
};

const split: Kernel = ({ view, inputs: [x], outputs }) => {
  if (x === undefined) return undefined;
  const axis = positiveAxis(intAttribute(view.node, 'axis', 0), x.dims.length);
  const strides = stridesOf(x.dims);
  const parts: OnnxTensor[] = [];
  let start = 0;
  for (const { dims } of outputs) {
    if (!isStatic(dims)) return undefined;
    parts.push(take(x, walk(dims, strides, start), dims));
    start += dims[axis]! * strides[axis]!;
  }
  return parts;
};

const gather: Kernel = ({ view, inputs: [x, indices], outputs: [type] }) => {
  if (!x || !indices || !type || !isStatic(type.dims)) return undefined;
  const axis = positiveAxis(intAttribute(view.node, 'axis', 0), x.dims.length);
  const length = x.dims[axis]!;
  const inner = sizeOf(x.dims.slice(axis + 1));
  const at = Array.from(numbersOf(indices), (index) => positiveAxis(index, length));
  const outside = at.find((index) => index < 0 || index >= length);
  if (outside !== undefined) throw view.invalid(`gathers index ${outside} of ${length}`);
  const positions = new Int32Array(sizeOf(type.dims));
  let i = 0;
  for (let outer = 0; outer < sizeOf(x.dims.slice(0, axis)); outer++) {
    for (const index of at) {
      const start = (outer * length + index) * inner;
      for (let j = 0; j < inner; j++) positions[i++] = start + j;
    }
  }
  return [take(x, positions, type.dims)];
};

const tile: Kernel = ({ inputs: [x], outputs: [type] }) => {
  if (x === undefined || type === undefined || !isStatic(type.dims)) return undefined;
  // [2, 3] tiled to [4, 9]: seen as [2, 2, 3, 3], of which the first of each pair repeats.
  const pairs = type.dims.flatMap((dim, i) => [x.dims[i] === 0 ? 0 : dim / x.dims[i]!, x.dims[i]!]);
  const steps = stridesOf(x.dims).flatMap((stride) => [0, stride]);
  return [take(x, walk(pairs, steps, 0), type.dims)];
};

const where: Kernel = ({ inputs, outputs: [type] }) => {
  const [condition, a, b] = inputs;
  if (!condition || !a || !b || !type || !isStatic(type.dims)) return undefined;
  const { dims } = type;
  const [c, x, y] = [stretch(condition, dims), stretch(a, dims), stretch(b, dims)];
  const data = x.data.slice() as Float64Array;
  const [choose, other] = [c.data as Uint8Array, y.data as Float64Array];
  for (let i = 0; i < data.length; i++) if (choose[i] === 0) data[i] = other[i]!;
  return [{ dtype: a.dtype, dims, data }];
};

const range: Kernel = ({ inputs: [start, , delta], outputs: [type] }) => {
  if (!start || !delta || !type || !isStatic(type.dims)) return undefined;
  const length = type.dims[0]!;
  const data = zeros(start.dtype, length);
  if (start.dtype === 'int64') {
    const [first, step] = [start.data[0] as bigint, delta.data[0] as bigint];
    const big = data as BigInt64Array;
    for (let i = 0; i < length; i++) big[i] = first + BigInt(i) * step;
  } else {
    const [first, step] = [start.data[0] as number, delta.data[0] as number];
    const numbers = data as Float64Array;
    for (let i = 0; i < length; i++) numbers[i] = first + i * step;
  }
  return [{ dtype: start.dtype, dims: type.dims, data }];
};

const constantOfShape: Kernel = ({ view, outputs: [type] }) => {
  if (type === undefined || !isStatic(type.dims)) return undefined;
  const value = view.node.attributes['value'] as OnnxTensor | undefined;
  const data = zeros(type.elementType, sizeOf(type.dims));
  if (value !== undefined) (data as Float64Array).fill(value.data[0] as number);
  return [{ dtype: type.elementType, dims: type.dims, data }];
};

/** Keeps the upper or the lower triangle of the last two axes. */
const trilu: Kernel = ({ view, inputs: [x] }) => {
  if (x === undefined) return undefined;
  const upper = intAttribute(view.node, 'upper', 1) !== 0;
  const offset = view.ints(1)?.[0] ?? 0;
  const [rows, columns] = [x.dims.at(-2)!, x.dims.at(-1)!];
  const data = x.data.slice() as Float64Array;
  const zero = zeros(x.dtype, 1)[0] as number;
  for (let i = 0; i < data.length; i++) {
    const along = (i % columns) - (Math.floor(i / columns) % rows) - offset;
    if (upper ? along < 0 : along > 0) data[i] = zero;
  }
  return [{ ...x, data }];
};

const identity: Kernel = ({ inputs: [x] }: ConstantNode) => x && [x];

/** Kernels by operator. */
export const movementKernels: Kernels = {
  Reshape: relabel,
  Flatten: relabel,
  Squeeze: relabel,
  Unsqueeze: relabel,
  Identity: identity,
  Transpose: transpose,
  Expand: expand,
  Concat: concat,
  Slice: slice,
  Split: split,
  Gather: gather,
  Tile: tile,
  Where: where,
  Range: range,
  ConstantOfShape: constantOfShape,
  Trilu: trilu,
};
