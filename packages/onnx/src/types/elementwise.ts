/** Types of operators that work element by element, and of normalizations, which keep their input's size. */
import { broadcast, positiveAxis } from '../dims.ts';
import { elementTypeOf } from '../element-type.ts';
import type { ValueType } from '../graph.ts';
import { intAttribute } from '../node-attributes.ts';
import { show, typed, type NodeView, type TypeRule, type TypeRules } from './rule.ts';

/** Y is like X. */
const same: TypeRule = (n) => [n.type(0)];

/** Y is X and the others stretched over each other. */
const stretched: TypeRule = (n) => [typed(n.type(0).elementType, stretch(n))];

/** A truth value for each pair. */
const compared: TypeRule = (n) => [typed('bool', stretch(n))];

/** A truth value for each element. */
const asked: TypeRule = (n) => [typed('bool', n.dims(0))];

function stretch(n: NodeView): ValueType['dims'] {
  const all = n.node.inputs.map((_, i) => n.dims(i));
  const dims = broadcast(...all);
  if (dims === undefined)
    throw n.mismatch(`${all.map(show).join(' and ')}, which do not broadcast`);
  return dims;
}

/** `to` of `Cast`: the number of an element type. */
function castTo(n: NodeView): ValueType['elementType'] {
  const type = elementTypeOf(intAttribute(n.node, 'to', 0));
  if (type === undefined) throw n.invalid('casts to a type that is not supported');
  return type;
}

/** Y, and mean and inverse deviation with the normalized axes kept as 1. */
const layerNormalization: TypeRule = (n) => {
  const x = n.type(0);
  const axis = positiveAxis(intAttribute(n.node, 'axis', -1), x.dims.length);
  const kept = x.dims.map((dim, i) => (i < axis ? dim : 1));
  return [x, typed('float32', kept), typed('float32', kept)];
};

const unary =
  'Abs Acos Asin Atan Ceil Clip Cos CumSum Elu Erf Exp Floor Gelu HardSigmoid HardSwish Hardmax Identity ' +
  'LeakyRelu Log LogSoftmax LpNormalization Mish Neg Not PRelu Reciprocal Relu Round Selu Sigmoid Sign Sin ' +
  'Softmax Softplus Softsign Sqrt Tan Tanh ThresholdedRelu Trilu InstanceNormalization GroupNormalization ' +
  'RMSNormalization BatchNormalization ScatterND ScatterElements com.microsoft.QuickGelu ' +
  'com.microsoft.FastGelu com.microsoft.Gelu com.microsoft.BiasGelu';

/** Rules by operator. */
export const elementwise: TypeRules = {
  ...table(unary, same),
  ...table('Add Sub Mul Div Pow Mod Min Max Sum Mean And Or Xor BitwiseAnd BitwiseOr', stretched),
  ...table('Equal Less LessOrEqual Greater GreaterOrEqual', compared),
  ...table('IsNaN IsInf', asked),
  Where: (n) => [typed(n.type(1).elementType, stretch(n))],
  Cast: (n) => [typed(castTo(n), n.dims(0))],
  CastLike: (n) => [typed(n.type(1).elementType, n.dims(0))],
  Dropout: (n) => [n.type(0), typed('bool', n.dims(0))],
  LayerNormalization: layerNormalization,
};

function table(names: string, rule: TypeRule): TypeRules {
  return Object.fromEntries(names.split(' ').map((name) => [name, rule]));
}
