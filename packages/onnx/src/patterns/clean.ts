/** Rules that remove what exporters leave behind: nodes that change nothing, and detours. */
import { broadcast, isStatic, sizeOf, stridesOf } from '../dims.ts';
import type { OnnxTensor } from '../element-type.ts';
import type { GraphNode } from '../graph.ts';
import { numbersOf, take, walk } from '../kernels/kernel.ts';
import { intsAttribute, stringAttribute } from '../node-attributes.ts';
import type { Rewrite, Surroundings } from '../rewrite.ts';

/** At inference Dropout hands its input on. */
const dropout: Rewrite = (node, g) => {
  if (node.opType !== 'Dropout') return undefined;
  const training = node.inputs[2] ?? '';
  return training === '' || g.uniform(training) === 0 ? node.inputs[0] : undefined;
};

const castToSame: Rewrite = (node, g) => {
  if (node.opType !== 'Cast') return undefined;
  const [from, to] = [g.type(node.inputs[0]!), g.type(node.outputs[0]!)];
  return from && from.elementType === to?.elementType ? node.inputs[0] : undefined;
};

/** Reshape, Expand, Slice, Tile and Concat of one, when the size stays: elements cannot have moved. */
const sameSize: Rewrite = (node, g) => {
  const moving = /^(Reshape|Expand|Tile|Squeeze|Unsqueeze|Flatten|Slice|Concat)$/;
  if (!moving.test(node.opType) || (node.opType === 'Concat' && node.inputs.length > 1)) {
    return undefined;
  }
  const [from, to] = [g.dims(node.inputs[0]!), g.dims(node.outputs[0]!)];
  const steps = node.opType === 'Slice' ? (g.view(node).ints(4) ?? [1]) : [1];
  const kept = to && from?.join() === to.join() && steps.every((step) => step === 1);
  return kept ? node.inputs[0] : undefined;
};

/** Squeeze, Unsqueeze, Flatten and Reshape of a Reshape → one Reshape to the final size. */
const oneReshape: Rewrite = (node, g) => {
  if (!/^(Reshape|Squeeze|Unsqueeze|Flatten)$/.test(node.opType)) return undefined;
  const [input, output] = [node.inputs[0]!, node.outputs[0]!];
  const dims = g.dims(output);
  if (dims === undefined || dims.includes(0)) return undefined;
  const before = g.producer(input, 'Reshape');
  const plain = node.opType === 'Reshape' && g.view(node).ints(1)?.join() === dims.join();
  if (before === undefined && plain && node.attributes['allowzero'] === undefined) return undefined;
  return g.emit('Reshape', [before?.inputs[0] ?? input, g.ints(dims)]);
};

const transposes: Rewrite = (node, g) => {
  const perm = permOf(node, g);
  if (perm === undefined) return undefined;
  if (perm.every((axis, i) => axis === i)) return node.inputs[0];
  const before = g.producer(node.inputs[0]!, 'Transpose');
  const first = before && permOf(before, g);
  if (before === undefined || first === undefined) return undefined;
  const both = perm.map((axis) => BigInt(first[axis]!));
  return g.emit('Transpose', [before.inputs[0]!], { perm: both });
};

function permOf(node: GraphNode, g: Surroundings): readonly number[] | undefined {
  if (node.opType !== 'Transpose') return undefined;
  const rank = g.type(node.inputs[0]!)?.dims.length ?? 0;
  return intsAttribute(node, 'perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
}

/** [B, H, T, d] → [B·H, T, d] → [B·H, d, T] → [B, H, d, T] is a transposition of the last two axes. */
const transposeOfMerged: Rewrite = (node, g) => {
  if (node.opType !== 'Reshape') return undefined;
  const swap = g.producer(node.inputs[0]!, 'Transpose');
  const merge = swap && g.producer(swap.inputs[0]!, 'Reshape');
  if (merge === undefined || permOf(swap!, g)?.join() !== '0,2,1') return undefined;
  const x = merge.inputs[0]!;
  const [from, merged, to] = [x, merge.outputs[0]!, node.outputs[0]!].map((v) => g.dims(v));
  if (!from || !merged || !to || from.length < 3) return undefined;
  const lead = from.slice(0, -2);
  const [rows, columns] = from.slice(-2) as [number, number];
  if (merged.join() !== [sizeOf(lead), rows, columns].join()) return undefined;
  if (to.join() !== [...lead, columns, rows].join()) return undefined;
  const perm = [...lead.keys(), from.length - 1, from.length - 2].map(BigInt);
  return g.emit('Transpose', [x], { perm });
};

/** x + 0, x − 0, x · 1, x / 1, where the constant does not stretch x. */
const neutral: Rewrite = (node, g) => {
  const value = { Add: 0, Sub: 0, Mul: 1, Div: 1 }[node.opType];
  if (value === undefined) return undefined;
  const [a, b] = node.inputs as [string, string];
  const target = g.dims(node.outputs[0]!)?.join();
  const fits = (x: string): boolean => target !== undefined && g.dims(x)?.join() === target;
  if (g.uniform(b) === value && fits(a)) return a;
  const swaps = node.opType === 'Add' || node.opType === 'Mul';
  return swaps && g.uniform(a) === value && fits(b) ? b : undefined;
};

/** Where with a condition that is the same everywhere. */
const decided: Rewrite = (node, g) => {
  const condition = node.opType === 'Where' ? g.uniform(node.inputs[0]!) : undefined;
  if (condition === undefined) return undefined;
  const chosen = node.inputs[condition === 0 ? 2 : 1]!;
  const [from, to] = [g.dims(chosen), g.dims(node.outputs[0]!)];
  return to && from?.join() === to.join() ? chosen : undefined;
};

/**
 * torch's attention guards Softmax: a row that is masked whole gives NaN, replaced by 0. Without a mask, or with
 * a constant one that leaves something in each row, there is no such row. (NaN in the input then stays NaN.)
 */
const needlessNaNGuard: Rewrite = (node, g) => {
  if (node.opType !== 'Where' || g.uniform(node.inputs[1]!) !== 0) return undefined;
  const [condition, , value] = node.inputs as [string, string, string];
  const softmax = g.producer(value, 'Softmax');
  if (softmax === undefined || g.producer(condition, 'IsNaN')?.inputs[0] !== value)
    return undefined;
  return unmasked(softmax.inputs[0]!, g) ? value : undefined;
};

function unmasked(scores: string, g: Surroundings): boolean {
  const node = g.producer(scores, 'MatMul', 'Mul', 'Div', 'Add', 'Reshape');
  if (node === undefined) return false;
  if (node.opType === 'MatMul') return true;
  const [a, b] = node.inputs as [string, string];
  if (node.opType === 'Reshape') return unmasked(a, g);
  for (const [rest, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const constant = g.constant(other);
    if (constant === undefined) continue;
    const fine = node.opType === 'Add' ? openRows(constant) : g.scalar(other) !== undefined;
    return fine && unmasked(rest, g);
  }
  return false;
}

/** Whether each row of a mask that is added leaves something. */
function openRows(mask: OnnxTensor): boolean {
  const values = numbersOf(mask);
  const length = mask.dims.at(-1) ?? 1;
  for (let row = 0; row < values.length; row += length) {
    let best = -Infinity;
    for (let i = 0; i < length; i++) best = Math.max(best, values[row + i]!);
    if (!(best > -1e30)) return false;
  }
  return true;
}

const stretching = /^(Add|Sub|Mul|Div|Where|Equal|Less|LessOrEqual|Greater|GreaterOrEqual|And|Or)$/;

/** A constant that repeats itself along an axis needs that axis only once where it will be stretched anyway. */
const thinConstant: Rewrite = (node, g) =>
  thinner(node, g, (value) => {
    const tensor = g.constant(value);
    if (tensor === undefined || tensor.dims.length === 0 || tensor.data.length < 2)
      return undefined;
    let thin = tensor;
    for (let axis = 0; axis < tensor.dims.length; axis++) thin = once(thin, axis);
    return thin === tensor ? undefined : { dims: thin.dims, make: () => g.add(thin) };
  });

/** Expand before an operator that stretches its inputs. */
const needlessExpand: Rewrite = (node, g) =>
  thinner(node, g, (value) => {
    const x = g.producer(value, 'Expand')?.inputs[0];
    const dims = x === undefined ? undefined : g.dims(x);
    return dims && { dims, make: () => x! };
  });

interface Thin {
  readonly dims: readonly number[];
  readonly make: () => string;
}

/** Replaces one input by a smaller one if the output keeps its size. */
function thinner(
  node: GraphNode,
  g: Surroundings,
  thin: (value: string) => Thin | undefined,
): string | undefined {
  const target = g.dims(node.outputs[0]!)?.join();
  if (!stretching.test(node.opType) || target === undefined) return undefined;
  for (const [i, value] of node.inputs.entries()) {
    const found = thin(value);
    const others = node.inputs.map((input, j) => (i === j ? found?.dims : g.dims(input)));
    if (found === undefined || others.includes(undefined)) continue;
    if (broadcast(...(others as (readonly number[])[]))?.join() !== target) continue;
    const inputs = node.inputs.map((input, j) => (i === j ? found.make() : input));
    return g.emit(node.opType, inputs, node.attributes);
  }
  return undefined;
}

/** The tensor with an axis cut to 1 if all along it is the same. */
function once(tensor: OnnxTensor, axis: number): OnnxTensor {
  const length = tensor.dims[axis]!;
  if (length < 2 || !isStatic(tensor.dims)) return tensor;
  const inner = stridesOf(tensor.dims)[axis]!;
  const data = tensor.data as Float64Array;
  for (let i = 0; i < data.length; i++) {
    const first = i - (Math.floor(i / inner) % length) * inner;
    if (data[i] !== data[first]) return tensor;
  }
  const dims = tensor.dims.map((dim, i) => (i === axis ? 1 : dim));
  return take(tensor, walk(dims, stridesOf(tensor.dims), 0), dims);
}

/** Resize to the size that it has, told as sizes: each new place falls on an old one. */
const idleResize: Rewrite = (node, g) => {
  if (node.opType !== 'Resize' || g.view(node).ints(3) === undefined) return undefined;
  const places = stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel');
  if (places.startsWith('tf_')) return undefined;
  const [from, to] = [g.dims(node.inputs[0]!), g.dims(node.outputs[0]!)];
  return to && from?.join() === to.join() ? node.inputs[0] : undefined;
};

/** Rules that leave fewer or plainer nodes. */
export const cleaningRules: readonly Rewrite[] = [
  dropout,
  castToSame,
  sameSize,
  idleResize,
  transposeOfMerged,
  oneReshape,
  transposes,
  neutral,
  decided,
  needlessNaNGuard,
  needlessExpand,
  thinConstant,
];
