import { GraphBuilder, graphFromModel, rewriteForAnyBatch, type OnnxGraph } from '@cl/onnx';
import { expect, test } from 'vitest';

const input = { name: 'x', dims: [6] };

/** x [n, 6] in halves [n, 2, 3], as exporters write it: the sizes are computed from the shape of x. */
function halves(): OnnxGraph {
  const g = new GraphBuilder({ opset: 17 });
  const int = (name: string, ...values: number[]): string =>
    g.initializer(name, {
      dtype: 'int64',
      dims: [values.length],
      data: BigInt64Array.from(values, BigInt),
    });
  const x = g.node('Neg', [g.input('x', 'float32', ['n', 'd'])]);
  const shape = g.node('Shape', [x]);
  const rows = g.node('Slice', [shape, int('zero', 0), int('one', 1)]);
  const width = g.node('Slice', [shape, 'one', int('two', 2)]);
  const sizes = g.node('Concat', [rows, 'two', g.node('Div', [width, 'two'])], { axis: 0n });
  g.output(g.node('Reshape', [x, sizes], {}, { outputs: ['y'] }), 'float32', ['n', 2, 3]);
  return graphFromModel(g.build());
}

/** Writes Exp after the first node. */
function withExp(graph: OnnxGraph): OnnxGraph {
  const [neg, ...rest] = graph.nodes;
  const [before, after] = ['before', neg!.outputs[0]!];
  const exp = { ...neg!, opType: 'Exp', name: 'exp', inputs: [before], outputs: [after] };
  return { ...graph, nodes: [{ ...neg!, outputs: [before] }, exp, ...rest] };
}

test('a rewriting sees sizes as numbers, and its result holds for any number of rows', () => {
  const seen: unknown[] = [];
  const result = rewriteForAnyBatch(halves(), input, (graph) => {
    seen.push(graph.types.get('y')!.dims);
    return withExp(graph);
  })!;
  expect(seen).toEqual([
    [2, 2, 3],
    [3, 2, 3],
  ]);
  expect(result.nodes.map(({ opType }) => opType)).toEqual(['Neg', 'Exp', 'Reshape']);
  const shape = result.nodes.at(-1)!.inputs[1]!;
  expect([...result.initializers.get(shape)!.data]).toEqual([-1n, 2n, 3n]);
  expect(result.inputs).toEqual([{ name: 'x', elementType: 'float32', dims: ['batch', 6] }]);
  expect(result.types.get('y')!.dims).toEqual(['batch', 2, 3]);
});

test('nothing to do, or a result for some sizes only, is no result', () => {
  expect(rewriteForAnyBatch(halves(), input, (graph) => graph)).toBe(undefined);
  const rowsOf = (graph: OnnxGraph): number => Number(graph.inputs[0]!.dims[0]);
  const constant = (graph: OnnxGraph): OnnxGraph => ({
    ...withExp(graph),
    initializers: new Map([
      ...graph.initializers,
      ['c', { dtype: 'float32', dims: [1], data: Float32Array.of(rowsOf(graph)) }],
    ]),
  });
  expect(rewriteForAnyBatch(halves(), input, constant)).toBe(undefined);
  const forTwo = (graph: OnnxGraph): OnnxGraph =>
    rowsOf(graph) === 2 ? withExp(graph) : withExp(withExp(graph));
  expect(rewriteForAnyBatch(halves(), input, forTwo)).toBe(undefined);
});

test('a shape in which two sizes grow with the batch cannot be told', () => {
  const g = new GraphBuilder({ opset: 17 });
  const x = g.node('Neg', [g.input('x', 'float32', ['n', 6])]);
  const gram = g.node('MatMul', [x, g.node('Transpose', [x], { perm: [1n, 0n] })]); // [n, n]
  const one = g.initializer('one', { dtype: 'int64', dims: [1], data: BigInt64Array.of(1n) });
  const sizes = g.node('Concat', [g.node('Shape', [gram]), one], { axis: 0n });
  g.output(g.node('Reshape', [gram, sizes], {}, { outputs: ['y'] }), 'float32', ['n', 'n', 1]);
  expect(rewriteForAnyBatch(graphFromModel(g.build()), input, withExp)).toBe(undefined);
});

test('sizes that contradict the declared ones are refused', () => {
  const wrong = { name: 'x', dims: [6, 1] };
  expect(() => rewriteForAnyBatch(halves(), wrong, withExp)).toThrow(
    'inputDims give "x" [2, 6, 1], expected [n, d]',
  );
});
