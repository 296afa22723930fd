import { GraphBuilder, readModel, readTensor, writeModel, type OnnxTensor } from '@cl/onnx';
import { expect, test } from 'vitest';

function modelWith(...tensors: OnnxTensor[]) {
  const graph = new GraphBuilder();
  tensors.forEach((tensor, i) => graph.initializer(`t${i}`, tensor));
  const x = graph.input('x', 'float32', ['n']);
  graph.output(graph.node('Neg', [x]), 'float32', ['n']);
  return graph.build();
}

const tensors: OnnxTensor[] = [
  { dtype: 'float32', dims: [2], data: Float32Array.of(1.5, -0) },
  { dtype: 'float64', dims: [1, 1], data: Float64Array.of(Math.PI) },
  { dtype: 'float16', dims: [2], data: Uint16Array.of(0x3c00, 0x7bff) },
  { dtype: 'bfloat16', dims: [1], data: Uint16Array.of(0x3f80) },
  { dtype: 'int8', dims: [2], data: Int8Array.of(-128, 127) },
  { dtype: 'int16', dims: [1], data: Int16Array.of(-32768) },
  { dtype: 'int32', dims: [1], data: Int32Array.of(-(2 ** 31)) },
  { dtype: 'int64', dims: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) },
  { dtype: 'uint8', dims: [1], data: Uint8Array.of(255) },
  { dtype: 'uint16', dims: [1], data: Uint16Array.of(65535) },
  { dtype: 'uint32', dims: [1], data: Uint32Array.of(2 ** 32 - 1) },
  { dtype: 'uint64', dims: [1], data: BigUint64Array.of(2n ** 64n - 1n) },
  { dtype: 'bool', dims: [2], data: Uint8Array.of(1, 0) },
  { dtype: 'float32', dims: [0, 3], data: new Float32Array(0) },
  { dtype: 'float32', dims: [], data: Float32Array.of(7) },
];

test.each(tensors)('a $dtype tensor of dims $dims comes back as it was', (tensor) => {
  const [proto] = readModel(writeModel(modelWith(tensor))).graph!.initializer;
  expect(readTensor(proto!)).toEqual(tensor);
});

test('numbers in typed fields are read like raw bytes', () => {
  const [proto] = modelWith({ dtype: 'int64', dims: [2], data: BigInt64Array.of(0n, 0n) }).graph!
    .initializer;
  const typed = { ...proto!, rawData: new Uint8Array(0) };
  expect(readTensor({ ...typed, int64Data: [3n, -4n] }).data).toEqual(BigInt64Array.of(3n, -4n));
  const half = { ...typed, dataType: 10, int32Data: [0x3c00, 0xbc00] }; // half floats lie in int32_data
  expect(readTensor(half).data).toEqual(Uint16Array.of(0x3c00, 0xbc00));
});

test('a tensor is copied out of a Buffer, whose slice() is a view', () => {
  const bytes = Buffer.concat([Buffer.of(1, 2, 3), writeModel(modelWith(tensors[0]!))]).subarray(3);
  const [proto] = readModel(bytes).graph!.initializer;
  expect(readTensor(proto!)).toEqual(tensors[0]);
});

test('writing what was read gives the same bytes', () => {
  const bytes = writeModel(modelWith(...tensors));
  expect(writeModel(readModel(bytes))).toEqual(bytes);
});

test('fields that the schema does not know survive a round trip', () => {
  const bytes = writeModel(modelWith());
  const unknown = Uint8Array.of(...bytes, 0xfa, 0x3f, 0x02, 0x68, 0x69); // field 1023, "hi"
  expect(writeModel(readModel(unknown))).toEqual(unknown);
});

test('a truncated file is refused as corrupt', () => {
  const bytes = writeModel(modelWith(...tensors));
  expect(() => readModel(bytes.subarray(0, bytes.length - 20))).toThrow(
    expect.objectContaining({
      code: 'CORRUPT_FILE',
      message: expect.stringMatching(/bytes that are no whole protobuf message.*Fetch or export/),
    }),
  );
});

test('a Git LFS pointer is told by name', () => {
  const pointer = new TextEncoder().encode(
    'version https://git-lfs.github.com/spec/v1\noid sha256:0',
  );
  expect(() => readModel(pointer)).toThrow(
    expect.objectContaining({
      code: 'CORRUPT_FILE',
      message: expect.stringMatching(/Git LFS pointer.*git lfs pull/),
    }),
  );
});

test('an empty file is no model', () => {
  expect(() => readModel(new Uint8Array(0))).toThrow(
    expect.objectContaining({
      code: 'INVALID_MODEL',
      message: expect.stringMatching(/0 bytes with no graph, expected an ONNX model/),
    }),
  );
});

test('a model beyond the 2 GB of protobuf is refused before memory is spent', () => {
  const data = new Uint8Array(2 ** 30 + 1); // zero pages, never touched
  const big: OnnxTensor = { dtype: 'uint8', dims: [data.length], data };
  expect(() => writeModel(modelWith(big, big))).toThrow(
    expect.objectContaining({
      code: 'NOT_SUPPORTED',
      message: expect.stringMatching(/2\.00 GiB, expected at most 2 GiB.*as inputs/),
    }),
  );
});

test('a tensor in another file, or of an unknown type, is refused in words', () => {
  const [proto] = modelWith(tensors[0]!).graph!.initializer;
  expect(() => readTensor({ ...proto!, dataLocation: 1 })).toThrow(
    expect.objectContaining({
      code: 'NOT_SUPPORTED',
      message: expect.stringMatching(/"t0": has data in another file/),
    }),
  );
  expect(() => readTensor({ ...proto!, dataType: 8 })).toThrow(
    expect.objectContaining({
      code: 'NOT_SUPPORTED',
      message: expect.stringMatching(/data type 8/),
    }),
  );
});

test('a tensor whose bytes contradict its dims is refused as corrupt', () => {
  const [proto] = modelWith(tensors[0]!).graph!.initializer;
  expect(() => readTensor({ ...proto!, dims: [3n] })).toThrow(
    expect.objectContaining({
      code: 'CORRUPT_FILE',
      message: expect.stringMatching(/"t0": holds 2 elements, expected 3 for dims \[3\]/),
    }),
  );
});
