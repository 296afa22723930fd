import { Emitter, backward, lowerForCpu, type Value } from '@cl/autodiff';
import { createRandom } from '@cl/hub';
import { printGraph, type ElementType, type OnnxGraph } from '@cl/onnx';
import { expect, test } from 'vitest';
import { emptyGraph, runGraph, tensor } from './run.ts';

/** Σ of a product of x and w, and the gradients by both. */
function lossGraph(xDims: number[], wDims: number[], type: ElementType): OnnxGraph {
  const g = new Emitter(emptyGraph());
  const [x, w] = [g.input('x', type, xDims), g.input('w', type, wDims)];
  const y: Value = g.matMul(x, w);
  const loss = g.rename(g.sumAll(g.mul(y, y)), 'loss');
  return backward(g.build([loss]), { loss: 'loss', wrt: ['x', 'w'] });
}

const cases = [
  { what: 'matrices', x: [4, 3], w: [3, 2], type: 'float32', products: ['MatMul', 'Gemm', 'Gemm'] },
  {
    what: 'one weight for a batch',
    x: [2, 4, 3],
    w: [3, 2],
    type: 'float32',
    products: ['MatMul', 'Gemm', 'Gemm'],
  },
  {
    what: 'batches',
    x: [2, 4, 3],
    w: [2, 3, 2],
    type: 'float32',
    products: ['MatMul', 'FusedMatMul', 'FusedMatMul'],
  },
  { what: 'matrices', x: [4, 3], w: [3, 2], type: 'float64', products: ['MatMul', 'Gemm', 'Gemm'] },
  {
    what: 'batches',
    x: [2, 4, 3],
    w: [2, 3, 2],
    type: 'float64',
    products: ['MatMul', 'MatMul', 'MatMul'],
  },
] as const;

test.each(cases)(
  'products of $what in $type keep their values',
  async ({ x, w, type, products }) => {
    const plain = lossGraph([...x], [...w], type);
    const lowered = lowerForCpu(plain);
    const isProduct = (opType: string) => /MatMul|Gemm/.test(opType);
    expect(
      lowered.nodes
        .map(({ opType }) => opType)
        .filter(isProduct)
        .toSorted(),
    ).toEqual([...products].toSorted());
    const gone = !(type === 'float64' && x.length === 3 && w.length === 3);
    expect(lowered.nodes.some(({ opType }) => opType === 'Transpose')).toBe(!gone);

    const random = createRandom('lower');
    const feeds = Object.fromEntries(
      Object.entries({ x, w }).map(([name, dims]) => {
        const length = dims.reduce<number>((size, dim) => size * dim, 1);
        const values = Float64Array.from({ length }, () => random.normal());
        return [name, tensor(type === 'float32' ? Float32Array.from(values) : values, dims)];
      }),
    );
    const [expected, actual] = [await runGraph(plain, feeds), await runGraph(lowered, feeds)];
    for (const name of ['loss', 'x.grad', 'w.grad']) {
      actual[name]!.forEach((value, i) => {
        expect(value, name).toBeCloseTo(expected[name]![i]!, 5);
      });
    }
  },
);

test('a transpose that moves other axes stays', () => {
  const g = new Emitter(emptyGraph());
  const [x, w] = [g.input('x', 'float32', [3, 2, 4]), g.input('w', 'float32', [2, 4, 5])];
  const y = g.rename(g.matMul(g.transpose(x, [1, 0, 2]), w), 'y');
  const graph = g.build([y]);
  expect(printGraph(lowerForCpu(graph))).toBe(printGraph(graph));
});
