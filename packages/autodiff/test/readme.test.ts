// The example of the README, run as it stands there; and the one of Emitter's documentation.
import { readFile } from 'node:fs/promises';
import {
  Emitter,
  ParameterStore,
  adamW,
  backward,
  crossEntropy,
  meanSquaredError,
} from '@cl/autodiff';
import { modelFromGraph, printGraph, writeModel, type OnnxGraph } from '@cl/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';

const empty: OnnxGraph = {
  opset: 21,
  domains: {},
  inputs: [],
  outputs: [],
  nodes: [],
  initializers: new Map(),
  types: new Map(),
};

test('the example of the README trains, and stands there word for word', async () => {
  // #region readme
  // A graph that computes a loss: logits = x W, then cross-entropy with labels.
  const g = new Emitter(empty);
  const x = g.input('x', 'float32', [4, 2]);
  const labels = g.input('labels', 'int64', [4]);
  const w = g.input('w', 'float32', [2, 3]);
  const loss = g.rename(crossEntropy(g, g.matMul(x, w), labels), 'loss');
  const forward = g.build([loss]);

  // The same graph, with the output w.grad = ∂loss/∂w. Still ordinary ONNX.
  const graph = backward(forward, { loss: 'loss', wrt: ['w'] });
  const session = await InferenceSession.create(writeModel(modelFromGraph(graph)));

  // Twenty steps of AdamW.
  const start = { dtype: 'float32', dims: [2, 3], data: new Float32Array(6) } as const;
  const store = new ParameterStore(new Map([['w', start]]));
  const optimizer = adamW({ learningRate: 0.1 }).start(store);
  const losses: number[] = [];
  for (let step = 0; step < 20; step++) {
    const results = await session.run({
      x: new Tensor('float32', [1, 0, 0, 1, -1, 0, 0, -1], [4, 2]),
      labels: new Tensor('int64', [0n, 1n, 2n, 2n], [4]),
      w: new Tensor('float32', store.view('w'), [2, 3]),
    });
    optimizer.step(results['w.grad']!.data as Float32Array);
    losses.push((results['loss']!.data as Float32Array)[0]!);
  }
  // #endregion readme
  expect(losses[0]).toBeCloseTo(Math.log(3), 6); // W = 0 gives each class a third
  expect(losses.at(-1)).toBeLessThan(0.4);

  const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');
  const region = /#region readme\n(.*)\n *\/\/ #endregion readme/s.exec(
    await read('readme.test.ts'),
  );
  const example = region![1]!.replaceAll(/^ {2}/gm, '');
  expect(await read('../README.md')).toContain(example);
});

test('the printed graph of the README is what backward gives', async () => {
  const g = new Emitter(empty);
  const x = g.input('x', 'float32', [4, 3]);
  const w = g.input('w', 'float32', [3, 2]);
  const y = g.rename(g.tanh(g.matMul(x, w)), 'y');
  const graph = g.build([g.rename(g.sumAll(y), 'loss')]);
  const text = printGraph(backward(graph, { loss: 'loss', wrt: ['w'] }));
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(text);
});

test('an emitter continues a graph', () => {
  // #region emitter
  const g = new Emitter(empty);
  const [x, target] = [g.input('x', 'float32', [8]), g.input('target', 'float32', [8])];
  const loss = meanSquaredError(g, g.mul(g.sigmoid(x), 2), target); // numbers take the type of what is beside them
  const graph = g.build([g.rename(loss, 'loss')]);
  // #endregion emitter
  expect(graph.nodes.map(({ opType }) => opType)).toEqual([
    'Sigmoid',
    'Mul',
    'Sub',
    'Mul',
    'ReduceSum',
    'Mul',
  ]);
});
