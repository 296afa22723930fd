import {
  foldConstants,
  GraphBuilder,
  graphFromModel,
  inferTypes,
  typeRules,
  writeModel,
  type AttributeValue,
  type ElementArrays,
  type ElementType,
  type Model,
  type OnnxTensor,
} from '@cl/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';

/** Numbers between 0.1 and 0.9, which every function below is defined for. */
function floats(...dims: readonly number[]): OnnxTensor {
  const size = dims.reduce((product, dim) => product * dim, 1);
  const data = Float32Array.from({ length: size }, (_, i) => 0.1 + ((i * 7) % 17) / 20);
  return { dtype: 'float32', dims, data };
}
function ints(values: readonly number[], dims: readonly number[] = [values.length]): OnnxTensor {
  return { dtype: 'int64', dims, data: BigInt64Array.from(values, BigInt) };
}
function bools(values: readonly number[], dims: readonly number[] = [values.length]): OnnxTensor {
  return { dtype: 'bool', dims, data: Uint8Array.from(values) };
}
function scalar(value: number): OnnxTensor {
  return { dtype: 'float32', dims: [], data: Float32Array.of(value) };
}

interface Case {
  readonly opType: string;
  readonly inputs: readonly (OnnxTensor | undefined)[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly outputs: number;
  readonly opset: number;
}

type More = Partial<Pick<Case, 'attributes' | 'outputs' | 'opset'>>;
function op(opType: string, inputs: Case['inputs'], more: More = {}): Case {
  return { opType, inputs, attributes: {}, outputs: 1, opset: 21, ...more };
}

const [x, y] = [floats(2, 3, 4), floats(3, 1)];
const unary =
  'Abs Acos Asin Atan Ceil Clip Cos Elu Erf Exp Floor Gelu HardSigmoid HardSwish Hardmax Identity IsInf IsNaN ' +
  'LeakyRelu Log LogSoftmax LpNormalization Mish Neg Reciprocal Relu Round Selu Sigmoid Sign Sin Softmax ' +
  'Softplus Softsign Sqrt Tan Tanh ThresholdedRelu Trilu Shape Size Dropout ' +
  'com.microsoft.QuickGelu com.microsoft.FastGelu com.microsoft.Gelu';
const reductions = 'Sum Mean Max Min Prod L1 L2 LogSum LogSumExp SumSquare';
const image = floats(1, 2, 5, 6);
const window = { kernel_shape: [2n, 3n], strides: [2n, 1n], pads: [1n, 0n, 0n, 1n] };

const twoAndAHalf: OnnxTensor = { dtype: 'float32', dims: [2], data: Float32Array.of(2, 2.5) };

const cases: readonly Case[] = [
  ...unary.split(' ').map((name) => op(name, [x])),
  ...'Add Sub Mul Div Pow Min Max Sum Mean'.split(' ').map((name) => op(name, [x, y])),
  ...'Equal Less LessOrEqual Greater GreaterOrEqual'.split(' ').map((name) => op(name, [x, y])),
  ...'Add Sub Mul Div Mod Min Max Equal Less Greater BitwiseAnd BitwiseOr'
    .split(' ')
    .map((name) => op(name, [ints([7, -7, 9, 4], [2, 2]), ints([2, 4])])),
  ...'And Or Xor'.split(' ').map((name) => op(name, [bools([0, 0, 1, 1], [2, 2]), bools([0, 1])])),
  op('Not', [bools([0, 1])]),
  op('Neg', [ints([3, -4])]),
  op('Where', [bools([1, 0, 1], [3, 1]), x, scalar(9)]),
  op('Cast', [x], { attributes: { to: 7n } }),
  op('Cast', [ints([0, 2])], { attributes: { to: 9n } }),
  op('Cast', [ints([3, -2])], { attributes: { to: 6n } }),
  op('Cast', [bools([0, 1])], { attributes: { to: 1n } }),
  op('Cast', [x], { attributes: { to: 11n } }),
  op('CastLike', [ints([1, 2]), scalar(0)]),
  op('PRelu', [x, floats(4)]),
  op('CumSum', [x, ints([1], [])]),
  op('Trilu', [x, ints([1], [])], { attributes: { upper: 0n } }),
  op('com.microsoft.BiasGelu', [x, floats(4)]),
  op('LayerNormalization', [x, floats(4), floats(4)], { outputs: 3 }),
  op('LayerNormalization', [x, floats(3, 4)], { attributes: { axis: 1n } }),
  op('RMSNormalization', [x, floats(4)], { opset: 23 }),
  op('InstanceNormalization', [image, floats(2), floats(2)]),
  op('GroupNormalization', [image, floats(2), floats(2)], { attributes: { num_groups: 2n } }),
  op('BatchNormalization', [image, floats(2), floats(2), floats(2), floats(2)]),
  op('ScatterND', [x, ints([1, 0], [2, 1]), x]),
  op('ScatterElements', [x, ints([0], [1, 1, 1]), floats(1, 1, 1)]),
  op('MatMul', [x, floats(4, 5)]),
  op('MatMul', [floats(4), floats(6, 1, 4, 5)]),
  op('MatMul', [floats(2, 1, 3, 4), floats(5, 4, 2)]),
  op('MatMul', [x, floats(4)]),
  op('Gemm', [floats(4, 3), floats(5, 4), floats(5)], { attributes: { transA: 1n, transB: 1n } }),
  op('com.microsoft.FusedMatMul', [x, floats(2, 5, 4)], { attributes: { transB: 1n } }),
  op('com.microsoft.FusedMatMul', [floats(3, 2, 4), floats(5, 2, 4)], {
    attributes: { transBatchA: 1n, transBatchB: 1n, transB: 1n },
  }),
  op('Attention', [floats(2, 2, 3, 4), floats(2, 2, 5, 4), floats(2, 2, 5, 6)], { opset: 23 }),
  op('Conv', [image, floats(4, 2, 2, 3), floats(4)], { attributes: window }),
  op('Conv', [image, floats(4, 1, 2, 2)], { attributes: { group: 2n, dilations: [2n, 2n] } }),
  op('Conv', [image, floats(4, 2, 2, 2)], { attributes: { auto_pad: 'SAME_UPPER' } }),
  op('MaxPool', [image], { attributes: { ...window, ceil_mode: 1n }, outputs: 2 }),
  op('AveragePool', [image], { attributes: window }),
  op('GlobalAveragePool', [image]),
  op('GlobalMaxPool', [image]),
  op('Reshape', [x, ints([0, -1, 2])]),
  op('Reshape', [floats(0, 3), ints([3, 0])], { attributes: { allowzero: 1n } }),
  op('Flatten', [x], { attributes: { axis: 2n } }),
  op('Flatten', [x], { attributes: { axis: 0n } }),
  op('Squeeze', [floats(1, 3, 1), ints([-1])]),
  op('Squeeze', [floats(1, 3, 1)]),
  op('Unsqueeze', [x, ints([0, -1])]),
  op('Unsqueeze', [x], { attributes: { axes: [1n] }, opset: 11 }),
  op('Transpose', [x]),
  op('Transpose', [x], { attributes: { perm: [1n, 2n, 0n] } }),
  op('Concat', [x, floats(2, 1, 4)], { attributes: { axis: -2n } }),
  op('Split', [x, ints([1, 3])], { attributes: { axis: 2n }, outputs: 2 }),
  op('Split', [floats(5, 2)], { attributes: { num_outputs: 3n }, outputs: 3 }),
  op('Slice', [x, ints([-1, 0]), ints([-5, 2]), ints([2, 1]), ints([-2, 1])]),
  op('Slice', [x, ints([1]), ints([Number.MAX_SAFE_INTEGER])]),
  op('Gather', [x, ints([-1, 0], [1, 2])], { attributes: { axis: 1n } }),
  op('Gather', [ints([5, 6, 7]), ints([1], [])]),
  op('GatherElements', [x, ints([0, 1], [2, 1, 1])], { attributes: { axis: 2n } }),
  op('GatherND', [x, ints([0, 1, 1, 2], [2, 2])]),
  op('Expand', [y, ints([2, 1, 4])]),
  op('Tile', [floats(2, 3), ints([2, 3])]),
  op('Pad', [x, ints([1, 0, 0, 0, 2, 0])]),
  op('Pad', [x, ints([1, 2]), undefined, ints([1])]),
  op('Resize', [floats(1, 1, 3, 3), undefined, undefined, ints([1, 1, 5, 2])], {
    attributes: { mode: 'cubic' },
  }),
  op('Resize', [floats(1, 1, 3, 3), undefined, twoAndAHalf], { attributes: { axes: [2n, -1n] } }),
  op('Range', [ints([1], []), ints([8], []), ints([3], [])]),
  op('Range', [scalar(1), scalar(-1), scalar(-0.5)]),
  op('ConstantOfShape', [ints([2, 2])], { attributes: { value: ints([7]) } }),
  op('ConstantOfShape', [ints([3])]),
  op('Shape', [x], { attributes: { start: 1n, end: -1n } }),
  op('NonZero', [bools([1, 0, 1])]),
  op('OneHot', [ints([0, 2]), ints([3]), floats(2)]),
  ...reductions
    .split(' ')
    .flatMap((name) => [
      op(`Reduce${name}`, [x, ints([-1, 0])]),
      op(`Reduce${name}`, [x], { attributes: { keepdims: 0n } }),
      op(`Reduce${name}`, [x], { attributes: { axes: [1n], keepdims: 0n }, opset: 11 }),
    ]),
  op('ReduceSum', [ints([1, 2, 3, 4], [2, 2]), ints([0])]),
  op('ReduceMax', [x], { attributes: { noop_with_empty_axes: 1n } }),
  op('ArgMax', [x], { attributes: { axis: 1n } }),
  op('ArgMax', [floats(20)], { attributes: { keepdims: 0n } }),
  op('ArgMin', [x], { attributes: { axis: -1n, keepdims: 0n } }),
  op('TopK', [x, ints([2])], { outputs: 2 }),
  op('NegativeLogLikelihoodLoss', [floats(3, 5), ints([0, 4, 1])]),
  op('SoftmaxCrossEntropyLoss', [floats(3, 5), ints([0, 4, 1])], {
    attributes: { reduction: 'none' },
    outputs: 2,
  }),
  op('Einsum', [floats(2, 3, 4), floats(2, 5, 4)], { attributes: { equation: 'bqd,bkd->bqk' } }),
];

/** A model of one node; inputs that are no numbers to compute with, such as sizes and axes, are constants. */
function modelOf(test: Case, constant: (input: OnnxTensor, i: number) => boolean): Model {
  const g = new GraphBuilder({ opset: test.opset, domains: { 'com.microsoft': 1 } });
  const inputs = test.inputs.map((input, i) => {
    if (input === undefined) return '';
    if (constant(input, i)) return g.initializer(`c${i}`, input);
    return g.input(`x${i}`, input.dtype, input.dims);
  });
  const [domain, opType] = test.opType.includes('.')
    ? ['com.microsoft', test.opType.split('.')[2]!]
    : ['', test.opType];
  const outputs = Array.from({ length: test.outputs }, (_, i) => `y${i}`);
  g.node(opType, inputs, test.attributes, { domain, outputs, name: 'node' });
  for (const name of outputs) g.output(name, 'float32', []); // the type is not known yet
  const model = g.build();
  const output = model.graph!.output.map((info) => ({ ...info, type: undefined }));
  return { ...model, graph: { ...model.graph!, output } };
}

async function run(test: Case, model: Model): Promise<Tensor[]> {
  const session = await InferenceSession.create(writeModel(model), {
    graphOptimizationLevel: 'disabled',
  });
  const feeds: Record<string, Tensor> = {};
  for (const name of session.inputNames) {
    const { dtype, data, dims } = test.inputs[Number(name.slice(1))]!;
    feeds[name] = new Tensor(dtype as 'float32', data as Float32Array, dims);
  }
  const results = await session.run(feeds);
  return Array.from({ length: test.outputs }, (_, i) => results[`y${i}`]!);
}

const named = cases.map((test) => {
  const dims = test.inputs.map((input) => (input ? `${input.dtype}[${input.dims.join()}]` : '_'));
  const attributes = Object.entries(test.attributes).map(([k, v]) => `${k}: ${String(v)}`);
  return [`${test.opType}(${dims.join(', ')}) ${attributes.join(', ')}`.trim(), test] as const;
});

describe('inferred types are those of what onnxruntime computes', () => {
  test.each(named)('%s', async (_, test) => {
    const data = new Set(['Gather', 'GatherElements', 'GatherND', 'Neg', 'CastLike', 'OneHot']);
    const isSize = ({ dtype }: OnnxTensor, i: number): boolean =>
      (dtype === 'int64' && i > 0 && !data.has(test.opType)) ||
      (test.opType === 'Resize' && i > 0) ||
      ['Range', 'ConstantOfShape', 'OneHot'].includes(test.opType);
    const model = modelOf(test, isSize);
    const graph = inferTypes(graphFromModel(model));
    const results = await run(test, model);
    results.forEach(({ type, dims }, i) => {
      const inferred = graph.types.get(`y${i}`)!;
      expect(inferred.elementType).toBe(type);
      const known = inferred.dims.map((dim, axis) => (dim === '?' ? dims[axis] : dim));
      expect(known).toEqual(dims);
      expect(inferred.dims.includes('?')).toBe(test.opType === 'NonZero'); // whose size is in its data
    });
  });
});

describe('folded constants are what onnxruntime computes', () => {
  const folds =
    /^(Acos|Asin|Atan|Tan|Elu|Selu|Erf|Gelu|.*Softmax|Hard.*|Lp.*|.*Normalization|Mish|Clip|.*Pool|Conv|Gemm|.*MatMul|com.*|Pad|TopK|.*Loss|Einsum|OneHot|NonZero|Resize|Attention|Scatter.*|Gather.+|PRelu|Soft.*|LeakyRelu|Thresh.*|CumSum|ArgMin|CastLike|Dropout|IsInf|Round|Sum|Mean|Bitwise.*|Reduce(L1|L2|LogSum|LogSumExp|SumSquare))$/;
  const foldable = named.filter(([, { opType }]) => !folds.test(opType));
  test('most of shape arithmetic is folded', () => expect(foldable.length).toBeGreaterThan(60));

  test.each(foldable)('%s', async (_, test) => {
    const model = modelOf(test, () => true);
    const { initializers } = foldConstants(graphFromModel(model));
    const results = await run(test, model);
    results.forEach((result, i) => {
      const folded = initializers.get(`y${i}/constant`)!;
      expect([folded.dtype, folded.dims]).toEqual([result.type, result.dims]);
      const numbers = (data: ElementArrays[ElementType]): number[] =>
        Array.from(data as ArrayLike<number>, Number);
      const [got, want] = [numbers(folded.data), numbers(result.data as Float32Array)];
      got.forEach((value, j) => expect(value).toBeCloseTo(want[j]!, 5));
      expect(got).toHaveLength(want.length);
    });
  });
});

test('every operator with a rule has a case', () => {
  expect([...new Set(cases.map(({ opType }) => opType))].sort()).toEqual(
    Object.keys(typeRules).sort(),
  );
});
