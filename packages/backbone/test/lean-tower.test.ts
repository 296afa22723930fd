/** Image towers with less work, against the files that they come from. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vit } from '@cl/backbone';
import { GraphBuilder, graphFromModel, modelFromGraph, readModel, writeModel } from '@cl/onnx';
import { readModelFile, readModelOutline } from '@cl/onnx/node';
import { tinyClipPath } from '@cl/tiny-clip';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, expect, test } from 'vitest';
import { leanTower } from '../src/lean-tower.ts';
import { startThread } from '../src/model-threads.ts';
import type { FeatureOutput, InferenceData, Tower, TowerForm } from '../src/worker-messages.ts';
import { pixelRef } from './support/images.ts';
import { clipPreprocessor, writeEchoModel } from './support/model-folder.ts';
import { largestDifference } from './support/tiny-clip.ts';

/** Features are of the order of 1 to 5; the products of one token are summed in another order than those of many. */
const tolerance = 1e-5;

const scratch = mkdtempSync(join(tmpdir(), 'cl-lean-'));
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

const tiny = join(tinyClipPath, 'onnx', 'vision_model.onnx');
const embeds: FeatureOutput = { name: 'image_embeds', take: 'all' };
const token: FeatureOutput = { name: 'last_hidden_state', take: 'first-token' };
const exported = (name: string): string =>
  fileURLToPath(new URL(`../../onnx/test/fixtures/${name}.onnx`, import.meta.url));

/** What the inference thread makes of a tower, and the features of some batches in one list. */
async function inThread(
  tower: Tower,
  batches: readonly number[],
  side: number,
): Promise<{ form: TowerForm; features: Float32Array[] }> {
  const data: InferenceData = { towers: { image: tower }, provider: 'cpu', threads: 2 };
  const worker = startThread('inference-worker', data);
  try {
    const { image: form } = await worker.call<Record<'image', TowerForm>>('load', undefined);
    const features: Float32Array[] = [];
    for (const count of batches) {
      const pixel_values = {
        type: 'float32',
        dims: [count, 3, side, side],
        data: noise(count, side),
      };
      const request = { tower: 'image', count, inputs: { pixel_values } };
      features.push(await worker.call<Float32Array>('run', request));
    }
    return { form, features };
  } finally {
    await worker.close();
  }
}

/** The features that the file gives, run by itself. */
async function fromFile({ path, output }: Tower, count: number, side: number): Promise<number[]> {
  const session = await InferenceSession.create(path, { logSeverityLevel: 3 });
  const pixels = new Tensor('float32', noise(count, side), [count, 3, side, side]);
  const { data, dims } = (await session.run({ pixel_values: pixels }))[output.name]!;
  await session.release();
  const width = dims.at(-1)!;
  return Array.from({ length: count }, (_, i) => i * (data.length / count)).flatMap((start) =>
    Array.from((data as Float32Array).subarray(start, start + width)),
  );
}

const noise = (count: number, side: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: count * 3 * side * side }, (_, i) => Math.sin(i * 12.9898) * 2);

/** A tower whose weights lie in a file beside it. */
async function withDataBeside(): Promise<string> {
  const folder = join(scratch, 'beside');
  mkdirSync(folder);
  copyFileSync(tiny, join(folder, 'vision_model.onnx')); // holds the data
  writeFileSync(join(folder, 'model.onnx'), writeModel(await readModelOutline(tiny)));
  return join(folder, 'model.onnx');
}

/** A link to a file of another name in another folder, as in the cache of huggingface_hub. */
function linked(): string {
  const [blobs, snapshot] = ['blobs', 'snapshot'].map((name) => join(scratch, name));
  for (const folder of [blobs!, snapshot!]) mkdirSync(folder);
  copyFileSync(tiny, join(blobs!, '3f0c'));
  symlinkSync(join('..', 'blobs', '3f0c'), join(snapshot!, 'vision_model.onnx'));
  return join(snapshot!, 'vision_model.onnx');
}

test.each([
  ['tiny-clip', () => tiny, embeds, 48],
  ['weights in a file beside', withDataBeside, embeds, 48],
  ['a link', linked, embeds, 48],
  ...[
    'vit-opset11',
    'vit-opset17',
    'vit-dynamo',
    'vit-dynamo23',
    'deit-opset14',
    'dinov2-opset17',
  ].map((name) => [name, () => exported(name), token, 32] as const),
] as const)(
  '%s runs lean, with the features of its file, at every batch size',
  async (_, at, output, side) => {
    const tower: Tower = { path: await at(), output, imageSize: side };
    const batches = [4, 1, 2, 3, 9];
    const { form, features } = await inThread(tower, batches, side);
    expect(form).toBe('lean');
    for (const [i, count] of batches.entries()) {
      const expected = await fromFile(tower, count, side);
      expect(largestDifference(features[i]!, expected)).toBeLessThan(tolerance);
      expect(Math.max(...expected)).toBeGreaterThan(0.5);
    }
  },
);

/** tiny-clip for batches of two alone. */
async function forTwo(): Promise<string> {
  const path = join(scratch, 'two.onnx');
  const graph = graphFromModel(await readModelFile(tiny));
  const inputs = graph.inputs.map((input) => ({ ...input, dims: [2, 3, 48, 48] }));
  writeFileSync(path, writeModel(modelFromGraph({ ...graph, inputs })));
  return path;
}

test.each([
  ['a tower that is not said to have plain weights', () => tiny, embeds, undefined],
  ['features of all tokens', () => tiny, token, undefined],
  ['another image size than the export has', () => tiny, embeds, 64],
  ['a batch size that the export fixed', forTwo, embeds, 48],
] as const)('%s: the file itself runs', async (_, at, output, imageSize) => {
  const tower: Tower = { path: await at(), output, ...(imageSize !== undefined && { imageSize }) };
  const { form, features } = await inThread(tower, [2], 48);
  expect(form).toBe('file');
  expect(Array.from(features[0]!)).toEqual(await fromFile(tower, 2, 48));
});

/** An MLP on pixels: its hidden rows are 4096 bytes long. */
function writeMlp(): string {
  const g = new GraphBuilder({ opset: 17 });
  const weights = (rows: number, cols: number): string => {
    const data = Float32Array.from({ length: rows * cols }, (_, i) => Math.sin(i * 7.13) / 8);
    return g.initializer(`w${rows}`, { dtype: 'float32', dims: [rows, cols], data });
  };
  const shape = { dtype: 'int64', dims: [2], data: BigInt64Array.of(0n, 192n) } as const;
  const pixels = g.input('pixel_values', 'float32', ['batch', 3, 8, 8]);
  const x = g.node('Reshape', [pixels, g.initializer('shape', shape)]);
  const hidden = g.node('Relu', [g.node('MatMul', [x, weights(192, 1024)])]);
  g.node('MatMul', [hidden, weights(1024, 16)], {}, { outputs: ['image_embeds'] });
  g.output('image_embeds', 'float32', ['batch', 16]);
  const path = join(scratch, 'mlp.onnx');
  writeFileSync(path, writeModel(g.build()));
  return path;
}

test('rows of hidden values that would share a set of the cache are longer', async () => {
  const tower: Tower = { path: writeMlp(), output: embeds, imageSize: 8 };
  const { model } = (await leanTower(tower))!;
  const nodes = readModel(model).graph?.node.map(({ opType }) => opType);
  expect(nodes).toEqual(['Concat', 'Concat', 'Reshape', 'MatMul', 'Relu', 'MatMul']);
  const { form, features } = await inThread(tower, [5], 8);
  expect(form).toBe('lean');
  expect(largestDifference(features[0]!, await fromFile(tower, 5, 8))).toBeLessThan(tolerance);
});

test('a model that mixes its tokens at the end, or pools them, runs as it is', async () => {
  const folder = writeEchoModel(join(scratch, 'echo'), 32, clipPreprocessor(32));
  const path = join(folder, 'onnx', 'model.onnx');
  const pooled: FeatureOutput = { name: 'pooler_output', take: 'all' };
  for (const output of [token, pooled]) {
    const { form, features } = await inThread({ path, output, imageSize: 32 }, [3], 32);
    expect(form).toBe('file');
    expect(features[0]).toEqual(noise(3, 32)); // it gives its input back
  }
});

test('a backbone gives the features of its file, and the file as its graph', async () => {
  const folder = join(scratch, 'vit');
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  const path = join(folder, 'onnx', 'model.onnx');
  copyFileSync(exported('vit-opset14'), path);
  const config = { model_type: 'vit', hidden_size: 32, image_size: 32 };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'preprocessor_config.json'), JSON.stringify(clipPreprocessor(32)));
  const backbone = await vit.create({ ...vit.defaults, model: folder, device: 'cpu' });
  const images = [1, 2, 3].map((seed) => pixelRef(32, 32, seed));
  const { data } = await backbone.embedImages(images);
  const pixels = await backbone.pixels!(images);
  const { model } = await backbone.graph!();
  await backbone.dispose();
  expect(model).toEqual(writeModel(await readModelFile(path)));
  const session = await InferenceSession.create(model, { logSeverityLevel: 3 });
  const feeds = { pixel_values: new Tensor('float32', pixels.data, pixels.dims) };
  const { last_hidden_state: all } = await session.run(feeds);
  const first = [0, 1, 2].flatMap((i) =>
    Array.from((all!.data as Float32Array).subarray(i * 17 * 32, i * 17 * 32 + 32)),
  );
  expect(largestDifference(data, first)).toBeLessThan(tolerance);
});
