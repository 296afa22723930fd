import {
  GraphBuilder,
  graphFromModel,
  readExternalData,
  readModel,
  writeModel,
  type Model,
} from '@cl/onnx';
import { readModelFile } from '@cl/onnx/node';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const values = Float32Array.of(1, 2, 3, 4);

/** A model whose weight lies elsewhere, as `onnx.save(..., save_as_external_data=True)` writes it. */
function modelWith(entries: Readonly<Record<string, string>>): Model {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [4]);
  const w = g.initializer('w', { dtype: 'float32', dims: [4], data: values });
  g.output(g.node('Add', [x, w], {}, { outputs: ['y'] }), 'float32', [4]);
  const model = g.build();
  const [tensor] = model.graph!.initializer;
  const external = {
    ...tensor!,
    rawData: new Uint8Array(0),
    dataLocation: 1 as const,
    externalData: Object.entries(entries).map(([key, value]) => ({
      $typeName: 'onnx.StringStringEntryProto' as const,
      key,
      value,
    })),
  };
  return { ...model, graph: { ...model.graph!, initializer: [external] } };
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cl-onnx-'));
  const bytes = new Uint8Array(8 + 16 + 8).fill(255);
  bytes.set(new Uint8Array(values.buffer), 8); // between other bytes
  await writeFile(join(folder, 'weights.bin'), bytes);
});
afterAll(() => rm(folder, { recursive: true }));

async function readFrom(entries: Readonly<Record<string, string>>): Promise<Model> {
  const path = join(folder, 'model.onnx');
  await writeFile(path, writeModel(modelWith(entries)));
  return readModelFile(path);
}

test('weights in another file are read where the model says', async () => {
  const model = await readFrom({ location: 'weights.bin', offset: '8', length: '16' });
  expect(graphFromModel(model).initializers.get('w')!.data).toEqual(values);
  // Written again, the model is one file.
  const again = graphFromModel(readModel(writeModel(model)));
  expect(again.initializers.get('w')!.data).toEqual(values);
});

test('a reader of ranges serves where there are no files', async () => {
  const asked: unknown[] = [];
  const model = await readExternalData(modelWith({ location: 'a/w.bin' }), (range) => {
    asked.push(range);
    return Promise.resolve(new Uint8Array(values.buffer));
  });
  expect(asked).toEqual([{ location: 'a/w.bin', offset: 0, length: undefined }]);
  expect(graphFromModel(model).initializers.get('w')!.data).toEqual(values);
});

test('a model that holds all its weights is returned as it is', async () => {
  const model = readModel(
    writeModel(await readFrom({ location: 'weights.bin', offset: '8', length: '16' })),
  );
  const never = (): never => {
    throw new Error('nothing to read');
  };
  expect(await readExternalData(model, never)).toBe(model);
});

test('weights that were not read in are refused with the way to do it', () => {
  expect(() => graphFromModel(modelWith({ location: 'weights.bin' }))).toThrow(
    expect.objectContaining({
      code: 'NOT_SUPPORTED',
      message: expect.stringMatching(/tensor "w".*another file.*readExternalData/),
    }),
  );
});

const refused: readonly [string, Record<string, string>, string, RegExp][] = [
  [
    'a path out of the folder',
    { location: '../weights.bin' },
    'INVALID_MODEL',
    /"w".*"\.\.\/weights\.bin".*inside/,
  ],
  ['an absolute path', { location: '/etc/hostname' }, 'INVALID_MODEL', /"\/etc\/hostname"/],
  ['a path with a drive', { location: 'C:\\w.bin' }, 'INVALID_MODEL', /inside the model's folder/],
  ['no path', { offset: '0' }, 'INVALID_MODEL', /lies in ""/],
  [
    'an offset that is no number',
    { location: 'weights.bin', offset: '-4' },
    'INVALID_MODEL',
    /offset "-4"/,
  ],
  [
    'a file that is too short',
    { location: 'weights.bin', offset: '24', length: '16' },
    'CORRUPT_FILE',
    /gives 8 bytes at 24 for tensor "w", expected 16/,
  ],
  ['a file that is not there', { location: 'other.bin' }, 'NOT_FOUND', /other\.bin does not exist/],
];
test.each(refused)('%s is refused', async (_, entries, code, message) => {
  await expect(readFrom(entries)).rejects.toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});

test('a model file that is not there is not found', async () => {
  await expect(readModelFile(join(folder, 'none.onnx'))).rejects.toThrow(
    expect.objectContaining({ code: 'NOT_FOUND', message: expect.stringMatching(/none\.onnx/) }),
  );
});
