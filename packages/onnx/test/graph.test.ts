import {
  GraphBuilder,
  graphFromModel,
  modelFromGraph,
  printGraph,
  readModel,
  writeModel,
  type OnnxGraph,
} from '@cl/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';

const ones = { dtype: 'float32', dims: [4, 3], data: new Float32Array(12).fill(1) } as const;

function model() {
  const g = new GraphBuilder({ domains: { 'com.microsoft': 1 } });
  const x = g.input('x', 'float32', ['batch', 4]);
  const w = g.initializer('w', ones);
  const h = g.node('MatMul', [x, w], {}, { name: 'project', outputs: ['h'] });
  const half = g.node(
    'Constant',
    [],
    { value: { dtype: 'float32', dims: [], data: Float32Array.of(0.1) } },
    { outputs: ['tenth'] },
  );
  const s = g.node('Clip', [h, '', half], {}, { name: 'clip', outputs: ['s'] });
  const options = { domain: 'com.microsoft', name: 'act', outputs: ['y'] };
  g.output(g.node('QuickGelu', [s], { alpha: Math.fround(1.702) }, options), 'float32', [
    'batch',
    3,
  ]);
  return g.build();
}

test('a graph prints as text: constants that are small stand where they are read', () => {
  expect(printGraph(graphFromModel(model()))).toBe(
    [
      'opset 21',
      'input x: float32[batch, 4]',
      'const w: float32[4, 3]',
      'h = MatMul(x, w)  # ?',
      's = Clip(h, _, 0.1)  # ?',
      'y = com.microsoft.QuickGelu{alpha: 1.702}(s)  # float32[batch, 3]',
      'output y',
      '',
    ].join('\n'),
  );
});

test('a graph that becomes a model and a file and a graph again is the same graph', async () => {
  const graph = graphFromModel(model());
  const bytes = writeModel(modelFromGraph(graph));
  expect(graphFromModel(readModel(bytes))).toEqual(graph);
  // min(x · 1, 0.1) = 0.1, and x σ(1.702 x) of it is 0.1 / (1 + e^−0.1702)
  const session = await InferenceSession.create(bytes);
  const { y } = await session.run({ x: new Tensor('float32', [1, 2, 3, 4], [1, 4]) });
  expect((y!.data as Float32Array)[0]).toBeCloseTo(0.1 / (1 + Math.exp(-0.1702)), 6);
});

test('a size that nothing is known of stays unknown: two of them are not one name', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['?', '?']);
  g.output(g.node('Neg', [x], {}, { outputs: ['y'] }), 'float32', ['?', '?']);
  const bytes = writeModel(g.build());
  expect(graphFromModel(readModel(bytes)).inputs[0]!.dims).toEqual(['?', '?']);
  const session = await InferenceSession.create(bytes);
  const { y } = await session.run({ x: new Tensor('float32', [1, 2], [1, 2]) });
  expect(y!.dims).toEqual([1, 2]);
});

test('an input with a default value is that constant', () => {
  const g = new GraphBuilder({ irVersion: 3, opset: 8 });
  const x = g.input('x', 'float32', [3]);
  const w = g.initializer('w', { dtype: 'float32', dims: [3], data: Float32Array.of(1, 2, 3) });
  g.output(g.node('Add', [x, w], {}, { outputs: ['y'] }), 'float32', [3]);
  const old = g.build();
  const both = {
    ...old,
    graph: { ...old.graph!, input: [...old.graph!.input, { ...old.graph!.input[0]!, name: 'w' }] },
  };
  expect(printGraph(graphFromModel(both))).toContain('y = Add(x, [1.0, 2.0, 3.0])');
  expect(graphFromModel(both).inputs.map(({ name }) => name)).toEqual(['x']);
});

const graph = graphFromModel(model());
const [matmul, clip, act] = graph.nodes;
const broken: readonly [string, OnnxGraph, RegExp][] = [
  [
    'a node before what it reads',
    { ...graph, nodes: [clip!, matmul!, act!] },
    /node "clip" reads "h"/,
  ],
  ['a value produced twice', { ...graph, nodes: [...graph.nodes, matmul!] }, /"h" exists already/],
  ['an output of unknown type', { ...graph, outputs: ['h'] }, /output "h".*inferTypes/],
  ['an output that nothing makes', { ...graph, outputs: ['z'] }, /"z"/],
];
test.each(broken)('%s is refused and named', (_, bad, message) => {
  expect(() => modelFromGraph(bad)).toThrow(
    expect.objectContaining({ code: 'INVALID_MODEL', message: expect.stringMatching(message) }),
  );
});

test('a node that reads what comes after it is refused when the model is read', () => {
  const { graph: proto, ...rest } = model();
  const reversed = { ...rest, graph: { ...proto!, node: proto!.node.toReversed() } };
  expect(() => graphFromModel(reversed)).toThrow(
    expect.objectContaining({
      code: 'INVALID_MODEL',
      message: expect.stringMatching(/"act" \(com\.microsoft\.QuickGelu\) reads "s".*Sort/),
    }),
  );
});

test('control flow and functions of the model are refused by name', () => {
  const branch = new GraphBuilder();
  const one = branch.initializer('one', { dtype: 'float32', dims: [], data: Float32Array.of(1) });
  branch.output(branch.node('Identity', [one], {}, { outputs: ['r'] }), 'float32', []);
  const g = new GraphBuilder();
  const c = g.input('c', 'bool', []);
  const branches = { then_branch: branch.graph(), else_branch: branch.graph() };
  g.output(g.node('If', [c], branches, { name: '/pick', outputs: ['y'] }), 'float32', []);
  expect(() => graphFromModel(g.build())).toThrow(
    expect.objectContaining({
      code: 'NOT_SUPPORTED',
      message: expect.stringMatching(/node "\/pick" \(If\) is control flow.*fixed input sizes/),
    }),
  );
  const withFunction = { ...model(), functions: [{ name: 'Gelu' }] } as never;
  expect(() => graphFromModel(withFunction)).toThrow(/functions of its own \("Gelu"\).*inlined/);
});
