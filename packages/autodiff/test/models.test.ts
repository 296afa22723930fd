import { readFile } from 'node:fs/promises';
import { Emitter, backward, contrastiveLoss, crossEntropy, parameterize } from '@cl/autodiff';
import { decodeSafetensors, type Tensor } from '@cl/hub';
import { graphFromModel, readModel, simplify, type OnnxGraph, type OnnxTensor } from '@cl/onnx';
import { expect, test } from 'vitest';
import { runGraph } from './run.ts';

/** A model, inputs, and PyTorch's loss and gradients: fixtures/make.py. */
interface Reference {
  readonly graph: OnnxGraph;
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Initializers that PyTorch gave a gradient for. */
  readonly parameters: readonly string[];
}

async function load(name: string): Promise<Reference> {
  const read = (file: string) => readFile(new URL(`./fixtures/${file}`, import.meta.url));
  const graph = graphFromModel(readModel(await read(`${name}.onnx`)));
  const { tensors } = decodeSafetensors(await read(`${name}.safetensors`));
  const parameters = [...graph.initializers.keys()].filter((key) => `${key}.grad` in tensors);
  return { graph, tensors, parameters };
}

/**
 * Float32 against PyTorch's float64: a few roundings a layer. Relative to the largest element of a tensor; biases of
 * keys, whose true gradient is 0 (softmax does not see a shift), are held to the absolute part.
 */
const tolerance = { relative: 1e-5, absolute: 1e-6 };

async function expectReferenceGradients(
  { graph, tensors, parameters }: Reference,
  inputs: readonly string[],
  attach: (g: Emitter) => string[],
): Promise<void> {
  const inputDims = Object.fromEntries(inputs.map((name) => [name, tensors[name]!.dims]));
  const plain = simplify(graph, { inputDims, parameters });
  const { graph: open, parameters: values } = parameterize(plain, parameters);
  const g = new Emitter(open);
  const attached = attach(g);
  const wrt = [...parameters, ...attached];
  const both = backward(g.build(['loss']), { loss: 'loss', wrt });
  const feeds: Record<string, OnnxTensor> = Object.fromEntries(values);
  for (const { name } of both.inputs) feeds[name] ??= tensors[name]!;
  const results = await runGraph(both, feeds);

  expect(results['loss']![0]).toBeCloseTo(tensors['loss']!.data[0] as number, 5);
  for (const name of wrt) {
    const expected = tensors[`${name}.grad`]!.data as Float32Array;
    const actual = results[`${name}.grad`]!;
    expect(actual.length, name).toBe(expected.length);
    let largest = 0;
    let apart = 0;
    for (let i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]!));
      apart = Math.max(apart, Math.abs(actual[i]! - expected[i]!));
    }
    expect(apart, name).toBeLessThanOrEqual(tolerance.relative * largest + tolerance.absolute);
  }
}

test('every gradient of a ViT with a head and smoothed cross-entropy is PyTorch’s', async () => {
  const reference = await load('vit');
  expect(reference.parameters).toHaveLength(38);
  await expectReferenceGradients(reference, ['pixel_values'], (g) => {
    const head = g.input('head', 'float32', [16, 5]);
    const labels = g.input('labels', 'int64', [3]);
    const first = g.slice(g.value('last_hidden_state'), 1, 0, 1); // [N, 1, D]
    const logits = g.matMul(g.reshape(first, [3, 16]), head);
    g.rename(crossEntropy(g, logits, labels, { labelSmoothing: 0.1 }), 'loss');
    return ['head', 'pixel_values'];
  });
});

test('every gradient of both towers of a CLIP with its contrastive loss is PyTorch’s', async () => {
  const reference = await load('clip');
  expect(reference.parameters).toHaveLength(77);
  await expectReferenceGradients(reference, ['pixel_values', 'input_ids'], (g) => {
    const scale = g.exp(g.input('logit_scale', 'float32', []));
    const [images, texts] = [g.value('image_embeds'), g.value('text_embeds')];
    g.rename(contrastiveLoss(g, images, texts, scale), 'loss');
    return ['logit_scale', 'pixel_values'];
  });
});
