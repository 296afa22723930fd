import { clip } from '@cl/backbone';
import { backward, gradientName } from '@cl/autodiff';
import { createEvaluator } from '@cl/autodiff/node';
import { createRandom, resolveOptions, trainableOf, type Tensor } from '@cl/hub';
import { printNode, type OnnxGraph } from '@cl/onnx';
import { syntheticImages } from '@cl/testing';
import { tinyClipPath } from '@cl/tiny-clip';
import { openImageModel } from '@cl/training';
import { expect, test } from 'vitest';
import { embeddingName } from '../src/cut.ts';
import { PromptedModel, type PromptSettings } from '../src/prompted-model.ts';
import { parityCase } from './support/parity.ts';

const rows = 3;

const settings: PromptSettings = {
  layers: [0, 1, 2, 3, 4],
  temperature: 1,
  prompt: 'quantized',
  projection: 'after',
  normalizeQuery: false,
};

async function run(
  graph: OnnxGraph,
  outputs: readonly string[],
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Tensor>> {
  const evaluator = createEvaluator({ graph: () => graph, outputs, threads: 1 });
  try {
    return await evaluator.run({ rows, feeds });
  } finally {
    await evaluator.dispose();
  }
}

function largestDifference(a: Tensor, b: Tensor): number {
  expect(a.dims).toEqual(b.dims);
  return (a.data as Float32Array).reduce(
    (max, x, i) => Math.max(max, Math.abs(x - Number(b.data[i]))),
    0,
  );
}

/** Random values for the inputs of a graph; labels 3, 4, 5. */
function feedsOf(graph: OnnxGraph): Record<string, Tensor> {
  return Object.fromEntries(
    graph.inputs.map(({ name, elementType, dims }): [string, Tensor] => {
      if (elementType === 'int32')
        return [name, { dtype: 'int32', dims: [3], data: Int32Array.of(3, 4, 5) }];
      const random = createRandom(name);
      const size = (dims as number[]).reduce((product, dim) => product * dim, 1);
      const data = Float32Array.from({ length: size }, () => random.normal());
      return [name, { dtype: 'float32', dims: dims as number[], data }];
    }),
  );
}

test.each([
  ['the patch embedding', [0, 3], [17, 32]],
  ['the stream before block 2', [2, 4], [17, 32]],
] as const)('cut at %s, the two parts are the whole', async (_what, layers, dims) => {
  const image = await openImageModel(parityCase('tau1').backbone);
  const model = new PromptedModel(image, { ...settings, layers });
  expect(model.embeddingDims).toEqual(dims);
  const pixels = feedsOf(image.graph(rows))['pixels']!;
  const whole = await run(image.graph(rows), ['features'], { pixels });
  const stem = await run(model.stem(rows), [embeddingName], { pixels });
  const parts = await run(model.body(rows), ['features'], stem);
  expect(largestDifference(parts['features']!, whole['features']!)).toBeLessThan(1e-5);
  // The attentions before the first prompt are in the stem.
  const softmaxes = ({ nodes }: OnnxGraph) => nodes.filter(({ opType }) => opType === 'Softmax');
  expect(softmaxes(model.stem(rows))).toHaveLength(layers[0]);
  expect(softmaxes(model.body(rows))).toHaveLength(6 - layers[0]);
});

test('one row, many rows: the embedding is that of the same place', async () => {
  const image = await openImageModel(parityCase('tau1').backbone);
  const model = new PromptedModel(image, settings);
  const producer = (n: number): string => {
    const { nodes } = model.stem(n);
    return printNode(model.stem(n), nodes.at(-1)!).split('  #')[0]!;
  };
  expect(new Set([1, 2, 5, 17].map(producer)).size).toBe(1);
});

test('the parts of a CLIP give the features of its backbone', async () => {
  const backbone = await clip.create(
    await resolveOptions(clip, { model: tinyClipPath, threads: 1 }),
  );
  try {
    const opened = trainableOf(backbone)!;
    const model = new PromptedModel(await openImageModel(opened), settings);
    const images = syntheticImages(rows);
    const stem = await run(model.stem(rows), [embeddingName], {
      pixels: await opened.pixels(images),
    });
    const { features } = await run(model.body(rows), ['features'], stem);
    const { cols, data } = await backbone.embedImages(images);
    const expected: Tensor = { dtype: 'float32', dims: [rows, cols], data };
    const largest = data.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
    expect(largestDifference(features!, expected)).toBeLessThan(1e-4 * largest);
  } finally {
    await backbone.dispose();
  }
});

test('no gradient reaches the head’s columns of other classes, and none protected entries', async () => {
  const image = await openImageModel(parityCase('tau1').backbone);
  const model = new PromptedModel(image, { ...settings, layers: [1] });
  const graph = model.training(rows, [{ entries: 4, length: 2 }], {
    classes: 8,
    allowed: [3, 4, 5],
    weights: { codebook: 0.1, commitment: 0.4, balance: 0.1 },
    protect: new Map([[1, [0, 2]]]),
  });
  const wrt = ['head.weight', 'head.bias', 'prompts.1', 'keys.1'];
  const both = backward(graph, { loss: 'loss', wrt });
  const gradients = await run(both, wrt.map(gradientName), feedsOf(graph));
  const zeros = (name: string, width: number, axis: 'row' | 'column'): boolean[] => {
    const { dims, data } = gradients[gradientName(name)]!;
    const count = axis === 'row' ? dims[0]! : dims.at(-1)!;
    return Array.from({ length: count }, (_, k) =>
      (data as Float32Array).every(
        (x, i) => x === 0 || (axis === 'row' ? Math.floor(i / width) : i % width) !== k,
      ),
    );
  };
  const others = [true, true, true, false, false, false, true, true]; // all but columns 3, 4, 5
  expect(zeros('head.weight', 8, 'column')).toEqual(others);
  expect(zeros('head.bias', 8, 'column')).toEqual(others);
  expect(zeros('prompts.1', 2 * 32, 'row')).toEqual([true, false, true, false]);
  expect(zeros('keys.1', 32, 'row')).toEqual([true, false, true, false]);
});

test('a prompt of no tokens leaves the features as they are', async () => {
  const image = await openImageModel(parityCase('tau1').backbone);
  const model = new PromptedModel(image, { ...settings, layers: [0] });
  const graph = model.prompted(rows, [{ entries: 2, length: 0 }]);
  const feeds = feedsOf(graph);
  const { features } = await run(graph, ['features'], feeds);
  const plain = await run(model.body(rows), ['features'], {
    [embeddingName]: feeds[embeddingName]!,
  });
  expect(features).toEqual(plain['features']);
});
