import { readFile } from 'node:fs/promises';
import { backward } from '@cl/autodiff';
import { decodeSafetensors, type Tensor, type TrainableBackbone } from '@cl/hub';
import { attentionSites, GraphBuilder, printGraph, writeModel } from '@cl/onnx';
import { openImageModel, withClassifier, type ImageModel } from '@cl/training';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  asClip,
  clips,
  exported,
  fused,
  noise,
  open,
  tinyClip,
  vits,
} from './support/backbones.ts';
import { apart, runGraph, runModel } from './support/run-graph.ts';

/** float32 through a few layers, computed in another order: relative to the largest feature. */
const tolerance = 1e-5;

describe('the graph', () => {
  test.each([...vits, ...fused, ...clips])(
    'of %s gives the features that the file gives',
    async (file) => {
      const backbone = exported(file, file.startsWith('clip') ? asClip : {});
      const model = await openImageModel(backbone);
      const pixels = await backbone.pixels(noise(3));
      const { model: bytes, output, take } = await backbone.graph();
      const all = (await runModel(bytes, { pixel_values: pixels }))[output]!;
      const { features } = await runGraph(model.graph(3), { pixels });
      const tokens = all.length / 3 / model.featureDim;
      const rows = [0, 1, 2].flatMap((n) => {
        const start = n * tokens * model.featureDim; // the first token of each image, or the only one
        return [...all.subarray(start, start + model.featureDim)];
      });
      expect(tokens).toBe(take === 'all' ? 1 : file.startsWith('deit') ? 18 : 17); // DeiT has one to distil
      expect(apart(features!, rows)).toBeLessThan(tolerance);
    },
  );

  test('takes chosen weights as inputs, in the order they are named', async () => {
    const model = await open('vit-opset17');
    const parameters = ['onnx::MatMul_317', 'model.layernorm.bias'];
    const graph = model.graph(2, { parameters });
    expect(graph.inputs.map(({ name }) => name)).toEqual(['pixels', ...parameters]);
    expect(graph.outputs).toEqual(['features']);
    expect(model.graph(2, { parameters })).toBe(graph);
    const pixels = await exported('').pixels(noise(2));
    const weights = Object.fromEntries(parameters.map((name) => [name, model.weights.get(name)!]));
    const plain = await runGraph(model.graph(2), { pixels });
    const same = await runGraph(graph, { pixels, ...weights });
    expect(apart(same['features']!, plain['features']!)).toBeLessThan(tolerance);
    const bias = { dtype: 'float32', dims: [32], data: new Float32Array(32).fill(5) } as const;
    const moved = await runGraph(graph, { pixels, ...weights, 'model.layernorm.bias': bias });
    const before = model.weights.get('model.layernorm.bias')!.data as Float32Array;
    const shifted = plain['features']!.map((x, i) => x + 5 - before[i % 32]!);
    expect(apart(moved['features']!, shifted)).toBeLessThan(tolerance);
  });

  test('is differentiable by every weight of every export', async () => {
    for (const file of [...vits, ...fused, ...clips]) {
      const model = await open(file);
      const names = [...model.weights.keys()];
      const graph = withClassifier(model.graph(2, { parameters: names }), 3);
      const both = backward(graph, { loss: 'loss', wrt: names });
      expect(
        both.outputs.filter((name) => name.endsWith('.grad')),
        file,
      ).toHaveLength(names.length);
    }
  });

  test.each([...vits, ...fused])(
    'of %s computes one query only in its last attention',
    async (file) => {
      const model = await open(file);
      const [first, last] = attentionSites(model.graph(2));
      expect([first!.queries, first!.keys]).toEqual(file.startsWith('deit') ? [18, 18] : [17, 17]);
      expect([last!.queries, last!.keys]).toEqual([1, first!.keys]);
    },
  );

  test('has the gradients that PyTorch has, for every weight and the head', async () => {
    // The ViT, the batch and the gradients of @cl/autodiff's test/fixtures (made by its make.py).
    const read = (name: string) =>
      readFile(new URL(`../../autodiff/test/fixtures/${name}`, import.meta.url));
    const { tensors } = decodeSafetensors(await read('vit.safetensors'));
    const [bytes, pixels] = [await read('vit.onnx'), tensors['pixel_values']!];
    const model = await openImageModel({
      ...exported('', { featureDim: 16, imageSize: pixels.dims[2]! }),
      graph: async () =>
        ({
          model: bytes,
          input: 'pixel_values',
          output: 'last_hidden_state',
          take: 'first-token',
        }) as const,
    });
    const names = [...model.weights.keys()];
    expect(names).toHaveLength(38);
    const graph = withClassifier(model.graph(3, { parameters: names }), 5, { labelSmoothing: 0.1 });
    const wrt = [...names, 'head.weight'];
    const results = await runGraph(backward(graph, { loss: 'loss', wrt }), {
      pixels,
      labels: { dtype: 'int32', dims: [3], data: Int32Array.from(tensors['labels']!.data, Number) },
      'head.weight': tensors['head']!,
      'head.bias': { dtype: 'float32', dims: [5], data: new Float32Array(5) },
      ...Object.fromEntries(model.weights),
    });
    expect(results['loss']![0]).toBeCloseTo(Number(tensors['loss']!.data[0]), 5);
    for (const name of wrt) {
      const expected = tensors[`${name === 'head.weight' ? 'head' : name}.grad`]!
        .data as Float32Array;
      const actual = results[`${name}.grad`]!;
      const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      const difference = expected.reduce(
        (most, x, i) => Math.max(most, Math.abs(x - actual[i]!)),
        0,
      );
      // Biases of keys have a true gradient of 0: softmax does not see a shift.
      expect(difference, name).toBeLessThanOrEqual(tolerance * largest + 1e-6);
    }
  });

  test('is read once for a backbone', async () => {
    let reads = 0;
    const backbone = exported('vit-opset17');
    const counted = { ...backbone, graph: async () => ((reads += 1), backbone.graph()) };
    const [first, second] = await Promise.all([openImageModel(counted), openImageModel(counted)]);
    expect(first).toBe(second);
    expect(reads).toBe(1);
  });
});

describe('a model in half precision', () => {
  let backbone: Awaited<ReturnType<typeof tinyClip>>;
  let model: ImageModel;
  beforeAll(async () => {
    backbone = await tinyClip();
    model = await openImageModel(backbone);
  });
  afterAll(async () => backbone.dispose());

  test('is trained in single precision, with the features that the backbone gives', async () => {
    const images = noise(4, 48);
    const pixels = await backbone.pixels(images);
    const parameters = [...model.weights.keys()];
    expect([...model.weights.values()].every(({ dtype }) => dtype === 'float32')).toBe(true);
    expect(model.blocks).toBe(6);
    const graph = model.graph(4, { parameters });
    const { features } = await runGraph(graph, { pixels, ...Object.fromEntries(model.weights) });
    const expected = await backbone.embedImages(images);
    expect(apart(features!, expected.data)).toBeLessThan(tolerance);
  });

  test('is written back with its own inputs and outputs, weights changed', async () => {
    const name = [...model.places].find(([, place]) => place.role === 'final')![0];
    const weight = model.weights.get(name)!;
    const doubled: Tensor = {
      dtype: 'float32',
      dims: weight.dims,
      data: (weight.data as Float32Array).map((x) => 2 * x),
    };
    const pixels = await backbone.pixels(noise(2, 48));
    const before = await runModel(model.file({}), { pixel_values: pixels });
    const after = await runModel(model.file({ [name]: doubled }), { pixel_values: pixels });
    expect(Object.keys(after)).toEqual(['image_embeds', 'last_hidden_state']);
    expect(
      apart(
        after['image_embeds']!,
        before['image_embeds']!.map((x) => 2 * x),
      ),
    ).toBeLessThan(tolerance);
    expect(after['last_hidden_state']).toEqual(before['last_hidden_state']);
  });
});

describe('bad input', () => {
  test('an image size the graph does not take is refused, saying what was found', async () => {
    await expect(openImageModel(exported('vit-dynamo', { imageSize: 48 }))).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
      message: expect.stringMatching(
        /does not take pixels \[1, 3, 48, 48\].*Choose an image size/u,
      ),
    });
  });

  test('a feature size that is not the graph’s is refused', async () => {
    await expect(openImageModel(exported('vit-opset17', { featureDim: 64 }))).rejects.toMatchObject(
      {
        code: 'INVALID_MODEL',
        message: expect.stringContaining('gives features [1, 32], expected [1, 64]'),
      },
    );
  });

  test('an output that is not there is refused with those that are', async () => {
    await expect(
      openImageModel(exported('vit-opset17', { output: 'pooled' })),
    ).rejects.toMatchObject({
      code: 'INVALID_MODEL',
      message: expect.stringContaining('outputs last_hidden_state, expected "pooled"'),
    });
  });

  test('a failure is not remembered: the next call reads again', async () => {
    const backbone = exported('vit-opset17');
    let broken = true;
    const flaky = {
      ...backbone,
      graph: async () => (broken ? Promise.reject(new Error('disk')) : backbone.graph()),
    };
    await expect(openImageModel(flaky)).rejects.toThrow('disk');
    broken = false;
    expect((await openImageModel(flaky)).blocks).toBe(2);
  });

  test('a weight that is none, or of another size, is refused by name', async () => {
    const model = await open('vit-opset17');
    expect(() => model.graph(1, { parameters: ['nothing'] })).toThrow(
      expect.objectContaining({
        code: 'NOT_FOUND',
        message: expect.stringContaining(
          '"nothing" is no weight that can be trained, expected one of the 38',
        ),
      }),
    );
    const short: Tensor = { dtype: 'float32', dims: [3], data: new Float32Array(3) };
    expect(() => model.file({ 'model.layernorm.bias': short })).toThrow(
      expect.objectContaining({
        code: 'SHAPE_MISMATCH',
        message: expect.stringContaining(
          '"model.layernorm.bias" is to become float32[3], expected float32[32]',
        ),
      }),
    );
  });

  test('a model without attention opens, with no blocks and no roles', async () => {
    const model = await openImageModel(
      linear((g, x) => {
        const positions = g.initializer('positions', tensor([1, 3, 4, 4]));
        const factors = { dtype: 'float32', dims: [4], data: Float32Array.of(1, 1, 2, 2) } as const;
        const scales = g.initializer('scales', factors); // sets a size: no weight
        return g.node('Add', [x, g.node('Resize', [positions, '', scales], { mode: 'nearest' })]);
      }),
    );
    expect(model.blocks).toBe(0);
    const other = { block: undefined, role: 'other', matrix: true };
    expect([...model.places]).toEqual([
      ['positions', other],
      ['w', other],
    ]);
    expect(printGraph(model.graph(2, { parameters: ['w'] }))).toContain('output features');
  });

  test('values that are called pixels and features give way', async () => {
    const backbone = linear((g, x) => {
      const other = g.node('Neg', [x], {}, { outputs: ['features'] });
      return g.node('Neg', [other], {}, { outputs: ['pixels'] });
    });
    const model = await openImageModel(backbone);
    const image = tensor([1, 3, 8, 8]);
    const { features } = await runGraph(model.graph(1), { pixels: image });
    const { y } = await runModel(model.file({}), { pixel_values: image });
    expect(features).toEqual(y);
  });
});

/** Numbers without a pattern. */
function tensor(dims: readonly number[]): Tensor<'float32'> {
  const length = dims.reduce((product, size) => product * size, 1);
  const data = Float32Array.from({ length }, (_, i) => Math.sin(i));
  return { dtype: 'float32', dims, data };
}

/** A backbone y = flatten(body(x)) w of four features. */
function linear(body: (g: GraphBuilder, x: string) => string): TrainableBackbone {
  const g = new GraphBuilder({ name: 'linear' });
  const x = g.input('pixel_values', 'float32', ['n', 3, 8, 8]);
  const w = g.initializer('w', tensor([192, 4]));
  const flat = g.node('Flatten', [body(g, x)]);
  g.output(g.node('MatMul', [flat, w], {}, { outputs: ['y'] }), 'float32', ['n', 4]);
  const graph = {
    model: writeModel(g.build()),
    input: 'pixel_values',
    output: 'y',
    take: 'all',
  } as const;
  return { ...exported('', { featureDim: 4, imageSize: 8 }), graph: async () => graph };
}
