/** Types of operators that sum, average and pick along axes. */
import { positiveAxis } from '../dims.ts';
import type { ElementType } from '../element-type.ts';
import { intAttribute, stringAttribute } from '../node-attributes.ts';
import { typed, type NodeView, type TypeRule, type TypeRules } from './rule.ts';

const reduce: TypeRule = (n) => {
  const { elementType, dims } = n.type(0);
  const keep = intAttribute(n.node, 'keepdims', 1) !== 0;
  const none = intAttribute(n.node, 'noop_with_empty_axes', 0) !== 0;
  const listed = n.axes(dims.length) ?? [];
  const axes = listed.length === 0 && !none ? dims.map((_, i) => i) : listed;
  const kept = dims.map((dim, i) => (axes.includes(i) ? 1 : dim));
  return [typed(elementType, keep ? kept : kept.filter((_, i) => !axes.includes(i)))];
};

/** The index of the largest or smallest along one axis. */
const pick: TypeRule = (n) => {
  const { dims } = n.type(0);
  const axis = positiveAxis(intAttribute(n.node, 'axis', 0), dims.length);
  const keep = intAttribute(n.node, 'keepdims', 1) !== 0;
  const rest = dims.slice(axis + 1);
  return [typed('int64', [...dims.slice(0, axis), ...(keep ? [1] : []), ...rest])];
};

const topK: TypeRule = (n) => {
  const { elementType, dims } = n.type(0);
  const axis = positiveAxis(intAttribute(n.node, 'axis', -1), dims.length);
  const kept = dims.map((dim, i) => (i === axis ? (n.ints(1)?.[0] ?? '?') : dim));
  return [typed(elementType, kept), typed('int64', kept)];
};

/** `SoftmaxCrossEntropyLoss`, `NegativeLogLikelihoodLoss`: one number, or one for each label. */
function loss(n: NodeView): [ReturnType<typeof typed>] {
  const { elementType } = n.type(0);
  const none = n.node.attributes['reduction'] === 'none';
  return [typed(elementType, none ? n.dims(1) : [])];
}

/** Rules by operator. */
export const reductions: TypeRules = {
  ...Object.fromEntries(
    'Sum Mean Max Min Prod L1 L2 LogSum LogSumExp SumSquare'
      .split(' ')
      .map((name) => [`Reduce${name}`, reduce]),
  ),
  ArgMax: pick,
  ArgMin: pick,
  TopK: topK,
  NegativeLogLikelihoodLoss: loss,
  SoftmaxCrossEntropyLoss: (n) => [...loss(n), n.type(0)],
  Einsum: (n) => [typed(elementTypeOfFirst(n), einsum(n))],
};

function elementTypeOfFirst(n: NodeView): ElementType {
  return n.type(0).elementType;
}

/** Sizes of a product in Einstein's notation: `bhqd,bhkd->bhqk`. No ellipsis. */
function einsum(n: NodeView): (number | string)[] {
  const equation = stringAttribute(n.node, 'equation', '').replaceAll(' ', '');
  const [left, right] = equation.split('->');
  if (right === undefined || equation.includes('.')) {
    throw n.invalid(`has the equation "${equation}", expected letters and an arrow`);
  }
  const sizes = new Map<string, number | string>();
  left!.split(',').forEach((letters, i) => {
    Array.from(letters).forEach((letter, axis) => sizes.set(letter, n.dims(i)[axis] ?? '?'));
  });
  return Array.from(right, (letter) => sizes.get(letter) ?? '?');
}
