import { gradients, type Emitter, type Value } from '@cl/autodiff';
import { createRandom, type RealArray } from '@cl/hub';
import type { AttributeValue, OnnxTensor } from '@cl/onnx';
import { checkVjp } from '@cl/testing';
import { expect, test } from 'vitest';
import { functionsOf, graphOf, type Body } from './run.ts';

/** One operator at work on inputs of given sizes. */
interface GradientCase {
  readonly opType: string;
  readonly shapes: readonly (readonly number[])[];
  readonly note: string;
  /** Size of the output. */
  readonly dims: readonly number[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Inputs that are constant, by position; the others are checked. */
  readonly constants: Readonly<Record<number, OnnxTensor>>;
  /** Where to check: the elements of input i, from standard normal x. */
  readonly at: (x: number, i: number) => number;
  readonly elementType: 'float32' | 'float64';
  readonly opset: number;
  /** In the place of the operator alone. */
  readonly body?: Body;
}

type Options = Partial<Omit<GradientCase, 'opType' | 'shapes' | 'dims'>>;

function gradientCase(
  opType: string,
  shapes: readonly (readonly number[])[],
  dims: readonly number[],
  options: Options = {},
): GradientCase {
  const defaults = {
    note: '',
    attributes: {},
    constants: {},
    at: (x: number) => x,
    elementType: 'float64',
    opset: 21,
  } as const;
  return { ...defaults, ...options, opType, shapes, dims };
}

const ints = (...values: number[]): OnnxTensor => ({
  dtype: 'int64',
  dims: [values.length],
  data: BigInt64Array.from(values, BigInt),
});
const table = (rows: number, ...values: number[]): OnnxTensor => ({
  ...ints(...values),
  dims: [rows, values.length / rows],
});
const bools = (...values: number[]): OnnxTensor => ({
  dtype: 'bool',
  dims: [values.length],
  data: Uint8Array.from(values),
});
const real = (...values: number[]): OnnxTensor => ({
  dtype: 'float64',
  dims: values.length === 1 ? [] : [values.length],
  data: Float64Array.from(values),
});

/** Keeps clear of the kink or the pole at 0. */
const apart = { at: (x: number) => x + Math.sign(x) * 0.2 };
const positive = { at: (x: number) => Math.abs(x) + 0.3 };
/** For operators whose kernel on the CPU is float32 only. */
const single = { elementType: 'float32' } as const;

const cases: readonly GradientCase[] = [
  gradientCase(
    'Add',
    [
      [2, 3],
      [2, 3],
    ],
    [2, 3],
  ),
  gradientCase(
    'Add',
    [
      [2, 1, 3],
      [4, 1],
    ],
    [2, 4, 3],
    { note: 'both sides broadcast' },
  ),
  gradientCase('Sub', [[2, 3], [3]], [2, 3]),
  gradientCase(
    'Mul',
    [
      [2, 3],
      [2, 3],
    ],
    [2, 3],
  ),
  gradientCase(
    'Mul',
    [
      [2, 1, 3],
      [4, 1],
    ],
    [2, 4, 3],
    { note: 'both sides broadcast' },
  ),
  gradientCase('Mul', [[], [2, 2]], [2, 2], { note: 'a scalar' }),
  gradientCase(
    'Div',
    [
      [2, 3],
      [2, 1],
    ],
    [2, 3],
    apart,
  ),
  gradientCase('Neg', [[5]], [5]),
  gradientCase('Abs', [[5]], [5], apart),
  gradientCase('Reciprocal', [[5]], [5], apart),
  gradientCase('Sqrt', [[5]], [5], positive),
  gradientCase('Exp', [[5]], [5]),
  gradientCase('Log', [[5]], [5], positive),
  gradientCase('Sin', [[5]], [5]),
  gradientCase('Cos', [[5]], [5]),
  gradientCase('Pow', [[2, 3], [3]], [2, 3], positive),
  gradientCase('Pow', [[4]], [4], { constants: { 1: real(2) }, note: 'of negative numbers' }),
  gradientCase('Sum', [[2, 3], [3], [2, 1]], [2, 3]),
  gradientCase('Mean', [[3], [3], [3]], [3], single),
  gradientCase('Identity', [[4]], [4]),
  gradientCase('Cast', [[4]], [4], { attributes: { to: 11n } }),
  gradientCase('Where', [[3], [2, 1]], [2, 3], { constants: { 0: bools(1, 0, 1) } }),
  gradientCase('Max', [[2, 3], [3]], [2, 3]),
  gradientCase('Min', [[2, 3], [3], [2, 1]], [2, 3]),
  gradientCase('Clip', [[9], [], []], [9], { at: (x, i) => [3 * x, -1.5, 1][i]! }),

  gradientCase('Sigmoid', [[5]], [5]),
  gradientCase('Tanh', [[5]], [5]),
  gradientCase('Erf', [[5]], [5], single),
  gradientCase('Softplus', [[5]], [5], single),
  gradientCase('Relu', [[6]], [6], apart),
  gradientCase('LeakyRelu', [[6]], [6], { ...apart, ...single, attributes: { alpha: 0.2 } }),
  gradientCase('Gelu', [[6]], [6], single),
  gradientCase('Gelu', [[6]], [6], { attributes: { approximate: 'tanh' } }),
  gradientCase('com.microsoft.Gelu', [[6]], [6], single),
  gradientCase('com.microsoft.FastGelu', [[2, 3]], [2, 3]),
  gradientCase('com.microsoft.FastGelu', [[2, 3], [3]], [2, 3], { note: 'bias' }),
  gradientCase('com.microsoft.QuickGelu', [[6]], [6], { ...single, attributes: { alpha: 1.702 } }),

  gradientCase('ReduceSum', [[2, 3, 4]], [3], {
    constants: { 1: ints(0, -1) },
    attributes: { keepdims: 0n },
  }),
  gradientCase('ReduceSum', [[2, 3]], [1, 1], { note: 'all' }),
  gradientCase('ReduceMean', [[2, 3, 4]], [2, 1, 4], { constants: { 1: ints(1) } }),
  gradientCase('ReduceMean', [[2, 3, 4]], [2, 4], {
    opset: 17,
    attributes: { axes: [1n], keepdims: 0n },
  }),
  gradientCase('ReduceSumSquare', [[2, 3]], [2, 1], { constants: { 1: ints(-1) } }),
  gradientCase('ReduceL1', [[2, 3]], [2, 1], { ...apart, constants: { 1: ints(-1) } }),
  gradientCase('ReduceL2', [[2, 3]], [2, 1], { constants: { 1: ints(-1) } }),
  gradientCase('ReduceLogSumExp', [[2, 3]], [2], {
    constants: { 1: ints(-1) },
    attributes: { keepdims: 0n },
  }),
  gradientCase('ReduceMax', [[2, 3]], [2, 1], { constants: { 1: ints(-1) } }),
  gradientCase('ReduceMin', [[2, 3]], [3], {
    constants: { 1: ints(0) },
    attributes: { keepdims: 0n },
  }),

  gradientCase('Softmax', [[2, 5, 3]], [2, 5, 3], { attributes: { axis: 1n } }),
  gradientCase('LogSoftmax', [[2, 5]], [2, 5], { attributes: { axis: -1n } }),
  gradientCase('LayerNormalization', [[2, 3, 4], [4], [4]], [2, 3, 4]),
  gradientCase(
    'LayerNormalization',
    [
      [2, 3, 4],
      [3, 4],
    ],
    [2, 3, 4],
    {
      attributes: { axis: 1n, epsilon: 0.01 },
      note: 'no bias',
    },
  ),
  gradientCase('LpNormalization', [[2, 3]], [2, 3], { attributes: { axis: -1n, p: 2n } }),

  gradientCase(
    'MatMul',
    [
      [2, 3],
      [3, 4],
    ],
    [2, 4],
  ),
  gradientCase(
    'MatMul',
    [
      [2, 5, 3],
      [3, 4],
    ],
    [2, 5, 4],
    { note: 'one weight for a batch' },
  ),
  gradientCase(
    'MatMul',
    [
      [2, 1, 5, 3],
      [4, 3, 2],
    ],
    [2, 4, 5, 2],
    { note: 'batches broadcast' },
  ),
  ...[0n, 1n].flatMap((transA) =>
    [0n, 1n].map((transB) =>
      gradientCase('Gemm', [transA ? [3, 2] : [2, 3], transB ? [4, 3] : [3, 4], [4]], [2, 4], {
        attributes: { transA, transB, alpha: 0.5, beta: 2 },
      }),
    ),
  ),

  gradientCase('Reshape', [[2, 6]], [3, 4], { constants: { 1: ints(3, -1) } }),
  gradientCase('Flatten', [[2, 3, 4]], [2, 12]),
  gradientCase('Squeeze', [[2, 1, 3]], [2, 3], { constants: { 1: ints(1) } }),
  gradientCase('Unsqueeze', [[2, 3]], [2, 1, 3], { constants: { 1: ints(1) } }),
  gradientCase('Transpose', [[2, 3, 4]], [4, 2, 3], { attributes: { perm: [2n, 0n, 1n] } }),
  gradientCase('Transpose', [[2, 3, 4]], [4, 3, 2], { note: 'reversed' }),
  gradientCase('Expand', [[1, 3]], [4, 2, 3], { constants: { 1: ints(4, 2, 3) } }),
  gradientCase('Tile', [[2, 3]], [4, 9], { constants: { 1: ints(2, 3) } }),
  gradientCase(
    'Concat',
    [
      [2, 3],
      [2, 1],
      [2, 2],
    ],
    [2, 6],
    { attributes: { axis: -1n } },
  ),
  gradientCase('Slice', [[4, 5, 3]], [2, 4, 3], {
    constants: { 1: ints(1, -4), 2: ints(3, 9_999), 3: ints(0, 1) },
    note: 'reaches beyond the end',
  }),
  gradientCase('Slice', [[7, 5]], [3, 2], {
    constants: { 1: ints(-2, 1), 2: ints(-9_999, 3), 3: ints(0, 1), 4: ints(-2, 1) },
    note: 'backwards, by twos',
  }),
  gradientCase('Split', [[6, 2]], [4, 2], {
    note: 'one part goes unused',
    body: (g, [x]) => {
      const [a, , c] = g.split(x!, 0, [2, 2, 2]);
      return g.concat([g.mul(a!, a!), c!], 0);
    },
  }),
  gradientCase('Trilu', [[3, 4]], [3, 4], { attributes: { upper: 0n } }),
  gradientCase('Pad', [[2, 3]], [2, 6], { constants: { 1: ints(1, 2), 2: real(9), 3: ints(1) } }),

  gradientCase('Gather', [[4, 3]], [2, 2, 3], {
    constants: { 1: table(2, 0, 3, 3, -1) },
    note: 'one row thrice',
  }),
  gradientCase('Gather', [[2, 4, 3]], [2, 2, 3], {
    constants: { 1: ints(2, 1) },
    attributes: { axis: 1n },
  }),
  gradientCase('GatherElements', [[3, 4]], [3, 2], {
    constants: { 1: table(3, 0, 1, 2, 2, -1, 0) },
    attributes: { axis: 1n },
  }),
  gradientCase('GatherND', [[3, 4, 2]], [2, 2], { constants: { 1: table(2, 0, 3, -1, 1) } }),
  gradientCase('Conv', [[2, 3, 8, 8], [5, 3, 4, 4], [5]], [2, 5, 2, 2], {
    ...single,
    attributes: { strides: [4n, 4n], kernel_shape: [4n, 4n] },
    note: 'patches',
  }),
  gradientCase(
    'Conv',
    [
      [2, 2, 7, 6],
      [3, 2, 3, 2],
    ],
    [2, 3, 3, 6],
    {
      ...single,
      attributes: {
        strides: [3n, 1n],
        dilations: [1n, 2n],
        pads: [1n, 0n, 1n, 2n],
        kernel_shape: [3n, 2n],
      },
      note: 'strides, dilations and pads that differ',
    },
  ),
];

/** The case's operator as a body for {@link graphOf}, constants in their places. */
function bodyOf({ opType, constants, attributes, dims, elementType, body }: GradientCase): Body {
  if (body !== undefined) return body;
  return (g: Emitter, xs: readonly Value[]): Value => {
    const free = [...xs];
    const inputs: Value[] = [];
    while (free.length > 0 || inputs.length in constants) {
      const constant = constants[inputs.length];
      inputs.push(constant === undefined ? free.shift()! : g.constant(constant));
    }
    return g.node(opType, inputs, { elementType, dims }, attributes);
  };
}

/** Values of an input: the function of where to check, applied to standard normal numbers. */
function inputsOf({ shapes, at, elementType }: GradientCase): RealArray[] {
  const random = createRandom('gradients');
  return shapes.map((dims, i) => {
    const length = dims.reduce((size, dim) => size * dim, 1);
    const values = Float64Array.from({ length }, () => at(random.normal(), i));
    return elementType === 'float32' ? Float32Array.from(values) : values;
  });
}

test.each(cases)('$opType $shapes $note agrees with differences', async (c) => {
  const graph = graphOf(bodyOf(c), c.shapes, c.elementType, c.opset);
  const { f, vjp } = functionsOf(graph);
  await checkVjp(f, vjp, inputsOf(c));
});

const onlySingle = cases.filter(({ elementType }) => elementType === 'float32');
test.each(onlySingle)('$opType $shapes $note is in float32 for want of a kernel', async (c) => {
  const double = { ...c, elementType: 'float64' } as const;
  const { f, vjp } = functionsOf(graphOf(bodyOf(double), c.shapes, 'float64', c.opset));
  const inputs = inputsOf(double);
  const both = async (): Promise<unknown> => vjp(inputs, await f(inputs));
  await expect(both()).rejects.toThrow(
    /Could not find an implementation|Failed to find kernel|Type Error/,
  );
});

test('every rule has a case', () => {
  const flat = ['Floor', 'Ceil', 'Round', 'Sign']; // no gradient: in backward.test.ts
  const markers = ['StopGradient', 'StraightThrough'].map((name) => `cl.autodiff.${name}`); // as these
  const checked = new Set([...cases.map(({ opType }) => opType), ...flat, ...markers]);
  expect(checked).toEqual(new Set(gradients.keys()));
});
