/** Types of operators that move, select, repeat and make elements. */
import { broadcast, isStatic, positiveAxis, sizeOf, type Dims } from '../dims.ts';
import type { OnnxTensor } from '../element-type.ts';
import { intAttribute, intsAttribute, stringAttribute } from '../node-attributes.ts';
import { show, typed, type NodeView, type TypeRule, type TypeRules } from './rule.ts';

/** As many unknown sizes as the shape input has elements. */
function unknownDims(n: NodeView, input: number): Dims {
  const [length] = n.dims(input);
  if (typeof length === 'number') return new Array<string>(length).fill('?');
  throw n.invalid('has a number of dimensions that depends on data');
}

const reshape: TypeRule = (n) => {
  const x = n.type(0);
  const target = n.ints(1);
  if (target === undefined) return [typed(x.elementType, unknownDims(n, 1))];
  const copyZero = intAttribute(n.node, 'allowzero', 0) === 0;
  const dims = target.map((dim, i) => (dim === 0 && copyZero ? (x.dims[i] ?? '?') : dim));
  const open = dims.indexOf(-1);
  const rest = dims.filter((_, i) => i !== open);
  if (open >= 0) dims[open] = quotient(x.dims, rest);
  if (isStatic(x.dims) && isStatic(dims) && sizeOf(x.dims) !== sizeOf(dims)) {
    throw n.mismatch(`${show(x.dims)}, which has not the size of ${show(dims)}`);
  }
  return [typed(x.elementType, dims)];
};

/** Size of what is left of `dims` when `rest` is taken away: a number, or the one name that is left over. */
function quotient(dims: Dims, rest: Dims): number | string {
  const left = [...dims];
  const numbers: number[] = [];
  for (const dim of rest) {
    const at = typeof dim === 'string' && dim !== '?' ? left.indexOf(dim) : -1;
    if (typeof dim === 'number') numbers.push(dim);
    else if (at >= 0) left.splice(at, 1);
    else return '?';
  }
  const names = left.filter((dim) => typeof dim === 'string');
  const size = sizeOf(left.filter((dim) => typeof dim === 'number'));
  const taken = sizeOf(numbers);
  if (names.length === 0) return taken === 0 ? 0 : Math.floor(size / taken);
  return names.length === 1 && size === taken ? names[0]! : '?';
}

const flatten: TypeRule = (n) => {
  const { elementType, dims } = n.type(0);
  const axis = positiveAxis(intAttribute(n.node, 'axis', 1), dims.length);
  const product = (part: Dims): number | string => quotient(part, []);
  return [typed(elementType, [product(dims.slice(0, axis)), product(dims.slice(axis))])];
};

const squeeze: TypeRule = (n) => {
  const { elementType, dims } = n.type(0);
  const axes = n.axes(dims.length);
  return [
    typed(
      elementType,
      dims.filter((dim, i) => (axes === undefined ? dim !== 1 : !axes.includes(i))),
    ),
  ];
};

const unsqueeze: TypeRule = (n) => {
  const { elementType, dims } = n.type(0);
  const count = (intsAttribute(n.node, 'axes') ?? n.ints(1) ?? []).length;
  const axes = n.axes(dims.length + count) ?? [];
  const rest = [...dims];
  const all = new Array<number | string>(dims.length + count).fill(1);
  return [
    typed(
      elementType,
      all.map((one, i) => (axes.includes(i) ? one : rest.shift()!)),
    ),
  ];
};

const transpose: TypeRule = (n) => {
  const { elementType, dims } = n.type(0);
  const perm = intsAttribute(n.node, 'perm') ?? dims.map((_, i) => dims.length - 1 - i);
  if (perm.length !== dims.length) throw n.mismatch(`${show(dims)} for ${perm.length} axes`);
  return [
    typed(
      elementType,
      perm.map((axis) => dims[axis]!),
    ),
  ];
};

const concat: TypeRule = (n) => {
  const all = n.node.inputs.map((_, i) => n.dims(i));
  const [first] = all;
  const axis = positiveAxis(intAttribute(n.node, 'axis', 0), first!.length);
  const dims = first!.map((dim, i): number | string => {
    const here: Dims = all.map((other) => other[i] ?? '?');
    if (i === axis) return isStatic(here) ? here.reduce((sum, size) => sum + size, 0) : '?';
    const numbers = new Set(here.filter((size) => typeof size === 'number'));
    if (numbers.size > 1) throw n.mismatch(all.map(show).join(' and '));
    return [...numbers][0] ?? dim;
  });
  return [typed(n.type(0).elementType, dims)];
};

const split: TypeRule = (n) => {
  const { elementType, dims } = n.type(0);
  const axis = positiveAxis(intAttribute(n.node, 'axis', 0), dims.length);
  const parts = n.node.outputs.length;
  const size = dims[axis]!;
  const listed = intsAttribute(n.node, 'split') ?? n.ints(1);
  const chunk = typeof size === 'number' ? Math.ceil(size / parts) : '?';
  return n.node.outputs.map((_, part) => {
    const last =
      typeof size === 'number' && part === parts - 1 ? size - Number(chunk) * part : chunk;
    return typed(
      elementType,
      dims.map((dim, i) => (i === axis ? (listed?.[part] ?? last) : dim)),
    );
  });
};

const slice: TypeRule = (n) => {
  const { elementType, dims } = n.type(0);
  const [starts, ends] = [n.ints(1), n.ints(2)];
  const result = [...dims];
  const axes = n.has(3) ? n.ints(3) : dims.map((_, i) => i);
  const steps = n.has(4) ? n.ints(4) : starts?.map(() => 1);
  if (axes === undefined)
    return [
      typed(
        elementType,
        dims.map(() => '?'),
      ),
    ];
  const count = starts?.length ?? ends?.length ?? axes.length;
  axes.slice(0, count).forEach((given, i) => {
    const axis = positiveAxis(given, dims.length);
    const size = dims[axis];
    const known = typeof size === 'number' && starts && ends && steps;
    result[axis] = known ? sliceRange(size, starts[i]!, ends[i]!, steps[i]!).count : '?';
  });
  return [typed(elementType, result)];
};

/** First index and number of elements of `start:end:step` along an axis, clamped as numpy does. */
export function sliceRange(
  size: number,
  start: number,
  end: number,
  step: number,
): { readonly first: number; readonly count: number } {
  const clamp = (at: number, low: number, high: number): number =>
    Math.min(Math.max(at < 0 ? at + size : at, low), high);
  const first = step > 0 ? clamp(start, 0, size) : clamp(start, 0, size - 1);
  const last = step > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1);
  return { first, count: Math.max(0, Math.ceil((last - first) / step)) };
}

const gather: TypeRule = (n) => {
  const { elementType, dims } = n.type(0);
  const axis = positiveAxis(intAttribute(n.node, 'axis', 0), dims.length);
  return [typed(elementType, [...dims.slice(0, axis), ...n.dims(1), ...dims.slice(axis + 1)])];
};

const gatherND: TypeRule = (n) => {
  const { elementType, dims } = n.type(0);
  const indices = n.dims(1);
  const batch = intAttribute(n.node, 'batch_dims', 0);
  const depth = indices.at(-1);
  if (typeof depth !== 'number') throw n.invalid('has indices of unknown depth');
  return [typed(elementType, [...indices.slice(0, -1), ...dims.slice(batch + depth)])];
};

const expand: TypeRule = (n) => {
  const x = n.type(0);
  const target = n.ints(1) ?? unknownDims(n, 1);
  const dims = broadcast(x.dims, target);
  if (dims === undefined) throw n.mismatch(`${show(x.dims)} to expand to ${show(target)}`);
  return [typed(x.elementType, dims)];
};

/** Sizes times or plus what a constant input says of each axis. */
function perAxis(n: NodeView, change: (size: number, axis: number) => number | string): TypeResult {
  const { elementType, dims } = n.type(0);
  return [
    typed(
      elementType,
      dims.map((dim, i) => (typeof dim === 'number' ? change(dim, i) : '?')),
    ),
  ];
}
type TypeResult = ReturnType<TypeRule>;

const pad: TypeRule = (n) => {
  const rank = n.dims(0).length;
  const pads = intsAttribute(n.node, 'pads') ?? n.ints(1);
  const axes = (n.has(3) ? n.ints(3) : undefined)?.map((axis) => positiveAxis(axis, rank));
  const count = axes?.length ?? rank;
  return perAxis(n, (size, axis) => {
    const at = axes === undefined ? axis : axes.indexOf(axis);
    if (at < 0) return size;
    return pads === undefined ? '?' : size + pads[at]! + pads[at + count]!;
  });
};

/** To the given sizes, or to ⌊size · scale⌋ along each axis (all of them, or `axes` since opset 18). */
const resize: TypeRule = (n) => {
  const policy = stringAttribute(n.node, 'keep_aspect_ratio_policy', 'stretch');
  if (policy !== 'stretch') throw n.invalid(`keeps the aspect ratio ("${policy}")`);
  const rank = n.dims(0).length;
  const axes = intsAttribute(n.node, 'axes')?.map((axis) => positiveAxis(axis, rank));
  const [scales, sizes] = [n.ints(2) ?? [], n.ints(3)];
  return perAxis(n, (size, axis) => {
    const at = axes === undefined ? axis : axes.indexOf(axis);
    if (at < 0) return size;
    const scale = scales[at];
    return sizes?.[at] ?? (scale === undefined ? '?' : Math.floor(size * scale));
  });
};

const range: TypeRule = (n) => {
  const [start, limit, delta] = [0, 1, 2].map((i) => n.ints(i)?.[0]);
  const known = start !== undefined && limit !== undefined && delta !== undefined;
  const length = known ? Math.max(0, Math.ceil((limit - start) / delta)) : '?';
  return [typed(n.type(0).elementType, [length])];
};

const constantOfShape: TypeRule = (n) => {
  const value = n.node.attributes['value'] as OnnxTensor | undefined;
  return [typed(value?.dtype ?? 'float32', n.ints(0) ?? unknownDims(n, 0))];
};

const shape: TypeRule = (n) => {
  const rank = n.dims(0).length;
  const { first, count } = shapeRange(n, rank);
  return [typed('int64', [Math.max(0, Math.min(count, rank - first))])];
};

/** Which sizes `Shape` returns: all, or those from `start` to `end` (since opset 15). */
export function shapeRange(n: NodeView, rank: number): ReturnType<typeof sliceRange> {
  const start = intAttribute(n.node, 'start', 0);
  return sliceRange(rank, start, intAttribute(n.node, 'end', rank), 1);
}

const oneHot: TypeRule = (n) => {
  const indices = n.dims(0);
  const axis = positiveAxis(intAttribute(n.node, 'axis', -1), indices.length + 1);
  const depth = n.ints(1)?.[0] ?? '?';
  return [typed(n.type(2).elementType, [...indices.slice(0, axis), depth, ...indices.slice(axis)])];
};

/** Rules by operator. */
export const movement: TypeRules = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Gather: gather,
  GatherElements: (n) => [typed(n.type(0).elementType, n.dims(1))],
  GatherND: gatherND,
  Expand: expand,
  Tile: (n) => {
    const repeats = n.ints(1);
    return perAxis(n, (size, axis) => (repeats === undefined ? '?' : size * repeats[axis]!));
  },
  Pad: pad,
  Resize: resize,
  Range: range,
  ConstantOfShape: constantOfShape,
  Shape: shape,
  Size: () => [typed('int64', [])],
  NonZero: (n) => [typed('int64', [n.dims(0).length, '?'])],
  OneHot: oneHot,
};
