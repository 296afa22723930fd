import {
  attentionSites,
  GraphBuilder,
  graphFromModel,
  inferTypes,
  modelFromGraph,
  printGraph,
  recognize,
  removeDeadCode,
  shareCommon,
  simplify,
  upgradeOpset,
  weightsOf,
  writeModel,
  type FoldOptions,
  type OnnxGraph,
  type OnnxTensor,
  type TypeRules,
} from '@cl/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';

type Build = (g: GraphBuilder, x: string) => string;

function float(value: number, dims: readonly number[] = []): OnnxTensor {
  const size = dims.reduce((product, dim) => product * dim, 1);
  return { dtype: 'float32', dims, data: new Float32Array(size).fill(value) };
}
function ints(...values: readonly number[]): OnnxTensor {
  return { dtype: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) };
}
function vector(...values: readonly number[]): OnnxTensor {
  return { dtype: 'float32', dims: [values.length], data: Float32Array.from(values) };
}

let made = 0;
const constant = (g: GraphBuilder, tensor: OnnxTensor): string =>
  g.initializer(`c${made++}`, tensor);

/** A graph float32[2, 3, 4] → y. */
function graphOf(build: Build, opset = 21, type: 'float32' | 'float64' = 'float32'): OnnxGraph {
  made = 0;
  const g = new GraphBuilder({ opset, domains: { 'com.microsoft': 1 } });
  const x = g.input('x', type, ['batch', 3, 4]);
  const result = build(g, x);
  g.output(g.node('Identity', [result], {}, { outputs: ['y'] }), type, ['?', '?', '?']);
  return graphFromModel(g.build());
}

const inputDims = { x: [2, 3, 4] };

/** The nodes of the simplified graph, without types. */
function simplified(build: Build, options: FoldOptions & { opset?: number } = {}): string[] {
  const graph = simplify(graphOf(build, options.opset), { inputDims, ...options });
  return printGraph(graph)
    .split('\n')
    .filter((line) => line.includes(' = '))
    .map((line) => line.replace(/ {2}#.*/, ''));
}

/** Builds that are compared with their simple form on onnxruntime, at the end. */
const builds: [string, Build][] = [];

const norm = (g: GraphBuilder, x: string, square: 'Pow' | 'Mul', invert: string): string => {
  const mean = g.node('ReduceMean', [x, constant(g, ints(-1))]);
  const d = g.node('Sub', [x, mean]);
  const d2 = square === 'Mul' ? g.node('Mul', [d, d]) : g.node('Pow', [d, constant(g, float(2))]);
  const variance = g.node('ReduceMean', [d2, constant(g, ints(-1))]);
  const v = g.node('Add', [constant(g, float(1e-6)), variance]);
  if (invert === 'Pow') return g.node('Mul', [d, g.node('Pow', [v, constant(g, float(-0.5))])]);
  const root = g.node('Sqrt', [v]);
  if (invert === 'Div') return g.node('Div', [d, root]);
  if (invert === 'Reciprocal') return g.node('Mul', [g.node('Reciprocal', [root]), d]);
  return g.node('Mul', [d, g.node('Div', [constant(g, float(1)), root])]); // 1 / √v
};
const gain = vector(1, 2, 3, 4);
const shift = vector(5, 6, 7, 8);

describe('LayerNorm is recognised', () => {
  const spellings = [
    ['Pow', 'Div'],
    ['Mul', 'Div'],
    ['Pow', 'Reciprocal'],
    ['Mul', 'one over'],
    ['Pow', 'Pow'],
  ] as const;
  const build =
    (square: 'Pow' | 'Mul', invert: string): Build =>
    (g, x) => {
      const scaled = g.node('Mul', [constant(g, gain), norm(g, x, square, invert)]);
      return g.node('Add', [scaled, constant(g, shift)]);
    };
  for (const [square, invert] of spellings) builds.push([`norm ${invert}`, build(square, invert)]);

  test.each(spellings)('with %s for the square and %s for the division', (square, invert) => {
    expect(simplified(build(square, invert))).toEqual([
      'y = LayerNormalization{axis: -1, epsilon: 0.000001}(x, [1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0])',
    ]);
  });

  test('without gain and shift: the gain is one', () => {
    expect(simplified((g, x) => norm(g, x, 'Pow', 'Div'))).toEqual([
      'y = LayerNormalization{axis: -1, epsilon: 0.000001}(x, [1.0, 1.0, 1.0, 1.0])',
    ]);
  });

  test('when x − E[x] is computed twice', () => {
    const nodes = simplified((g, x) => {
      const centre = (): string =>
        g.node('Sub', [x, g.node('ReduceMean', [x, constant(g, ints(2))])]);
      const square = g.node('Pow', [centre(), constant(g, float(2))]);
      const variance = g.node('ReduceMean', [square, constant(g, ints(2))]);
      const v = g.node('Add', [variance, constant(g, float(1e-6))]);
      return g.node('Div', [centre(), g.node('Sqrt', [v])]);
    });
    expect(nodes).toHaveLength(1);
    expect(nodes[0]).toContain('LayerNormalization');
  });

  test('only over the last axes, and only around its own mean', () => {
    const spell =
      (axes: readonly number[], centre: (g: GraphBuilder, x: string) => string): Build =>
      (g, x) => {
        const mean = g.node('ReduceMean', [centre(g, x), constant(g, ints(...axes))]);
        const d = g.node('Sub', [x, mean]);
        const square = g.node('Pow', [d, constant(g, float(2))]);
        const variance = g.node('ReduceMean', [square, constant(g, ints(...axes))]);
        const v = g.node('Add', [variance, constant(g, float(1e-6))]);
        return g.node('Div', [d, g.node('Sqrt', [v])]);
      };
    const self = (_: GraphBuilder, x: string): string => x;
    expect(simplified(spell([1, 2], self))[0]).toContain('LayerNormalization{axis: -2');
    expect(simplified(spell([1], self)).join()).not.toContain('LayerNormalization');
    const other = (g: GraphBuilder, x: string): string => g.node('Exp', [x]);
    expect(simplified(spell([2], other)).join()).not.toContain('LayerNormalization');
  });
});

describe('GELU is recognised', () => {
  const half = (g: GraphBuilder): string => constant(g, float(0.5));
  const one = (g: GraphBuilder): string => constant(g, float(1));
  const erf = (g: GraphBuilder, x: string): string => {
    const scaled = g.node('Div', [x, constant(g, float(Math.SQRT2))]);
    return g.node('Add', [g.node('Erf', [scaled]), one(g)]);
  };
  const cube = (g: GraphBuilder, x: string): string => {
    const x3 = g.node('Pow', [x, constant(g, float(3))]);
    const term = g.node('Mul', [constant(g, float(0.044715)), x3]);
    return g.node('Add', [x, term]);
  };
  const tanh = (g: GraphBuilder, inner: string): string =>
    g.node('Add', [one(g), g.node('Tanh', [inner])]);
  const root = Math.sqrt(2 / Math.PI);

  const spellings: readonly [string, Build, string][] = [
    [
      'x · (1 + erf) · ½',
      (g, x) => g.node('Mul', [g.node('Mul', [x, erf(g, x)]), half(g)]),
      'none',
    ],
    [
      'x · (½ · (1 + erf))',
      (g, x) => g.node('Mul', [x, g.node('Mul', [half(g), erf(g, x)])]),
      'none',
    ],
    [
      '(½ · x) · (1 + erf)',
      (g, x) => g.node('Mul', [g.node('Mul', [x, half(g)]), erf(g, x)]),
      'none',
    ],
    [
      'x · (1 + erf) / 2',
      (g, x) => g.node('Div', [g.node('Mul', [x, erf(g, x)]), constant(g, float(2))]),
      'none',
    ],
    [
      'tanh with x³',
      (g, x) => {
        const inner = g.node('Mul', [constant(g, float(root)), cube(g, x)]);
        return g.node('Mul', [g.node('Mul', [half(g), x]), tanh(g, inner)]);
      },
      'tanh',
    ],
    [
      'tanh with x · (1 + 0.044715 x²)',
      (g, x) => {
        const square = g.node('Mul', [g.node('Mul', [x, constant(g, float(0.044715))]), x]);
        const factor = g.node('Add', [one(g), square]);
        const inner = g.node('Mul', [g.node('Mul', [x, constant(g, float(root))]), factor]);
        return g.node('Mul', [half(g), g.node('Mul', [x, tanh(g, inner)])]);
      },
      'tanh',
    ],
  ];
  for (const [name, build] of spellings) builds.push([name, build]);
  test.each(spellings)('%s', (_, build, approximate) => {
    expect(simplified(build)).toEqual([`y = Gelu{approximate: '${approximate}'}(x)`]);
  });

  test('x · sigmoid(1.702 x), and other factors', () => {
    const quick =
      (alpha: number): Build =>
      (g, x) =>
        g.node('Mul', [g.node('Sigmoid', [g.node('Mul', [constant(g, float(alpha)), x])]), x]);
    expect(simplified(quick(1.702))).toEqual(['y = com.microsoft.QuickGelu{alpha: 1.702}(x)']);
    expect(simplified((g, x) => g.node('Mul', [x, g.node('Sigmoid', [x])]))).toEqual([
      'y = com.microsoft.QuickGelu{alpha: 1.0}(x)',
    ]);
  });

  test('nothing that only looks alike', () => {
    const others: readonly Build[] = [
      (g, x) => g.node('Mul', [x, erf(g, x)]), // no ½
      (g, x) => g.node('Mul', [g.node('Mul', [x, half(g)]), erf(g, g.node('Abs', [x]))]),
      (g, x) => {
        const inner = g.node('Mul', [constant(g, float(0.7)), cube(g, x)]); // not √(2/π)
        return g.node('Mul', [g.node('Mul', [half(g), x]), tanh(g, inner)]);
      },
      (g, x) => g.node('Mul', [g.node('Abs', [x]), g.node('Sigmoid', [x])]),
    ];
    for (const build of others) expect(simplified(build).join()).not.toContain('Gelu');
  });
});

test('double precision: LayerNorm is recognised, and QuickGelu is not, which has no kernel', () => {
  const double = (value: number): OnnxTensor => ({
    dtype: 'float64',
    dims: [],
    data: Float64Array.of(value),
  });
  const build: Build = (g, x) => {
    const mean = g.node('ReduceMean', [x, constant(g, ints(-1))]);
    const d = g.node('Sub', [x, mean]);
    const variance = g.node('ReduceMean', [g.node('Mul', [d, d]), constant(g, ints(-1))]);
    const v = g.node('Add', [variance, constant(g, double(1e-6))]);
    const n = g.node('Div', [d, g.node('Sqrt', [v])]);
    return g.node('Mul', [n, g.node('Sigmoid', [n])]);
  };
  const graph = simplify(graphOf(build, 21, 'float64'), { inputDims });
  expect(graph.nodes.map(({ opType }) => opType)).toEqual(['LayerNormalization', 'Sigmoid', 'Mul']);
  expect(graph.types.get('y')).toEqual({ elementType: 'float64', dims: [2, 3, 4] });
});

describe('detours are taken out', () => {
  const zero = (g: GraphBuilder): string => constant(g, float(0));
  const cases: readonly [string, Build, readonly string[]][] = [
    ['x + 0', (g, x) => g.node('Neg', [g.node('Add', [x, zero(g)])]), ['y = Neg(x)']],
    [
      '1 · x / 1',
      (g, x) =>
        g.node('Neg', [
          g.node('Div', [g.node('Mul', [constant(g, float(1)), x]), constant(g, float(1))]),
        ]),
      ['y = Neg(x)'],
    ],
    ['Dropout', (g, x) => g.node('Neg', [g.node('Dropout', [x])]), ['y = Neg(x)']],
    [
      'a Cast to the same type',
      (g, x) => g.node('Neg', [g.node('Cast', [x], { to: 1n })]),
      ['y = Neg(x)'],
    ],
    [
      'two Transposes',
      (g, x) => {
        const t = g.node('Transpose', [x], { perm: [0n, 2n, 1n] });
        return g.node(
          'Transpose',
          [g.node('Abs', [g.node('Transpose', [t], { perm: [2n, 1n, 0n] })])],
          { perm: [0n, 1n, 2n] },
        );
      },
      ['Transpose_1_out = Transpose{perm: [1, 2, 0]}(x)', 'y = Abs(Transpose_1_out)'],
    ],
    [
      'Unsqueeze, Squeeze, Flatten and Reshape in a row',
      (g, x) => {
        const u = g.node('Unsqueeze', [x, constant(g, ints(0))]);
        const f = g.node('Flatten', [g.node('Squeeze', [u, constant(g, ints(0))])]);
        return g.node('Reshape', [f, constant(g, ints(0, 4, -1))]);
      },
      ['y = Reshape(x, [2, 4, 3])'],
    ],
    [
      'a Resize to the size that it has',
      (g, x) => {
        const sizes = constant(g, ints(1, 2, 3, 4));
        const image = g.node('Unsqueeze', [x, constant(g, ints(0))]);
        const resized = g.node('Resize', [image, '', '', sizes], { mode: 'cubic' });
        return g.node('Neg', [g.node('Reshape', [resized, constant(g, ints(2, 3, 4))])]);
      },
      ['y = Neg(x)'],
    ],
    [
      'a constant that repeats itself',
      (g, x) => g.node('Mul', [x, constant(g, float(3, [2, 3, 4]))]),
      ['y = Mul(x, float32[1, 1, 1](3.0))'],
    ],
    [
      'an Expand before what stretches anyway',
      (g, x) => {
        const part = g.node('ReduceSum', [x, constant(g, ints(1))]);
        return g.node('Add', [x, g.node('Expand', [part, constant(g, ints(2, 3, 4))])]);
      },
      ['ReduceSum_0_out = ReduceSum(x, [1])', 'y = Add(x, ReduceSum_0_out)'],
    ],
    [
      'the same computed twice',
      (g, x) => g.node('Mul', [g.node('Exp', [x]), g.node('Exp', [x])]),
      ['Exp_0_out = Exp(x)', 'y = Mul(Exp_0_out, Exp_0_out)'],
    ],
  ];
  for (const [name, build] of cases) builds.push([name, build]);
  test.each(cases)('%s', (_, build, expected) => {
    expect(simplified(build)).toEqual(expected);
  });

  test('but not those that stretch: x + 0 of a larger size stays', () => {
    const nodes = simplified((g, x) => {
      const row = g.node('ReduceSum', [x, constant(g, ints(1))]);
      return g.node('Add', [row, constant(g, float(0, [2, 3, 4]))]);
    });
    expect(nodes.join()).toContain('Add(');
  });
});

test("torch's guard against NaN goes where no row is masked whole, and stays where one may be", () => {
  const attend =
    (mask: (g: GraphBuilder, x: string) => string): Build =>
    (g, x) => {
      const keys = g.node('Transpose', [x], { perm: [0n, 2n, 1n] });
      const scores = g.node('Add', [g.node('MatMul', [x, keys]), mask(g, x)]);
      const p = g.node('Softmax', [scores], { axis: -1n });
      const zero = constant(g, float(0));
      return g.node('MatMul', [g.node('Where', [g.node('IsNaN', [p]), zero, p]), x]);
    };
  const causal = vector(0, -Infinity, -Infinity, 0, 0, -Infinity, 0, 0, 0);
  const open = attend((g) => constant(g, { ...causal, dims: [3, 3] }));
  expect(simplified(open).join()).not.toContain('IsNaN');
  const shut = attend((g) => constant(g, float(-Infinity, [3, 3])));
  expect(simplified(shut).join()).toContain('IsNaN');
  const unknown = attend((g, x) => g.node('ReduceMean', [x, constant(g, ints(2))]));
  expect(simplified(unknown).join()).toContain('IsNaN');
});

test('what depends on parameters is not folded', () => {
  const build: Build = (g, x) => {
    const token = g.initializer('token', float(7, [1, 1, 4]));
    const rows = g.node('Expand', [token, constant(g, ints(2, 1, 4))]);
    return g.node('Concat', [rows, x], { axis: 1n });
  };
  expect(simplified(build)).toHaveLength(1);
  expect(simplified(build, { parameters: ['token'] })).toEqual([
    'Expand_0_out = Expand(float32[1, 1, 4](7.0, 7.0, 7.0, 7.0), [2, 1, 4])',
    'y = Concat{axis: 1}(Expand_0_out, x)',
  ]);
});

test('weights that are equal now stay apart, and idle ones stay when they are parameters', () => {
  const graph = graphOf((g, x) => {
    const a = g.node('Mul', [x, g.initializer('a', gain)]);
    const b = g.node('Mul', [a, g.initializer('b', gain)]);
    return g.node('Add', [b, g.initializer('zeros', float(0, [4]))]);
  });
  const weights = (options: FoldOptions): string[] => [
    ...simplify(graph, { inputDims, ...options }).initializers.keys(),
  ];
  expect(weightsOf(graph)).toEqual(['a', 'b', 'zeros']);
  expect(weights({})).toEqual(['a', 'b']);
  expect(weights({ parameters: weightsOf(graph) })).toEqual(['a', 'b', 'zeros']);
});

test('the weights behind a value are those on its way to the outputs', () => {
  const graph = graphOf((g, x) => {
    const a = g.node('Mul', [x, g.initializer('a', gain)]);
    const aside = g.node('Mul', [x, g.initializer('aside', gain)]);
    const b = g.node('Mul', [a, g.initializer('b', gain)]);
    return g.node('Add', [g.node('Add', [b, g.initializer('c', gain)]), aside]);
  });
  const value = graph.nodes.find(({ inputs }) => inputs.includes('a'))!.outputs[0]!;
  expect(weightsOf(graph, value)).toEqual(['b', 'c']);
  expect(weightsOf(graph, 'aside')).toEqual(['aside']);
  expect(() => weightsOf(graph, 'block.7')).toThrow(
    expect.objectContaining({
      code: 'NOT_FOUND',
      message: expect.stringContaining('weightsOf: no node reads "block.7", expected a value'),
    }),
  );
});

test('an output that is constant stays an output', () => {
  const graph = simplify(
    graphOf((g, x) => g.node('Cast', [g.node('Shape', [x])], { to: 1n })),
    {
      inputDims,
    },
  );
  expect(printGraph(graph)).toContain('y = Identity([2.0, 3.0, 4.0])  # float32[3]');
});

test('simplify leaves its argument alone and a simple graph as it is', () => {
  const graph = graphOf((g, x) => g.node('Mul', [norm(g, x, 'Pow', 'Div'), constant(g, gain)]));
  const before = printGraph(graph);
  const once = simplify(graph, { inputDims });
  expect(printGraph(graph)).toBe(before);
  expect(printGraph(simplify(once, { inputDims }))).toBe(printGraph(once));
});

test('recognize alone changes nothing but its patterns', () => {
  const graph = inferTypes(
    graphOf((g, x) => g.node('Add', [norm(g, x, 'Pow', 'Div'), g.node('Dropout', [x])])),
    { inputDims },
  );
  expect(
    recognize(graph)
      .nodes.map(({ opType }) => opType)
      .sort(),
  ).toEqual(['Add', 'Dropout', 'Identity', 'LayerNormalization']);
});

test('old forms become those of opset 21', () => {
  const build: Build = (g, x) => {
    const [a, b] = [g.node('Softmax', [x], { axis: 1n }), g.node('ReduceSum', [x], { axes: [1n] })];
    return g.node('Mul', [g.node('Softmax', [a], { axis: 2n }), b]);
  };
  const graph = upgradeOpset(inferTypes(graphOf(build, 11), { inputDims }));
  const text = printGraph(graph).replaceAll(/ {2}#.*/g, '');
  expect(graph.opset).toBe(21);
  expect(text).toContain('ReduceSum_1_out = ReduceSum(x, [1])');
  // Softmax over axes 1 and 2 at once, as opset 11 means it.
  expect(text).toMatch(/Reshape\(x, \[2, -1\]\)[^]*Softmax\{axis: -1\}[^]*, \[2, 3, 4\]\)/);
});

test('a Pad that shifts is no detour, though the size stays', () => {
  const shift: Build = (g, x) => g.node('Pad', [x, constant(g, ints(0, 0, 1, 0, 0, -1))]);
  expect(simplified(shift)).toEqual(['y = Pad(x, [0, 0, 1, 0, 0, -1])']);
});

test('arithmetic that has no answer in integers is left to the runtime', () => {
  const of =
    (opType: string, a: number, b: number): Build =>
    (g) =>
      g.node(opType, [constant(g, ints(a)), constant(g, ints(b))]);
  expect(simplified(of('Div', 7, 2))).toEqual(['y = Identity([3])']);
  expect(simplified(of('Div', 7, 0))).toEqual(['y = Div([7], [0])']);
  expect(simplified(of('Mod', 7, 0))).toEqual(['y = Mod([7], [0])']);
  expect(simplified(of('Pow', 2, -1))).toEqual(['y = Pow([2], [-1])']);
});

test('the sizes of an old Split become its input; without sizes it says how many parts', () => {
  const build: Build = (g, x) => {
    const split = (options: object, outputs: readonly string[]): string =>
      g.node('Split', [x], { axis: 2n, ...options }, { outputs });
    split({ split: [1n, 3n] }, ['a', 'b']);
    split({}, ['c', 'd']);
    const joined = g.node('Concat', ['b', 'a', 'd', 'c'], { axis: 2n });
    return g.node('Dropout', [joined], { ratio: 0.1 });
  };
  const graph = graphOf(build, 11);
  const text = printGraph(upgradeOpset(inferTypes(graph, { inputDims })));
  expect(text).toContain('a, b = Split{axis: 2}(x, [1, 3])  # float32[2, 3, 1], float32[2, 3, 3]');
  expect(text).toContain(
    'c, d = Split{axis: 2, num_outputs: 2}(x)  # float32[2, 3, 2], float32[2, 3, 2]',
  );
  expect(text).toContain('Dropout(');
});

test('dead code goes, and so do constants and outputs that nobody reads', () => {
  const graph = graphOf((g, x) => {
    g.node('Exp', [x]);
    g.initializer('unused', float(1));
    const [a, b] = [constant(g, gain), constant(g, shift)];
    g.node('LayerNormalization', [x, a, b], {}, { outputs: ['n', 'mean', 'inverse'] });
    return 'n';
  });
  const clean = removeDeadCode(graph);
  expect(clean.nodes.map(({ outputs }) => outputs)).toEqual([['n'], ['y']]);
  expect([...clean.initializers.keys()]).toEqual(['c0', 'c1']);
  expect(shareCommon(clean)).toBe(clean);
});

/** Attention over merged heads [N·H, T, d], as CLIP was exported until 2024; here N = 2, H = 2, T = 3, d = 2. */
test('attention over merged heads is found, with its mask', () => {
  const graph = simplify(
    graphOf((g, x) => {
      const heads = (value: string): string => {
        const split = g.node('Reshape', [value, constant(g, ints(2, 3, 2, 2))]);
        const moved = g.node('Transpose', [split], { perm: [0n, 2n, 1n, 3n] });
        return g.node('Reshape', [moved, constant(g, ints(4, 3, 2))]);
      };
      const q = heads(g.node('Mul', [g.node('Sin', [x]), constant(g, float(0.5))]));
      const k = g.node('Transpose', [heads(g.node('Cos', [x]))], { perm: [0n, 2n, 1n] });
      const scores = g.node('Reshape', [g.node('MatMul', [q, k]), constant(g, ints(2, 2, 3, 3))]);
      const causal = vector(0, -1e4, -1e4, 0, 0, -1e4, 0, 0, 0);
      const mask = g.initializer('mask', { ...causal, dims: [1, 1, 3, 3] });
      const masked = g.node('Reshape', [g.node('Add', [scores, mask]), constant(g, ints(4, 3, 3))]);
      const p = g.node('Softmax', [masked], { axis: -1n });
      const out = g.node('MatMul', [p, heads(x)]);
      const split = g.node('Reshape', [out, constant(g, ints(2, 2, 3, 2))]);
      const moved = g.node('Transpose', [split], { perm: [0n, 2n, 1n, 3n] });
      return g.node('Tanh', [g.node('Reshape', [moved, constant(g, ints(2, 3, 4))])]);
    }),
    { inputDims },
  );
  const [site, ...others] = attentionSites(graph);
  expect(others).toEqual([]);
  expect(site).toMatchObject({ heads: 2, headDim: 2, queries: 3, keys: 3, mask: 'mask' });
  expect(graph.types.get(site!.key)!.dims[site!.keyAxis]).toBe(3);
  expect(graph.types.get(site!.output!)!.dims).toEqual([2, 3, 4]);
});

test('a classifier’s Softmax is no attention', () => {
  const graph = simplify(
    graphOf((g, x) => g.node('Softmax', [x])),
    { inputDims },
  );
  expect(attentionSites(graph)).toEqual([]);
});

describe('simple and original graphs compute the same', () => {
  const x = Float32Array.from({ length: 24 }, (_, i) => 3 * Math.sin(i * 1.7));
  const run = async (graph: OnnxGraph): Promise<Tensor> => {
    const session = await InferenceSession.create(writeModel(modelFromGraph(graph)), {
      graphOptimizationLevel: 'disabled',
    });
    return (await session.run({ x: new Tensor('float32', x, [2, 3, 4]) }))['y']!;
  };
  test('in each case above', async () => {
    expect(builds).toHaveLength(21); // 5 norms, 6 GELUs, 10 detours
    for (const [name, build] of builds) {
      const graph = graphOf(build);
      const [want, got] = [await run(graph), await run(simplify(graph, { inputDims }))];
      expect([name, got.dims]).toEqual([name, want.dims]);
      const [a, b] = [want.data as Float32Array, got.data as Float32Array];
      const apart = a.reduce((max, value, i) => Math.max(max, Math.abs(value - b[i]!)), 0);
      expect([name, apart < 1e-5]).toEqual([name, true]);
    }
  });
});

describe('bad input is refused in words', () => {
  const refusals: readonly [string, () => unknown, string, RegExp][] = [
    [
      'an operator without a rule',
      () => simplified((g, x) => g.node('GridSample', [x], {}, { name: '/warp/GridSample' })),
      'NOT_SUPPORTED',
      /no rule for node "\/warp\/GridSample" \(GridSample\) at opset 21.*options\.rules/,
    ],
    [
      'sizes that the model does not declare',
      () => simplified((_, x) => x, { inputDims: { x: [2, 3, 5] } }),
      'SHAPE_MISMATCH',
      /give "x" \[2, 3, 5\], expected \[batch, 3, 4\]/,
    ],
    [
      'sizes of an input that does not exist',
      () => simplified((_, x) => x, { inputDims: { z: [1] } }),
      'INVALID_OPTION',
      /name "z", expected inputs of the model: x/,
    ],
    [
      'a parameter that does not exist',
      () => simplified((_, x) => x, { parameters: ['bias'] }),
      'INVALID_OPTION',
      /parameters name "bias", expected initializers/,
    ],
    [
      'a graph that is too old',
      () => simplified((g, x) => g.node('Neg', [x]), { opset: 9 }),
      'NOT_SUPPORTED',
      /opset 9, expected 11 or later/,
    ],
    [
      'an old Softmax over several axes of unknown size',
      () => simplify(graphOf((g, x) => g.node('Softmax', [x], { axis: 1n }, { name: 'p' }), 11)),
      'INVALID_MODEL',
      /node "p" \(Softmax\) works on several axes.*inputDims/,
    ],
    [
      'matrices that do not fit',
      () => simplified((g, x) => g.node('MatMul', [x, constant(g, float(1, [5, 2]))])),
      'SHAPE_MISMATCH',
      /\(MatMul\) gets \[2, 3, 4\] times \[5, 2\]/,
    ],
    [
      'sums that do not broadcast, as with an image of another size',
      () => simplified((g, x) => g.node('Add', [x, constant(g, float(1, [1, 5, 4]))])),
      'SHAPE_MISMATCH',
      /\(Add\) gets \[2, 3, 4\] and \[1, 5, 4\].*made for one size/,
    ],
    [
      'a Reshape to another number of elements',
      () => simplified((g, x) => g.node('Reshape', [x, constant(g, ints(5, 5))])),
      'SHAPE_MISMATCH',
      /\(Reshape\) gets \[2, 3, 4\], which has not the size of \[5, 5\]/,
    ],
    [
      'an index beyond the end',
      () => simplified((g) => g.node('Gather', [constant(g, gain), constant(g, ints(9))])),
      'INVALID_MODEL',
      /gathers index 9 of 4/,
    ],
  ];
  test.each(refusals)('%s', (_, act, code, message) => {
    expect(act).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });

  test('a rule that is passed in serves', () => {
    const graph = graphOf((g, x) => g.node('GridSample', [x]));
    const rules: TypeRules = { GridSample: (n) => [n.type(0)] };
    expect(inferTypes(graph, { inputDims, rules }).types.get('y')!.dims).toEqual([2, 3, 4]);
  });
});
