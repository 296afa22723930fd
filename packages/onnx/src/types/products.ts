/** Types of matrix products, convolutions and pools. */
import { broadcast, type Dims } from '../dims.ts';
import { intAttribute, intsAttribute, stringAttribute } from '../node-attributes.ts';
import { show, typed, type NodeView, type TypeRule, type TypeRules } from './rule.ts';

/** numpy.matmul: leading axes broadcast, a vector is a row on the left and a column on the right. */
function matmul(n: NodeView, left: Dims, right: Dims): Dims {
  const a = left.length === 1 ? [1, ...left] : left;
  const b = right.length === 1 ? [...right, 1] : right;
  const batch = broadcast(a.slice(0, -2), b.slice(0, -2));
  const [inner, other] = [a.at(-1), b.at(-2)];
  const clash = typeof inner === 'number' && typeof other === 'number' && inner !== other;
  if (a.length < 2 || b.length < 2 || batch === undefined || clash) {
    throw n.mismatch(`${show(left)} times ${show(right)}`);
  }
  const rows = left.length === 1 ? [] : [a.at(-2)!];
  const columns = right.length === 1 ? [] : [b.at(-1)!];
  return [...batch, ...rows, ...columns];
}

/** The last two axes swapped if `transpose`; before that the first moved before them if `transposeBatch`. */
function arranged(dims: Dims, transpose: number, transposeBatch = 0): Dims {
  let result = [...dims];
  if (transposeBatch !== 0) result = [...result.slice(1, -1), result[0]!, result.at(-1)!];
  if (transpose !== 0) result = [...result.slice(0, -2), result.at(-1)!, result.at(-2)!];
  return result;
}

const fusedMatMul: TypeRule = (n) => {
  const flag = (name: string): number => intAttribute(n.node, name, 0);
  const a = arranged(n.dims(0), flag('transA'), flag('transBatchA'));
  const b = arranged(n.dims(1), flag('transB'), flag('transBatchB'));
  return [typed(n.type(0).elementType, matmul(n, a, b))];
};

/**
 * A window that slides over the spatial axes: out = ⌊(in + pads − dilation·(kernel − 1) − 1) / stride⌋ + 1,
 * rounded up with `ceil_mode` (ONNX, Conv and MaxPool).
 */
function windows(n: NodeView, kernel: readonly number[]): Dims {
  const spatial = n.dims(0).slice(2);
  const ones = kernel.map(() => 1);
  const strides = intsAttribute(n.node, 'strides') ?? ones;
  const dilations = intsAttribute(n.node, 'dilations') ?? ones;
  const pads = intsAttribute(n.node, 'pads') ?? [...ones, ...ones].map(() => 0);
  const autoPad = stringAttribute(n.node, 'auto_pad', 'NOTSET');
  const round = intAttribute(n.node, 'ceil_mode', 0) === 0 ? Math.floor : Math.ceil;
  return spatial.map((size, i) => {
    if (typeof size !== 'number') return '?';
    if (autoPad.startsWith('SAME')) return Math.ceil(size / strides[i]!);
    const padded = size + (autoPad === 'VALID' ? 0 : pads[i]! + pads[i + kernel.length]!);
    const out = round((padded - dilations[i]! * (kernel[i]! - 1) - 1) / strides[i]!) + 1;
    if (out > 0) return out;
    throw n.mismatch(`${show(n.dims(0))}, smaller than its window [${kernel.join(', ')}]`);
  });
}

const conv: TypeRule = (n) => {
  const [x, w] = [n.type(0), n.dims(1)];
  const channels = w[1];
  const group = intAttribute(n.node, 'group', 1);
  const given = x.dims[1];
  if (typeof given === 'number' && typeof channels === 'number' && given !== channels * group) {
    throw n.mismatch(`${show(x.dims)} with ${given} channels, expected ${channels * group}`);
  }
  const kernel = intsAttribute(n.node, 'kernel_shape') ?? w.slice(2).map(Number);
  return [typed(x.elementType, [x.dims[0]!, w[0]!, ...windows(n, kernel)])];
};

const pool: TypeRule = (n) => {
  const x = n.type(0);
  const kernel = intsAttribute(n.node, 'kernel_shape') ?? [];
  const dims = [x.dims[0]!, x.dims[1]!, ...windows(n, kernel)];
  return [typed(x.elementType, dims), typed('int64', dims)];
};

const globalPool: TypeRule = (n) => {
  const { elementType, dims } = n.type(0);
  return [
    typed(
      elementType,
      dims.map((dim, i) => (i < 2 ? dim : 1)),
    ),
  ];
};

/** Attention of opset 23: Y like Q with V's width, the grown keys and values, the scores. */
const attention: TypeRule = (n) => {
  const [q, k, v] = [n.type(0), n.dims(1), n.dims(2)];
  if (q.dims.length !== 4 || n.has(4) || n.has(5)) {
    throw n.invalid('has merged heads or past keys, expected [N, H, T, d] and no past');
  }
  const [batch, heads, length] = q.dims as [number, number, number];
  const scores = [batch, heads, length, k[2]!];
  return [[batch, heads, length, v[3]!], k, v, scores].map((dims) => typed(q.elementType, dims));
};

/** Rules by operator. */
export const products: TypeRules = {
  MatMul: (n) => [typed(n.type(0).elementType, matmul(n, n.dims(0), n.dims(1)))],
  Gemm: (n) => {
    const a = arranged(n.dims(0), intAttribute(n.node, 'transA', 0));
    const b = arranged(n.dims(1), intAttribute(n.node, 'transB', 0));
    return [typed(n.type(0).elementType, matmul(n, a, b))];
  },
  'com.microsoft.FusedMatMul': fusedMatMul,
  Attention: attention,
  Conv: conv,
  MaxPool: pool,
  AveragePool: pool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
};
