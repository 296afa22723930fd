import { fromFloat16, toFloat16 } from '@cl/onnx';
import { Tensor, InferenceSession } from 'onnxruntime-node';
import { GraphBuilder, writeModel } from '@cl/onnx';
import { expect, test } from 'vitest';

// IEEE 754-2019, table 3.5: binary16 has 10 fraction bits and a bias of 15.
test.each([
  [1, 0x3c00],
  [-2, 0xc000],
  [65504, 0x7bff], // the largest
  [65519.99, 0x7bff],
  [65520, 0x7c00], // halfway to 2¹⁶: infinity
  [2 ** -14, 0x0400], // the smallest normal one
  [2 ** -24, 0x0001], // the smallest
  [2 ** -25, 0x0000], // a tie, to even
  [3 * 2 ** -25, 0x0002], // a tie, to even
  [2049, 0x6800], // a tie, to even: 2048
  [2051, 0x6802], // a tie, to even: 2052
  [-0, 0x8000],
  [-Infinity, 0xfc00],
])('%d is written as %i', (value, bits) => {
  expect(toFloat16([value])[0]).toBe(bits);
});

test('every finite half float comes back from its value', () => {
  const bits = Uint16Array.from({ length: 65536 }, (_, i) => i).filter(
    (b) => (b & 0x7c00) !== 0x7c00,
  );
  expect(toFloat16(fromFloat16(bits))).toEqual(bits);
});

test('NaN stays NaN', () => {
  expect(fromFloat16(toFloat16([NaN]))[0]).toBeNaN();
});

test('rounding agrees with onnxruntime, which casts float32 by hardware', async () => {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'float32', ['n']);
  graph.output(graph.node('Cast', [x], { to: 10n }), 'float16', ['n']);
  const session = await InferenceSession.create(writeModel(graph.build()));
  const values = Float32Array.from({ length: 4000 }, (_, i) => Math.sin(i) * 2 ** ((i % 60) - 40));
  const result = await session.run({ x: new Tensor('float32', values, [values.length]) });
  const theirs = Object.values(result)[0]!.data as unknown as { buffer: ArrayBuffer };
  expect(toFloat16(values)).toEqual(new Uint16Array(theirs.buffer, 0, values.length));
  await session.release();
});
