import { Emitter, backward, gradientName, rule, type Value } from '@cl/autodiff';
import { printGraph, type OnnxGraph } from '@cl/onnx';
import { expect, test } from 'vitest';
import { emptyGraph, runGraph, tensor } from './run.ts';

/** A graph with the output `loss` on scalars x = 2 and y = 3. */
function lossOf(body: (g: Emitter, x: Value, y: Value) => Value, opset?: number): OnnxGraph {
  const g = new Emitter(emptyGraph(opset));
  const loss = body(g, g.input('x', 'float64', []), g.input('y', 'float64', []));
  return g.build([g.rename(loss, 'loss')]);
}

/** The gradients of such a graph. */
async function gradientsAt(graph: OnnxGraph, wrt = ['x', 'y']): Promise<number[]> {
  const results = await runGraph(backward(graph, { loss: 'loss', wrt }), {
    x: tensor(Float64Array.of(2), []),
    y: tensor(Float64Array.of(3), []),
  });
  return wrt.map((name) => results[gradientName(name)]![0]!);
}

test('the gradient of a linear layer reads as the equations do', () => {
  const g = new Emitter(emptyGraph());
  const x = g.input('x', 'float32', [4, 3]);
  const w = g.input('w', 'float32', [3, 2]);
  const b = g.input('b', 'float32', [2]);
  const y = g.rename(g.add(g.matMul(x, w), b), 'y');
  const graph = g.build([g.rename(g.sumAll(g.mul(y, y)), 'loss')]);
  // dY = 2 Y (Y ⊙ Y reads Y twice, so the two halves are summed), dW = Xᵀ dY, db = Σ dY; no dX: nobody asked.
  expect(printGraph(backward(graph, { loss: 'loss', wrt: ['w', 'b'] }))).toBe(
    [
      'opset 21',
      'input x: float32[4, 3]',
      'input w: float32[3, 2]',
      'input b: float32[2]',
      'MatMul.1 = MatMul(x, w)  # float32[4, 2]',
      'y = Add(MatMul.1, b)  # float32[4, 2]',
      'Mul.3 = Mul(y, y)  # float32[4, 2]',
      'loss = ReduceSum{keepdims: 0}(Mul.3, [0, 1])  # float32[]',
      'Add.7 = Add(y, y)  # float32[4, 2]',
      'b.grad = ReduceSum{keepdims: 0}(Add.7, [0])  # float32[2]',
      'Transpose.12 = Transpose{perm: [1, 0]}(x)  # float32[3, 4]',
      'w.grad = MatMul(Transpose.12, Add.7)  # float32[3, 2]',
      'output loss',
      'output w.grad',
      'output b.grad',
      '',
    ].join('\n'),
  );
});

test('a value that is read more than once gets the sum of what comes back', async () => {
  // loss = x·x·y + x: ∂x = 2xy + 1 = 13, ∂y = x² = 4
  const graph = lossOf((g, x, y) => g.add(g.mul(g.mul(x, x), y), x));
  expect(await gradientsAt(graph)).toEqual([13, 4]);
});

test('gradients of values on the way can be asked for', async () => {
  const g = new Emitter(lossOf((g, x, y) => g.rename(g.mul(x, y), 'xy')));
  const squared = g.rename(g.mul(g.value('loss'), g.value('loss')), 'square');
  const graph = g.build([squared]);
  const results = await runGraph(backward(graph, { loss: 'square', wrt: ['loss', 'x'] }), {
    x: tensor(Float64Array.of(2), []),
    y: tensor(Float64Array.of(3), []),
  });
  expect(results['loss.grad']![0]).toBe(12); // 2·xy
  expect(results['x.grad']![0]).toBe(36); // 2·xy·y
});

test('the gradient of a gradient: backward gives graphs that backward takes', async () => {
  const first = backward(
    lossOf((g, x, y) => g.mul(g.mul(x, g.mul(x, x)), y)),
    { loss: 'loss', wrt: ['x'] },
  );
  const second = backward(first, { loss: gradientName('x'), wrt: ['y'] });
  const results = await runGraph(second, {
    x: tensor(Float64Array.of(2), []),
    y: tensor(Float64Array.of(3), []),
  });
  expect(results['x.grad']![0]).toBe(36); // 3x²y
  expect(results['y.grad']![0]).toBe(12); // 3x²
});

test('nothing is computed for what is frozen', () => {
  const g = new Emitter(emptyGraph());
  const x = g.input('x', 'float32', [8, 4]);
  const frozen = Array.from({ length: 3 }, (_, i) => g.input(`w${i}`, 'float32', [4, 4]));
  const h = frozen.reduce((h, w) => g.tanh(g.matMul(h, w)), x);
  const head = g.input('head', 'float32', [4, 2]);
  const graph = g.build([g.rename(g.sumAll(g.matMul(h, head)), 'loss')]);
  const count = (wrt: string[]): number =>
    backward(graph, { loss: 'loss', wrt }).nodes.filter(({ opType }) => opType === 'MatMul').length;
  expect(count(['head'])).toBe(4 + 1); // forward, and dW of the head alone
  expect(count(['w0'])).toBe(4 + 4); // dX of the head and of two layers, dW of the first
});

test('nothing flows through a stopped gradient', async () => {
  const graph = lossOf((g, x, y) => g.add(g.mul(g.stopGradient(x), y), x));
  expect(await gradientsAt(graph)).toEqual([1, 2]);
});

test('a straight-through value is exact forward and passes its gradient to what it stands for', async () => {
  // loss = y·ST(round(x), x): forward as round(x), backward as x
  const graph = lossOf((g, x, y) => {
    const third = g.div(x, 3);
    return g.mul(g.straightThrough(g.node('Round', [third], third), third), y);
  });
  expect(await gradientsAt(graph)).toEqual([1, 1]); // ∂x = y/3, ∂y = round(2/3)
});

test('what is flat almost everywhere passes nothing on', async () => {
  for (const opType of ['Floor', 'Ceil', 'Round', 'Sign']) {
    const graph = lossOf((g, x, y) => g.add(g.node(opType, [x], x), g.mul(x, y)));
    expect(await gradientsAt(graph), opType).toEqual([3, 2]);
  }
});

test('integers and truth values pass nothing on and need no rule', async () => {
  const graph = lossOf((g, x, y) => {
    const larger = g.cast(g.greater(y, x), 'float64'); // 1
    return g.mul(x, larger);
  });
  expect(await gradientsAt(graph, ['x'])).toEqual([1]);
});

test('a rule of the caller teaches an operator', async () => {
  const graph = lossOf((g, x, y) => g.mul(g.node('Asinh', [x], x), y));
  const asinh = rule('Asinh', 9, (n, g) => [g.div(n.dy, g.sqrt(g.add(g.mul(n.x(0), n.x(0)), 1)))]);
  const both = backward(graph, { loss: 'loss', wrt: ['x'], rules: [asinh] });
  expect(both.nodes.some(({ opType }) => opType === 'Sqrt')).toBe(true);
  expect(() => backward(graph, { loss: 'loss', wrt: ['x'] })).toThrow(
    expect.objectContaining({
      code: 'NOT_SUPPORTED',
      message: expect.stringMatching(
        /no gradient for op "Asinh" \(node "Asinh\.1" \(Asinh\), opset 21\).*options\.rules/s,
      ),
    }),
  );
});

const refused: readonly {
  what: string;
  graph: () => OnnxGraph;
  wrt: string[];
  code: string;
  says: RegExp;
}[] = [
  {
    what: 'a loss of several numbers',
    graph: () => lossOf((g, x) => g.expand(x, [2])),
    wrt: ['x'],
    code: 'INVALID_OPTION',
    says: /"loss" is float64\[2\].*sum or mean/s,
  },
  {
    what: 'a value the loss does not depend on',
    graph: () => lossOf((g, x) => g.mul(x, x)),
    wrt: ['x', 'y'],
    code: 'INVALID_OPTION',
    says: /"loss" does not depend on "y"/,
  },
  {
    what: 'a value behind a stopped gradient',
    graph: () => lossOf((g, x, y) => g.mul(g.stopGradient(x), y)),
    wrt: ['x'],
    code: 'INVALID_OPTION',
    says: /StopGradient/,
  },
  {
    what: 'a value that is not there',
    graph: () => lossOf((g, x) => g.mul(x, x)),
    wrt: ['z'],
    code: 'NOT_FOUND',
    says: /"z"/,
  },
  {
    what: 'an old opset',
    graph: () => lossOf((g, x) => g.mul(x, x), 11),
    wrt: ['x'],
    code: 'NOT_SUPPORTED',
    says: /opset 11, expected 13/,
  },
  {
    what: 'an operator in a version without a rule',
    graph: () => lossOf((g, x) => g.node('Gelu', [x], x), 17),
    wrt: ['x'],
    code: 'NOT_SUPPORTED',
    says: /"Gelu" before opset 20/,
  },
  {
    what: 'sizes that are not known',
    graph: () => {
      const graph = lossOf((g, x) => g.mul(x, x));
      return {
        ...graph,
        types: new Map([...graph.types, ['loss', { elementType: 'float64', dims: ['n'] }]]),
      };
    },
    wrt: ['x'],
    code: 'NOT_SUPPORTED',
    says: /size \[n\].*inputDims/s,
  },
];

test.each(refused)('refuses $what', ({ graph, wrt, code, says }) => {
  expect(() => backward(graph(), { loss: 'loss', wrt })).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(says) }),
  );
});
