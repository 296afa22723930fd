import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Emitter,
  adamW,
  backward,
  blockInputs,
  crossEntropy,
  gradientName,
  parameterize,
  rule,
} from '@cl/autodiff';
import { createTrainer } from '@cl/autodiff/node';
import type { Tensor } from '@cl/hub';
import {
  graphFromModel,
  modelFromGraph,
  readModel,
  weightsOf,
  writeModel,
  type OnnxGraph,
  type OnnxTensor,
} from '@cl/onnx';
import { InferenceSession } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { randomWeight, vitGraph } from '../bench/support/vit.ts';
import { emptyGraph, runGraph } from './run.ts';

const shape = { layers: 4, width: 16, heads: 2, hidden: 32, imageSize: 16, patchSize: 4 };

/** A ViT of four blocks with cross-entropy behind it, and what it is fed. */
function model(): { graph: OnnxGraph; wrt: string[]; feeds: Record<string, OnnxTensor> } {
  const vit = vitGraph(3, shape);
  const wrt = weightsOf(vit);
  const { graph, parameters } = parameterize(vit, wrt);
  const g = new Emitter(graph);
  g.rename(crossEntropy(g, g.value('features'), g.input('labels', 'int64', [3])), 'loss');
  const labels = { dtype: 'int64', dims: [3], data: BigInt64Array.of(0n, 7n, 15n) } as const;
  const pixels = randomWeight('pixels', [3, 3, 16, 16]);
  return {
    graph: g.build(['loss']),
    wrt,
    feeds: { ...Object.fromEntries(parameters), pixels, labels },
  };
}

const blocks = ['block.0/input', 'block.1/input', 'block.2/input', 'block.3/input'];

test('blocks begin where one value holds everything', () => {
  expect(blockInputs(model().graph)).toEqual(blocks);
});

test('gradients are the same to the last bit or nearly, and so is the loss', async () => {
  const { graph, wrt, feeds } = model();
  const kept = await runGraph(backward(graph, { loss: 'loss', wrt }), feeds);
  for (const checkpoints of [blocks, ['block.2/input', 'block.1/input']]) {
    const both = backward(graph, { loss: 'loss', wrt, checkpoints });
    const results = await runGraph(both, feeds);
    expect(results['loss']).toEqual(kept['loss']);
    for (const name of wrt.map(gradientName)) {
      const scale = Math.max(...kept[name]!.map(Math.abs));
      results[name]!.forEach((value, i) => {
        expect(Math.abs(value - kept[name]![i]!), name).toBeLessThanOrEqual(1e-6 * scale);
      });
    }
  }
});

test('of a block that is recomputed the backward pass reads the input and nothing else', () => {
  const { graph, wrt } = model();
  const both = backward(graph, { loss: 'loss', wrt, checkpoints: blocks });
  const forward = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  const first = graph.nodes.findIndex(({ outputs }) => outputs.includes('block.0/input'));
  const last = graph.nodes.findIndex(({ outputs }) => outputs.includes('block.3/input'));
  const inside = graph.nodes.slice(first + 1, last).flatMap(({ outputs }) => outputs);
  const read = new Set(
    both.nodes
      .filter(({ outputs }) => !forward.has(outputs[0]!))
      .flatMap(({ inputs }) => inputs)
      .filter((name) => inside.includes(name)),
  );
  expect([...read]).toEqual(['block.2/input', 'block.1/input']);
});

test('onnxruntime neither merges what is computed twice nor leaves it out', async () => {
  const { graph, wrt } = model();
  const folder = await mkdtemp(join(tmpdir(), 'cl-recompute-'));
  const count = async (checkpoints: readonly string[]): Promise<number> => {
    const path = join(folder, 'optimized.onnx');
    const bytes = writeModel(modelFromGraph(backward(graph, { loss: 'loss', wrt, checkpoints })));
    const options = { optimizedModelFilePath: path, logSeverityLevel: 3 } as const;
    await (await InferenceSession.create(bytes, options)).release();
    const { nodes } = graphFromModel(readModel(await readFile(path)));
    return nodes.filter(({ opType }) => opType === 'Softmax').length;
  };
  expect(await count([])).toBe(4);
  expect(await count(blocks)).toBe(4 + 3); // the last block's is read at once
  await rm(folder, { recursive: true });
});

test('a trainer that recomputes its blocks takes the steps of one that keeps everything', async () => {
  const { graph, wrt, feeds } = model();
  const { pixels, labels, ...weights } = feeds as Record<string, Tensor>;
  const train = async (recompute: 'none' | 'blocks'): Promise<readonly number[]> => {
    const parameters = new Map(wrt.map((name) => [name, weights[name]!]));
    const common = {
      loss: 'loss',
      parameters,
      optimizer: adamW({ learningRate: 0.01 }),
      threads: 1,
    };
    const trainer = createTrainer({ graph: () => graph, ...common, recompute });
    const batch = { rows: 3, feeds: { pixels: pixels!, labels: labels! } };
    const reports = await trainer.train([batch, batch, batch]);
    await trainer.dispose();
    return reports.map(({ loss }) => loss);
  };
  const [kept, repeated] = [await train('none'), await train('blocks')];
  expect(kept[2]).toBeLessThan(kept[0]!);
  repeated.forEach((loss, step) => {
    expect(loss).toBeCloseTo(kept[step]!, 5);
  });
});

test('what is repeated starts behind the gradient at its end', () => {
  // y = exp(tanh(x)) with a checkpoint on either side of tanh and a third behind exp.
  const g = new Emitter(emptyGraph());
  const x = g.rename(g.mul(g.input('w', 'float32', [4]), 2), 'x');
  const y = g.rename(g.exp(g.tanh(x)), 'y');
  const graph = g.build([g.rename(g.sumAll(g.mul(y, y)), 'loss')]);
  const both = backward(graph, { loss: 'loss', wrt: ['w'], checkpoints: ['x', 'y'] });
  const names = both.nodes.map(({ opType }) => opType);
  const again = names.lastIndexOf('Tanh');
  expect(names.filter((name) => name === 'Tanh')).toHaveLength(2);
  const ancestors = new Set([both.nodes[again]!.inputs[0]!]);
  for (const node of both.nodes.slice(0, again).reverse()) {
    if (ancestors.has(node.outputs[0]!)) node.inputs.forEach((input) => ancestors.add(input));
  }
  expect(ancestors).toContain('y'); // dy = 2 y
});

test('random numbers are not drawn again', () => {
  const g = new Emitter(emptyGraph());
  const x = g.rename(g.mul(g.input('w', 'float32', [4]), 2), 'x');
  const noise = g.node('RandomNormalLike', [x], x);
  const y = g.rename(g.mul(g.tanh(x), noise), 'y');
  const graph = g.build([g.rename(g.sumAll(g.mul(y, y)), 'loss')]);
  const rules = [rule('RandomNormalLike', 1, () => [null])];
  const both = backward(graph, { loss: 'loss', wrt: ['w'], checkpoints: ['x', 'y'], rules });
  const ops = both.nodes.map(({ opType }) => opType);
  expect(ops.filter((name) => name === 'RandomNormalLike')).toHaveLength(1);
  expect(ops.filter((name) => name === 'Tanh')).toHaveLength(2);
});

test('refuses checkpoints that are not there, and blocks where there are none', () => {
  const { graph, wrt } = model();
  expect(() => backward(graph, { loss: 'loss', wrt, checkpoints: ['block.9/input'] })).toThrow(
    expect.objectContaining({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/nothing in the graph is called "block.9\/input"/),
    }),
  );
  const g = new Emitter(emptyGraph());
  const plain = g.build([g.sumAll(g.input('x', 'float32', [2]))]);
  expect(() => blockInputs(plain)).toThrow(/found 0 attentions and 0 places.*recompute: \[names\]/);
});
