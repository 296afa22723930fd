import {
  GraphBuilder,
  removeDeadCode,
  type Initializer,
  readModel,
  readTensor,
  rewriteModel,
  writeModel,
  type Model,
} from '@cl/onnx';
import { readModelFile, readModelOutline } from '@cl/onnx/node';
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';

const tinyClip = fileURLToPath(
  new URL('../../tiny-clip/model/onnx/vision_model.onnx', import.meta.url),
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cl-onnx-'));
});
afterAll(() => rm(folder, { recursive: true }));

const external = (model: Model): readonly Initializer[] =>
  model.graph!.initializer.filter(({ externalData }) => externalData.length > 0);

test('weights from 64 KiB on stay in the file, at the place that is told', async () => {
  const [outline, whole, bytes] = await Promise.all([
    readModelOutline(tinyClip),
    readModelFile(tinyClip),
    readFile(tinyClip),
  ]);
  const left = external(outline);
  // 6 layers: 4 projections of 192 × 192 and 2 of the MLP; patches, and the projection into the common space.
  expect(left).toHaveLength(6 * 6 + 2);
  for (const { name, externalData } of left) {
    const { location, offset, length } = Object.fromEntries(
      externalData.map(({ key, value }) => [key, value]),
    );
    const { rawData } = whole.graph!.initializer.find((tensor) => tensor.name === name)!;
    expect(location).toBe('vision_model.onnx');
    const there = bytes.subarray(Number(offset), Number(offset) + Number(length));
    expect(Buffer.compare(there, rawData)).toBe(0);
  }
  expect(writeModel(outline).length).toBeLessThan((await stat(tinyClip)).size / 20);
  expect(outline.graph!.node.map(({ output }) => output)).toEqual(
    whole.graph!.node.map(({ output }) => output),
  );
});

test('a model without large weights is read whole', async () => {
  const path = fileURLToPath(new URL('fixtures/vit-opset17.onnx', import.meta.url));
  expect(writeModel(await readModelOutline(path))).toEqual(
    writeModel(readModel(await readFile(path))),
  );
});

test('a graph is rewritten around its weights; onnxruntime finds them in the file', async () => {
  const outline = await readModelOutline(tinyClip);
  const rewritten = rewriteModel(outline, (graph) => {
    expect(graph.inputs.length).toBe(1 + external(outline).length);
    return removeDeadCode({ ...graph, outputs: ['last_hidden_state'] });
  })!;
  // The projection of the pooled token is not read any more.
  expect(external(rewritten)).toHaveLength(external(outline).length - 1);
  expect(rewritten.graph!.input.map(({ name }) => name)).toEqual(['pixel_values']);
  const data = Float32Array.from({ length: 3 * 48 * 48 }, (_, i) => Math.sin(i));
  const feeds = { pixel_values: new Tensor('float32', data, [1, 3, 48, 48]) };
  const sessions = await Promise.all([
    InferenceSession.create(tinyClip),
    InferenceSession.create(writeModel(rewritten), {
      extra: { session: { model_external_initializers_file_folder_path: dirname(tinyClip) } },
    }),
  ]);
  const [want, got] = await Promise.all(
    sessions.map(async (session) => (await session.run(feeds))['last_hidden_state']!.data),
  );
  expect(got).toEqual(want);
  expect(sessions[1]!.outputNames).toEqual(['last_hidden_state']);
});

test('weights in other files stay there; giving up gives nothing', async () => {
  const g = new GraphBuilder();
  const dims = [128, 128];
  const w = g.initializer('w', {
    dtype: 'float32',
    dims,
    data: new Float32Array(128 * 128).fill(2),
  });
  g.output(g.node('MatMul', [g.input('x', 'float32', ['n', 128]), w]), 'float32', ['n', 128]);
  const path = join(folder, 'model.onnx');
  await writeFile(path, writeModel(g.build()));
  const outline = await readModelOutline(path);
  await writeFile(join(folder, 'outline.onnx'), writeModel(outline));
  const again = await readModelOutline(join(folder, 'outline.onnx'));
  expect(external(again)).toEqual(external(outline)); // in model.onnx, not in outline.onnx
  const read = await readModelFile(join(folder, 'outline.onnx'));
  expect(readTensor(read.graph!.initializer[0]!).data[0]).toBe(2);
  expect(rewriteModel(outline, () => undefined)).toBe(undefined);
});

test('damaged and missing files are named', async () => {
  const path = join(folder, 'cut.onnx');
  await writeFile(path, await readFile(tinyClip));
  await truncate(path, 500_000);
  await expect(readModelOutline(path)).rejects.toMatchObject({
    code: 'CORRUPT_FILE',
    message: expect.stringContaining('"cut.onnx" has no whole field at byte') as string,
  });
  await writeFile(path, 'no model, but some text of a page that a server sent instead');
  await expect(readModelOutline(path)).rejects.toMatchObject({ code: 'CORRUPT_FILE' });
  await expect(readModelOutline(join(folder, 'none.onnx'))).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining(
      'readModelOutline: ' + join(folder, 'none.onnx') + ' does not exist',
    ) as string,
  });
});
