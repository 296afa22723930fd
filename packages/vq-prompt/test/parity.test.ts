import { adamW, backward, gradientName } from '@cl/autodiff';
import { createEvaluator, createTrainer } from '@cl/autodiff/node';
import type { Tensor } from '@cl/hub';
import type { OnnxTensor } from '@cl/onnx';
import { openImageModel } from '@cl/training';
import { expect, test } from 'vitest';
import { embeddingName } from '../src/cut.ts';
import { PromptedModel, keysName, promptsName, selectedName } from '../src/prompted-model.ts';
import { parityCase, transposed, type Parity } from './support/parity.ts';

/** Losses: float32 sums in another order. */
const lossTolerance = 1e-5;
/** Gradients, relative to the largest of a tensor, and parameters after three steps. */
const tolerance = 1e-4;

const names = ['tau1', 'tau002'] as const;

/** The names that a parameter has here and in the fixture. */
function parametersOf({ settings, float }: Parity): Map<string, OnnxTensor<'float32'>> {
  return new Map([
    ...settings.layers.flatMap((layer): [string, Tensor<'float32'>][] => [
      [promptsName(layer), float(`init.prompts.${layer}`)],
      [keysName(layer), float(`init.keys.${layer}`)],
    ]),
    ['head.weight', transposed(float('init.head.weight'))],
    ['head.bias', float('init.head.bias')],
  ]);
}

async function prepare(name: (typeof names)[number]) {
  const parity = parityCase(name);
  const { settings, float, tensors } = parity;
  const image = await openImageModel(parity.backbone);
  const model = new PromptedModel(image, {
    layers: settings.layers,
    temperature: settings.temperature,
    prompt: 'quantized',
    projection: 'after',
    normalizeQuery: false,
  });
  const rows = settings.batch;
  const sizes = settings.layers.map(() => ({
    entries: settings.pool_size,
    length: settings.prompt_length,
  }));
  const graph = model.training(rows, sizes, {
    classes: settings.classes,
    allowed: [...Array(settings.classes).keys()].filter((c) => c >= settings.old_classes),
    weights: { codebook: 0.1, commitment: 0.4, balance: 0 },
  });
  const stem = createEvaluator({
    graph: (n) => model.stem(n),
    outputs: [embeddingName],
    threads: 1,
  });
  const made = await stem.run({ rows, feeds: { pixels: float('images') } });
  await stem.dispose();
  const labels = Int32Array.from(tensors['labels']!.data as BigInt64Array, Number);
  const feeds: Record<string, Tensor> = {
    [embeddingName]: made[embeddingName]!,
    query: float('query'),
    labels: { dtype: 'int32', dims: [rows], data: labels },
  };
  return { parity, model, graph, rows, feeds, parameters: parametersOf(parity) };
}

function expectClose(actual: Tensor, expected: Tensor, relative: number, what: string): void {
  expect(actual.dims, what).toEqual(expected.dims);
  let [largest, apart] = [0, 0];
  for (let i = 0; i < expected.data.length; i++) {
    largest = Math.max(largest, Math.abs(Number(expected.data[i])));
    apart = Math.max(apart, Math.abs(Number(actual.data[i]) - Number(expected.data[i])));
  }
  expect(apart, what).toBeLessThanOrEqual(relative * largest);
}

test.each(names)(
  '%s: query, selections, features, losses and gradients are the authors’',
  async (name) => {
    const { parity, model, graph, rows, feeds, parameters } = await prepare(name);
    const { settings, float, tensors } = parity;
    const wrt = [...parameters.keys()];
    const both = backward(graph, { loss: 'loss', wrt });
    const frozen = createEvaluator({
      graph: (n) => model.body(n),
      outputs: ['features'],
      threads: 1,
    });
    const query = await frozen.run({ rows, feeds: { [embeddingName]: feeds[embeddingName]! } });
    await frozen.dispose();
    expectClose(query['features']!, float('query'), 1e-5, 'query');

    const selections = settings.layers.map(selectedName);
    const outputs = [...both.outputs, ...selections];
    const evaluator = createEvaluator({ graph: () => both, outputs, parameters, threads: 1 });
    const results = await evaluator.run({ rows, feeds });
    await evaluator.dispose();
    for (const [i, layer] of settings.layers.entries()) {
      expect(results[selections[i]!]!.data).toEqual(tensors[`selected.${layer}`]!.data);
    }
    expectClose(results['features']!, float('features'), 1e-5, 'features');
    expectClose(results['logits']!, float('logits'), 1e-5, 'logits');
    const [first] = settings.steps;
    for (const [output, expected] of [
      ['crossEntropy', first!.cross_entropy],
      ['promptLoss', first!.prompt_loss],
      ['loss', first!.loss],
    ] as const) {
      expect(Math.abs(Number(results[output]!.data[0]) - expected)).toBeLessThan(lossTolerance);
    }
    for (const key of wrt) {
      const expected = float(`grad.${key}`);
      const turned = key === 'head.weight' ? transposed(expected) : expected;
      expectClose(results[gradientName(key)]!, turned, tolerance, key);
    }
  },
);

test.each(names)(
  '%s: losses and parameters of three AdamW steps are the authors’',
  async (name) => {
    const { parity, graph, rows, feeds, parameters } = await prepare(name);
    const { settings, float } = parity;
    const { lr_prompts, lr_head } = settings.optimizer;
    const trainer = createTrainer({
      graph: () => graph,
      loss: 'loss',
      parameters,
      optimizer: adamW({
        learningRate: lr_head,
        weightDecay: 0,
        groups: [{ parameters: (key) => !key.startsWith('head.'), learningRate: lr_prompts }],
      }),
      threads: 1,
    });
    for (const { loss } of settings.steps) {
      const report = await trainer.step({ rows, feeds });
      expect(Math.abs(report.loss - loss)).toBeLessThan(lossTolerance);
    }
    for (const [key, actual] of Object.entries(trainer.store.toTensors())) {
      const expected = float(`final.${key}`);
      const turned = key === 'head.weight' ? transposed(expected) : expected;
      expectClose(actual, turned, tolerance, key);
    }
    await trainer.dispose();
  },
);
