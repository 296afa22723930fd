import { decodeSafetensors, encodeSafetensors, type Tensor } from '@cl/hub';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { errorOf } from './error-of.ts';

/** A file of this header and so many bytes of data. */
function file(header: unknown, dataBytes = 0): Uint8Array {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  return raw(new TextEncoder().encode(text), dataBytes);
}

function raw(json: Uint8Array, dataBytes = 0, length = BigInt(json.length)): Uint8Array {
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  bytes.set(json, 8);
  return bytes;
}

const u8 = (begin: number, end: number, shape: unknown = [end - begin]) => ({
  dtype: 'U8',
  shape,
  data_offsets: [begin, end],
});

const arrays = {
  float32: fc.float32Array(),
  float64: fc.float64Array(),
  int32: fc.int32Array(),
  uint32: fc.uint32Array(),
  int64: fc.bigInt64Array(),
  uint16: fc.uint16Array(),
  uint8: fc.uint8Array(),
};

const anyTensor: fc.Arbitrary<Tensor> = fc.oneof(
  ...Object.entries(arrays).map(([dtype, array]) =>
    (array as fc.Arbitrary<Tensor['data']>).map(
      (data) => ({ dtype, dims: [1, data.length], data }) as Tensor,
    ),
  ),
);

const anyName = fc
  .string({ unit: 'grapheme', minLength: 1 })
  .filter((name) => name !== '__proto__' && name !== '__metadata__');

test('whatever is written is read back to the bit, wherever the bytes lie', () => {
  let runs = 0;
  fc.assert(
    fc.property(
      fc.dictionary(anyName, anyTensor, { noNullPrototype: true }),
      fc.dictionary(anyName, fc.string({ unit: 'grapheme' }), { noNullPrototype: true }),
      fc.nat(7),
      (tensors, metadata, shift) => {
        runs += 1;
        const bytes = encodeSafetensors(tensors, metadata);
        const shifted = new Uint8Array(bytes.length + shift).subarray(shift);
        shifted.set(bytes);
        const read = decodeSafetensors(shifted);
        expect({ ...read.tensors }).toEqual(tensors); // toEqual tells −0 from 0 and NaN from numbers
        expect(read.metadata).toEqual(metadata);
      },
    ),
  );
  expect(runs).toBe(100);
});

test('bytes do not depend on the order of the tensors, and data is aligned', () => {
  const a = { dtype: 'uint8', dims: [3], data: Uint8Array.of(1, 2, 3) } as const;
  const b = { dtype: 'float64', dims: [], data: Float64Array.of(Math.PI) } as const;
  const bytes = encodeSafetensors({ a, b });
  expect(bytes).toEqual(encodeSafetensors({ b, a }));
  const read = decodeSafetensors(bytes);
  expect(read.tensors['b']!.data.buffer).toBe(bytes.buffer); // a view: nothing was copied
  expect(read.tensors['toString']).toBeUndefined();
});

// The layout by hand: 8 bytes of length, the header padded to 8, then the data.
test('the bytes are those of the format', () => {
  const bytes = encodeSafetensors({
    x: { dtype: 'uint16', dims: [2], data: Uint16Array.of(1, 258) },
  });
  const header = '{"x":{"dtype":"U16","shape":[2],"data_offsets":[0,4]}}'.padEnd(56);
  expect(Buffer.from(bytes).toString('latin1')).toBe(`8\0\0\0\0\0\0\0${header}\x01\0\x02\x01`);
});

test('a misaligned tensor of a Buffer is copied, not misread', () => {
  const text = '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} '; // 55 bytes: data at 63
  const bytes = Buffer.from(file(text, 4));
  bytes.writeFloatLE(1.5, 63);
  expect(decodeSafetensors(bytes).tensors['x']!.data).toEqual(Float32Array.of(1.5));
});

// Bits by the definitions of IEEE 754 binary16 and of bfloat16 (the upper half of binary32).
test('F16 and BF16 become the same numbers in float32, BOOL becomes uint8', () => {
  const halves = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x83ff, 0x7c00, 0xfc00, 0x8000, 0x3555];
  const brains = [0x3f80, 0xc000, 0x7f80, 0x0001];
  const bytes = file(
    {
      h: { dtype: 'F16', shape: [9], data_offsets: [0, 18] },
      b: { dtype: 'BF16', shape: [4], data_offsets: [18, 26] },
      t: { dtype: 'BOOL', shape: [2], data_offsets: [26, 28] },
    },
    28,
  );
  const view = new DataView(bytes.buffer, bytes.length - 28);
  [...halves, ...brains].forEach((bits, i) => view.setUint16(2 * i, bits, true));
  view.setUint8(27, 1);
  const { h, b, t } = decodeSafetensors(bytes).tensors;
  expect(h!.dtype).toBe('float32');
  expect([...h!.data]).toEqual([
    1,
    -2,
    65504,
    2 ** -24,
    -1023 * 2 ** -24,
    Infinity,
    -Infinity,
    -0,
    0.333251953125,
  ]);
  expect([...b!.data]).toEqual([1, -2, Infinity, 2 ** -133]);
  expect(t).toEqual({ dtype: 'uint8', dims: [2], data: Uint8Array.of(0, 1) });
  expect(Number.isNaN(decodeHalf(0x7e00))).toBe(true);
});

function decodeHalf(bits: number): number {
  const bytes = file({ x: { dtype: 'F16', shape: [], data_offsets: [0, 2] } }, 2);
  new DataView(bytes.buffer, bytes.length - 2).setUint16(0, bits, true);
  return decodeSafetensors(bytes).tensors['x']!.data[0] as number;
}

const hostile: [string, Uint8Array][] = [
  ['has 5 bytes, expected at least the 8', new Uint8Array(5)],
  [
    'claims a header of 18446744073709551615 bytes, expected at most 25000000',
    raw(new Uint8Array(0), 0, 2n ** 64n - 1n),
  ],
  ['claims a header of 25000001 bytes, expected at most', raw(new Uint8Array(0), 0, 25_000_001n)],
  [
    'claims a header of 100 bytes, but only 2 bytes follow',
    raw(Uint8Array.of(0x7b, 0x7d), 0, 100n),
  ],
  ['does not start with "{"', file(' {}')],
  ['does not start with "{"', raw(new Uint8Array(0))],
  ['does not start with "{"', file([])],
  ['is not valid UTF-8', raw(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d))],
  ['is not valid JSON', file('{"a":')],
  [
    'header: has the key "a" twice',
    file(
      '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
    ),
  ],
  [
    'header: has the key "shape" twice',
    file('{"a":{"dtype":"U8","shape":[9],"shape":[0],"data_offsets":[0,0]}}'),
  ],
  ['has a key "__proto__"', file('{"__proto__":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}')],
  ['has a key "__proto__"', file('{"__metadata__":{"__proto__":"x"}}')],
  ['has __metadata__ "n" that is not a string', file({ __metadata__: { n: 1 } })],
  ['has __metadata__ that is not a JSON object', file({ __metadata__: ['x'] })],
  ['has "a" that is not a JSON object', file({ a: [] })],
  ['tensor "a": has no dtype', file({ a: { shape: [0], data_offsets: [0, 0] } })],
  ['tensor "a": has the unknown dtype "\\"F128\\""', file({ a: { ...u8(0, 0), dtype: 'F128' } })],
  [
    'tensor "a": has the unknown dtype "\\"constructor\\""',
    file({ a: { ...u8(0, 0), dtype: 'constructor' } }),
  ],
  ['tensor "a": has an unknown key "code"', file({ a: { ...u8(0, 0), code: 'x' } })],
  [
    'tensor "a": has a shape that is not a list of non-negative safe integers',
    file({ a: u8(0, 0, [-1]) }),
  ],
  ['tensor "a": has a shape that is not a list', file({ a: u8(0, 0, [1.5]) })],
  [
    'tensor "a": has a shape that is not a list',
    file('{"a":{"dtype":"U8","shape":[1e300],"data_offsets":[0,0]}}'),
  ],
  ['tensor "a": has a shape that is not a list', file({ a: u8(0, 0, 3) })],
  ['of more elements than can be counted', file({ a: u8(0, 0, [2 ** 52, 2 ** 52]) })],
  [
    'of more elements than can be counted',
    file({ a: { dtype: 'F64', shape: [2 ** 53 - 1], data_offsets: [0, 8] } }, 8),
  ],
  [
    'tensor "a": has data_offsets that are not two',
    file({ a: { ...u8(0, 1), data_offsets: [0] } }, 1),
  ],
  [
    'tensor "a": has data_offsets that are not two',
    file({ a: { ...u8(0, 1), data_offsets: [-1, 0] } }, 1),
  ],
  ['tensor "a": claims bytes 0 to 9, outside the 4 bytes of data', file({ a: u8(0, 9) }, 4)],
  ['tensor "a": claims bytes 3 to 1, outside', file({ a: u8(3, 1, [2]) }, 4)],
  [
    'tensor "a": claims 4 bytes for shape [2, 3] of U8, expected 6',
    file({ a: u8(0, 4, [2, 3]) }, 4),
  ],
  [
    'tensor "b": starts at byte 1 and overlaps the tensor that ends at 2',
    file({ a: u8(0, 2), b: u8(1, 3) }, 3),
  ],
  [
    'tensor "b": starts at byte 3 and leaves a gap after byte 2',
    file({ a: u8(0, 2), b: u8(3, 4) }, 4),
  ],
  ['has 2 bytes after the last tensor', file({ a: u8(0, 2) }, 4)],
  ['has 3 bytes after the last tensor', file({}, 3)],
];

test.each(hostile)('refuses a file that %s', async (sentence, bytes) => {
  const error = await errorOf(() => decodeSafetensors(bytes));
  expect(error.code).toBe('CORRUPT_FILE');
  expect(error.message).toContain(sentence);
  expect(error.message).toMatch(/^safetensors.*restore it or save again\.$/s);
});

test('a type that has no array is refused by name', async () => {
  const error = await errorOf(() =>
    decodeSafetensors(file({ a: { ...u8(0, 1), dtype: 'I8' } }, 1)),
  );
  expect(error.code).toBe('NOT_SUPPORTED');
  expect(error.message).toContain('tensor "a" is of type I8, expected one of F64');
});

test('any changed or missing byte of the header is refused or reads as sound tensors', () => {
  const bytes = encodeSafetensors({
    a: { dtype: 'float32', dims: [2, 2], data: new Float32Array(4) },
  });
  let refused = 0;
  for (let at = 0; at < bytes.length - 16; at += 1) {
    for (const flip of [1, 2, 16, 128]) {
      const changed = bytes.slice();
      changed[at]! ^= flip;
      try {
        for (const { dims, data } of Object.values(decodeSafetensors(changed).tensors)) {
          expect(data).toHaveLength(dims.reduce((a, b) => a * b, 1));
        }
      } catch (error) {
        expect(['CORRUPT_FILE', 'NOT_SUPPORTED']).toContain((error as { code?: string }).code);
        refused += 1;
      }
    }
  }
  expect(refused).toBeGreaterThan(100);
});

test.each<[string, string, Record<string, unknown>]>([
  [
    'SHAPE_MISMATCH',
    'tensor "a" has dims [2, 2] and 3 elements, expected 4',
    { a: { dtype: 'float32', dims: [2, 2], data: new Float32Array(3) } },
  ],
  [
    'SHAPE_MISMATCH',
    'dims [-1, -3]',
    { a: { dtype: 'float32', dims: [-1, -3], data: new Float32Array(3) } },
  ],
  [
    'INVALID_DATA',
    'says float32 and holds a Float64Array',
    { a: { dtype: 'float32', dims: [1], data: new Float64Array(1) } },
  ],
  [
    'INVALID_DATA',
    '"__metadata__", which the format reserves',
    { __metadata__: { dtype: 'uint8', dims: [0], data: new Uint8Array(0) } },
  ],
  [
    'INVALID_DATA',
    'which the format reserves or cannot hold',
    { '\ud800': { dtype: 'uint8', dims: [0], data: new Uint8Array(0) } },
  ],
])('writing refuses with %s: %s', async (code, sentence, tensors) => {
  const error = await errorOf(() => encodeSafetensors(tensors as Record<string, Tensor>));
  expect(error.code).toBe(code);
  expect(error.message).toContain(sentence);
});

test('metadata that is no text is refused when writing', async () => {
  const error = await errorOf(() => encodeSafetensors({}, { n: 1 as unknown as string }));
  expect(error.code).toBe('INVALID_DATA');
  expect(error.message).toContain('metadata "n"');
});
