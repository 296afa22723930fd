/** Longer rows between two products: the same results, and only where nothing else looks at them. */
import { GraphBuilder, graphFromModel, inferTypes, padAlignedRows, type OnnxGraph } from '@cl/onnx';
import { expect, test } from 'vitest';
import { expectSame, graphOf, noise, run } from './same-results.ts';

/** The hidden width of the fixtures is 64 numbers. */
const period = 256;

async function fixture(path: string, dims: readonly number[]): Promise<OnnxGraph> {
  const graph = await graphOf(path);
  return inferTypes(graph, { inputDims: { [graph.inputs[0]!.name]: dims } });
}

/** Lengths of the rows that products with weights read. */
const rowsRead = ({ nodes, types }: OnnxGraph): number[] =>
  nodes
    .filter(({ opType, inputs }) => opType === 'MatMul' && types.get(inputs[1]!)?.dims.length === 2)
    .map(({ inputs }) => Number(types.get(inputs[0]!)!.dims.at(-1)));

test.each([
  ...['vit', 'deit', 'clip-vision'].flatMap((name) =>
    ['opset11', 'opset14', 'opset17', 'dynamo'].map((e) => `${name}-${e}`),
  ),
  ...['vit-dynamo23', 'dinov2-opset14', 'dinov2-opset17'],
])('%s: the rows of every MLP are longer, its outputs the same', async (name) => {
  const graph = await fixture(`fixtures/${name}.onnx`, [3, 3, 32, 32]);
  const padded = padAlignedRows(graph, period);
  const before = rowsRead(graph);
  expect(before.filter((width) => width === 64).length).toBeGreaterThanOrEqual(2);
  expect(rowsRead(padded)).toEqual(before.map((width) => (width === 64 ? 80 : width)));
  expect(inferTypes(padded).types).toEqual(padded.types);
  const pixels = noise([3, 3, 32, 32]);
  const [want, got] = [await run(graph, pixels), await run(padded, pixels)];
  expect(got).toEqual(want);
  expect(Math.max(...(want[0].data as Float32Array))).toBeGreaterThan(0.1);
});

test('rows that a cache spreads over all its sets stay as they are', async () => {
  const path = '../../tiny-clip/model/onnx/vision_model.onnx'; // 768 numbers: 3072 bytes
  const graph = await fixture(path, [1, 3, 48, 48]);
  expect(padAlignedRows(graph)).toBe(graph);
});

type Middle = (g: GraphBuilder, hidden: string) => string;

/** x [5, 4] W₁ [4, 1024], something, W₂ [1024, 3]. */
function mlp(middle: Middle, dtype: 'float32' | 'float64' = 'float32'): OnnxGraph {
  const g = new GraphBuilder({ opset: 21 });
  const weights = (name: string, dims: readonly number[]): string => {
    const numbers = noise(dims).data as Float32Array;
    const data = dtype === 'float32' ? numbers : Float64Array.from(numbers);
    return g.initializer(name, { dtype, dims, data } as Parameters<typeof g.initializer>[1]);
  };
  const hidden = g.node('MatMul', [g.input('x', dtype, [5, 4]), weights('w1', [4, 1024])]);
  g.output(g.node('MatMul', [middle(g, hidden), weights('w2', [1024, 3])]), dtype, [5, 3]);
  return inferTypes(graphFromModel(g.build()));
}

const scalar = (g: GraphBuilder, value: number): string =>
  g.initializer(`s${value}`, { dtype: 'float32', dims: [], data: Float32Array.of(value) });
const row = (g: GraphBuilder): string =>
  g.initializer('b', {
    dtype: 'float32',
    dims: [1, 1024],
    data: noise([1, 1024]).data as Float32Array,
  });

test.each<[string, Middle]>([
  ['nothing', (_, x) => x],
  ['a bias', (g, x) => g.node('Relu', [g.node('Add', [row(g), x])])],
  ['a division by a number', (g, x) => g.node('Div', [x, scalar(g, 2)])],
  ['a square', (g, x) => g.node('Pow', [x, scalar(g, 2)])],
  ['a gate', (g, x) => g.node('Mul', [x, g.node('Sigmoid', [x])])],
  ['a constant that zeros become', (g, x) => g.node('Add', [x, scalar(g, 3)])],
])('%s between two products: padded', async (_, middle) => {
  const graph = mlp(middle);
  const padded = padAlignedRows(graph);
  expect(rowsRead(padded)).toEqual([4, 1040]);
  await expectSame(graph, padded, noise([5, 4]), 1e-6);
});

test.each<[string, Middle]>([
  ['a sum over the row', (g, x) => g.node('Softmax', [x])],
  ['a division by the hidden values', (g, x) => g.node('Div', [scalar(g, 8), x])],
  ['a division by zero', (g, x) => g.node('Div', [x, scalar(g, 0)])],
  ['a negative power', (g, x) => g.node('Pow', [x, scalar(g, -1)])],
  ['a logarithm', (g, x) => g.node('Log', [x])],
  ['a factor for each column', (g, x) => g.node('Mul', [x, row(g)])],
  ['weights that are computed', (g, x) => g.node('Add', [x, g.node('Neg', [row(g)])])],
  [
    'another reader',
    (g, x) => {
      g.output(g.node('Neg', [x]), 'float32', [5, 1024]);
      return x;
    },
  ],
  ['an output', (g, x) => (g.output(x, 'float32', [5, 1024]), x)],
])('%s between two products: left alone', (_, middle) => {
  const graph = mlp(middle);
  expect(padAlignedRows(graph)).toBe(graph);
});

test('three products one after another have longer rows twice', async () => {
  const g = new GraphBuilder({ opset: 21 });
  const weights = (name: string, rows: number, cols: number): string =>
    g.initializer(name, {
      dtype: 'float32',
      dims: [rows, cols],
      data: (noise([rows, cols]).data as Float32Array).map((x) => x / 4),
    });
  const one = g.node('Relu', [
    g.node('MatMul', [g.input('x', 'float32', [5, 4]), weights('w1', 4, 1024)]),
  ]);
  const two = g.node('Relu', [g.node('MatMul', [one, weights('w2', 1024, 2048)])]);
  g.output(g.node('MatMul', [two, weights('w3', 2048, 3)]), 'float32', [5, 3]);
  const graph = inferTypes(graphFromModel(g.build()));
  const padded = padAlignedRows(graph);
  expect(rowsRead(padded)).toEqual([4, 1040, 2064]);
  expect(inferTypes(padded).types).toEqual(padded.types);
  await expectSame(graph, padded, noise([5, 4]), 1e-6);
});

test('products of float64 are left alone', () => {
  const graph = mlp((_, x) => x, 'float64');
  expect(padAlignedRows(graph)).toBe(graph);
});
