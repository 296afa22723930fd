import { GraphBuilder, readModel, readTensor, writeModel, type ElementType } from '@cl/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';

/** y = a·bᵀ/2 + c, sizes known when it runs. */
function gemm(dtype: ElementType) {
  const graph = new GraphBuilder({ name: 'gemm' });
  const a = graph.input('a', dtype, ['m', 'k']);
  const b = graph.input('b', dtype, ['n', 'k']);
  const data = dtype === 'float64' ? Float64Array.of(10, 20) : Float32Array.of(10, 20);
  const c = graph.initializer('c', { dtype, dims: [2], data } as never);
  graph.output(graph.node('Gemm', [a, b, c], { transB: 1n, alpha: 0.5 }), dtype, ['m', 'n']);
  return graph.build();
}

describe('a built model', () => {
  test('runs on onnxruntime in float64, sizes chosen at run time', async () => {
    const session = await InferenceSession.create(writeModel(gemm('float64')));
    const a = new Tensor('float64', Float64Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
    const b = new Tensor('float64', Float64Array.of(1, 1, 1, 1, 0, -1), [2, 3]);
    const y = (await session.run({ a, b }))['Gemm_0_out']!;
    // Rows of a summed: 6 and 15; first minus third: −2 and −2; halved, plus 10 and 20.
    expect([...(y.data as Float64Array)]).toEqual([13, 19, 17.5, 19]);
    expect(y.dims).toEqual([2, 2]);
    await session.release();
  });

  test('carries integer lists, tensors, strings and a second domain to their operators', async () => {
    const graph = new GraphBuilder({ domains: { 'com.microsoft': 1 } });
    const x = graph.input('x', 'float32', [2, 2]);
    const shape = graph.node('Constant', [], {
      value: { dtype: 'int64', dims: [1], data: BigInt64Array.of(4n) },
    });
    const turned = graph.node('Transpose', [x], { perm: [1n, 0n] });
    const squared = graph.node(
      'FusedMatMul',
      [turned, x],
      { alpha: 2 },
      { domain: 'com.microsoft' },
    );
    const einsum = graph.node('Einsum', [squared], { equation: 'ij->ji' });
    graph.output(graph.node('Reshape', [einsum, shape]), 'float32', [4]);
    const session = await InferenceSession.create(writeModel(graph.build()));
    const result = await session.run({ x: new Tensor('float32', [1, 2, 3, 4], [2, 2]) });
    // 2·xᵀx = 2·[[10, 14], [14, 20]]
    expect([...(Object.values(result)[0]!.data as Float32Array)]).toEqual([20, 28, 28, 40]);
    await session.release();
  });

  test('can hold a graph as an attribute', async () => {
    const branch = (value: number) => {
      const inner = new GraphBuilder({ name: `branch_${value}` });
      const data = Float32Array.of(value);
      const constant = inner.initializer(`c${value}`, { dtype: 'float32', dims: [1], data });
      inner.output(inner.node('Neg', [constant], {}, { name: `neg${value}` }), 'float32', [1]);
      return inner.graph();
    };
    const graph = new GraphBuilder();
    const flag = graph.input('flag', 'bool', []);
    graph.output(
      graph.node('If', [flag], { then_branch: branch(1), else_branch: branch(2) }),
      'float32',
      [1],
    );
    const session = await InferenceSession.create(writeModel(graph.build()));
    const run = async (value: boolean) =>
      Object.values(await session.run({ flag: new Tensor('bool', [value], []) }))[0]!.data[0];
    expect([await run(true), await run(false)]).toEqual([-1, -2]);
    await session.release();
  });

  test('is a value that later calls of its builder do not change', () => {
    const graph = new GraphBuilder();
    const x = graph.input('x', 'float32', ['n']);
    graph.output(graph.node('Neg', [x]), 'float32', ['n']);
    const model = graph.build();
    const before = writeModel(model);
    graph.output(graph.node('Abs', [x]), 'float32', ['n']);
    expect(writeModel(model)).toEqual(before);
  });

  test('keeps operator set, sizes and weights through its bytes', () => {
    const model = readModel(writeModel(gemm('float32')));
    expect(model.opsetImport.map(({ domain, version }) => [domain, version])).toEqual([['', 21n]]);
    expect(readTensor(model.graph!.initializer[0]!)).toEqual({
      dtype: 'float32',
      dims: [2],
      data: Float32Array.of(10, 20),
    });
    const shape = model.graph!.input[0]!.type!.value;
    expect(shape.case === 'tensorType' && shape.value.shape!.dim.map((d) => d.value.value)).toEqual(
      ['m', 'k'],
    );
  });
});

describe('the builder refuses', () => {
  const cases: [string, (graph: GraphBuilder) => unknown, string, RegExp][] = [
    [
      'a name that is taken',
      (g) => [g.input('x', 'float32', [1]), g.input('x', 'float32', [1])],
      'INVALID_MODEL',
      /value "x" exists already/,
    ],
    [
      'a node that reads what nothing produces',
      (g) => g.node('Neg', ['y']),
      'INVALID_MODEL',
      /node "Neg_0" reads "y", which nothing produces/,
    ],
    [
      'an output that nothing produces',
      (g) => g.output('z', 'float32', []),
      'INVALID_MODEL',
      /"z"/,
    ],
    ['a graph without outputs', (g) => g.build(), 'INVALID_MODEL', /no output\. Call output\(\)/],
    [
      'an operator domain without a version',
      (g) => g.node('Gelu', [g.input('x', 'float32', [1])], {}, { domain: 'com.microsoft' }),
      'INVALID_MODEL',
      /domains: \{ 'com\.microsoft': 1 \}/,
    ],
    [
      'a tensor whose dims contradict its length',
      (g) => g.initializer('w', { dtype: 'float32', dims: [2, 3], data: new Float32Array(5) }),
      'SHAPE_MISMATCH',
      /"w": holds 5 elements, expected 6 for dims \[2, 3\]/,
    ],
    [
      'an empty attribute list, which has no type',
      (g) => g.node('Transpose', [g.input('x', 'float32', [1])], { perm: [] }),
      'INVALID_DATA',
      /attribute "perm": is an empty or a mixed list/,
    ],
  ];
  test.each(cases)('%s', (_, build, code, message) => {
    expect(() => build(new GraphBuilder())).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  test('a refused node and leaves the graph as it was', () => {
    const graph = new GraphBuilder();
    const x = graph.input('x', 'float32', [1]);
    expect(() => graph.node('Sum', [x, 'missing'], {}, { outputs: ['y'] })).toThrow(/missing/);
    graph.output(graph.node('Neg', [x], {}, { outputs: ['y'] }), 'float32', [1]);
    expect(graph.build().graph!.node.map((node) => node.opType)).toEqual(['Neg']);
  });
});
