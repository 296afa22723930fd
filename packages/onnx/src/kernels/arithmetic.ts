/** Kernels of elementwise arithmetic and comparison, and of reductions. */
import { isStatic, positiveAxis, sizeOf, stridesOf } from '../dims.ts';
import { elementTypeOf, zeros } from '../element-type.ts';
import { intAttribute } from '../node-attributes.ts';
import {
  fromNumbers,
  isBig,
  numbersOf,
  stretchAll,
  take,
  walk,
  type Kernel,
  type Kernels,
} from './kernel.ts';

interface Binary {
  readonly number: (a: number, b: number) => number;
  readonly big: (a: bigint, b: bigint) => bigint;
}

/** The sign of `Mod` is the divisor's, as Python's, unless `fmod` asks for the dividend's. */
const modulo: Binary = {
  number: (a, b) => a - b * Math.floor(a / b),
  big: (a, b) => ((a % b) + b) % b,
};

const binary: Readonly<Record<string, Binary>> = {
  Add: { number: (a, b) => a + b, big: (a, b) => a + b },
  Sub: { number: (a, b) => a - b, big: (a, b) => a - b },
  Mul: { number: (a, b) => a * b, big: (a, b) => a * b },
  Div: { number: (a, b) => a / b, big: (a, b) => a / b },
  Mod: modulo,
  Pow: { number: (a, b) => a ** b, big: (a, b) => a ** b },
  Min: { number: (a, b) => Math.min(a, b), big: (a, b) => (a < b ? a : b) },
  Max: { number: (a, b) => Math.max(a, b), big: (a, b) => (a > b ? a : b) },
};

function arithmetic({ number, big }: Binary): Kernel {
  return ({ view, inputs }) => {
    const all = stretchAll(inputs);
    const [first, ...rest] = all ?? [];
    const mixed = rest.some(({ dtype }) => dtype !== first!.dtype);
    if (first === undefined || mixed || first.dtype === 'bfloat16') return undefined;
    if (view.node.opType === 'Mod' && intAttribute(view.node, 'fmod', 0) !== 0) return undefined;
    const divides = view.node.opType === 'Div' || view.node.opType === 'Mod';
    if (isBig(first.dtype)) {
      const data = (first.data as BigInt64Array).slice();
      for (const other of rest) {
        const b = other.data as BigInt64Array;
        if (divides && b.includes(0n)) return undefined;
        if (view.node.opType === 'Pow' && b.some((exponent) => exponent < 0n)) return undefined;
        for (let i = 0; i < data.length; i++) data[i] = big(data[i]!, b[i]!);
      }
      return [{ ...first, data }];
    }
    const data = Float64Array.from(numbersOf(first));
    for (const other of rest) {
      const b = numbersOf(other);
      const isInteger = !first.dtype.startsWith('float');
      if (divides && isInteger && Array.prototype.includes.call(b, 0)) return undefined;
      for (let i = 0; i < data.length; i++) data[i] = number(data[i]!, b[i]!);
    }
    return [fromNumbers(first.dtype, first.dims, data)];
  };
}

type Ordered = number | bigint;
const comparisons: Readonly<Record<string, (a: Ordered, b: Ordered) => boolean>> = {
  Equal: (a, b) => a === b,
  Less: (a, b) => a < b,
  LessOrEqual: (a, b) => a <= b,
  Greater: (a, b) => a > b,
  GreaterOrEqual: (a, b) => a >= b,
  And: (a, b) => a !== 0 && b !== 0,
  Or: (a, b) => a !== 0 || b !== 0,
  Xor: (a, b) => (a !== 0) !== (b !== 0),
};

function comparison(compare: (a: Ordered, b: Ordered) => boolean): Kernel {
  return ({ inputs }) => {
    const [a, b] = stretchAll(inputs) ?? [];
    if (a?.dtype !== b?.dtype || !a || !b) return undefined;
    const [x, y] = isBig(a.dtype)
      ? [a.data as BigInt64Array, b.data as BigInt64Array]
      : [numbersOf(a), numbersOf(b)];
    const data = new Uint8Array(a.data.length);
    for (let i = 0; i < data.length; i++) data[i] = compare(x[i]!, y[i]!) ? 1 : 0;
    return [{ dtype: 'bool', dims: a.dims, data }];
  };
}

const unary: Readonly<Record<string, (x: number) => number>> = {
  Neg: (x) => -x,
  Abs: Math.abs,
  Sqrt: Math.sqrt,
  Reciprocal: (x) => 1 / x,
  Exp: Math.exp,
  Log: Math.log,
  Floor: Math.floor,
  Ceil: Math.ceil,
  Sign: Math.sign,
  Sin: Math.sin,
  Cos: Math.cos,
  Tanh: Math.tanh,
  Sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  Relu: (x) => Math.max(0, x),
  Not: (x) => (x === 0 ? 1 : 0),
};

function mapped(f: (x: number) => number): Kernel {
  return ({ inputs: [x] }) => {
    if (x === undefined || x.dtype === 'bfloat16') return undefined;
    return [fromNumbers(x.dtype, x.dims, Float64Array.from(numbersOf(x), f))];
  };
}

const isNaNKernel: Kernel = ({ inputs: [x] }) =>
  x && [
    { dtype: 'bool', dims: x.dims, data: Uint8Array.from(numbersOf(x), (v) => +Number.isNaN(v)) },
  ];

const cast: Kernel = ({ view, inputs: [x] }) => {
  const to = elementTypeOf(intAttribute(view.node, 'to', 0));
  if (x === undefined || to === undefined) return undefined;
  if (x.dtype === to) return [x];
  if (x.dtype === 'bfloat16' || to === 'bfloat16') return undefined;
  if (to === 'bool') {
    const data = Uint8Array.from(numbersOf(x), (value) => +(value !== 0));
    return [{ dtype: 'bool', dims: x.dims, data }];
  }
  if (isBig(x.dtype) && isBig(to)) {
    const data = zeros(to, x.data.length) as BigInt64Array;
    data.set(x.data as BigInt64Array);
    return [{ dtype: to, dims: x.dims, data }];
  }
  const numbers = numbersOf(x);
  const toInteger = !to.startsWith('float');
  if (toInteger && Array.prototype.some.call(numbers, (value) => !Number.isFinite(value))) {
    return undefined; // what becomes of it differs from runtime to runtime
  }
  return [fromNumbers(to, x.dims, numbers)];
};

/** The type rule knows the axes; here they are those that shrink. */
function reduction(combine: (a: number, b: number) => number, mean = false): Kernel {
  return ({ view, inputs: [x], outputs: [type] }) => {
    if (x === undefined || type === undefined || !isStatic(type.dims)) return undefined;
    if (isBig(x.dtype) && mean) return undefined;
    const rank = x.dims.length;
    const listed = view.axes(rank) ?? [];
    if (listed.length === 0 && intAttribute(view.node, 'noop_with_empty_axes', 0) !== 0) return [x];
    const axes = new Set(listed.length === 0 ? x.dims.map((_, i) => i) : listed);
    const all = x.dims.map((_, axis) => axis);
    const order = [
      ...all.filter((axis) => !axes.has(axis)),
      ...all.filter((axis) => axes.has(axis)),
    ];
    const strides = stridesOf(x.dims);
    const dims = order.map((axis) => x.dims[axis]!);
    const sorted = numbersOf(
      take(
        x,
        walk(
          dims,
          order.map((axis) => strides[axis]!),
          0,
        ),
        dims,
      ),
    );
    const length = sizeOf([...axes].map((axis) => x.dims[axis]!));
    if (length === 0) return undefined;
    const result = new Float64Array(sorted.length / length);
    for (let i = 0; i < result.length; i++) {
      let total = sorted[i * length]!;
      for (let j = 1; j < length; j++) total = combine(total, sorted[i * length + j]!);
      result[i] = mean ? total / length : total;
    }
    return [fromNumbers(x.dtype, type.dims, result)];
  };
}

const argMax: Kernel = ({ view, inputs: [x], outputs: [type] }) => {
  if (x === undefined || type === undefined || !isStatic(type.dims)) return undefined;
  if (intAttribute(view.node, 'select_last_index', 0) !== 0) return undefined;
  const axis = positiveAxis(intAttribute(view.node, 'axis', 0), x.dims.length);
  const values = numbersOf(x);
  const step = stridesOf(x.dims)[axis]!;
  const length = x.dims[axis]!;
  const data = new BigInt64Array(sizeOf(type.dims));
  for (let i = 0; i < data.length; i++) {
    const start = Math.floor(i / step) * step * length + (i % step);
    let best = 0;
    for (let j = 1; j < length; j++) {
      if (values[start + j * step]! > values[start + best * step]!) best = j;
    }
    data[i] = BigInt(best);
  }
  return [{ dtype: 'int64', dims: type.dims, data }];
};

/** Kernels by operator. */
export const arithmeticKernels: Kernels = {
  ...mapValues(binary, arithmetic),
  ...mapValues(comparisons, comparison),
  ...mapValues(unary, mapped),
  IsNaN: isNaNKernel,
  Cast: cast,
  ReduceSum: reduction((a, b) => a + b),
  ReduceMean: reduction((a, b) => a + b, true),
  ReduceProd: reduction((a, b) => a * b),
  ReduceMax: reduction(Math.max),
  ReduceMin: reduction(Math.min),
  ArgMax: argMax,
};

function mapValues<T>(
  table: Readonly<Record<string, T>>,
  change: (value: T) => Kernel,
): Record<string, Kernel> {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, change(value)]));
}
