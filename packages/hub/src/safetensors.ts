/**
 * Tensors as bytes in the safetensors format. Pure: runs in browsers. Files, and tensors too large for one buffer, are
 * in `@cl/hub/node`.
 */
import { ClError } from './errors.ts';
import {
  arrayType,
  buildHeader,
  headerLength,
  parseHeader,
  type ArrayType,
  type TensorEntry,
} from './safetensors-header.ts';
import type { Tensor, TensorArrays } from './tensor.ts';

/** What a safetensors file holds. */
export interface Safetensors {
  /** By name, in the order of the data; has no prototype, so a missing name is `undefined`. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Writes tensors as the bytes of a file. The same tensors give the same bytes, whatever their order.
 *
 * @throws ClError `SHAPE_MISMATCH` when dims do not give the length, `INVALID_DATA` for reserved names.
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  assertLittleEndian();
  const header = buildHeader(tensors, metadata);
  let offset = header.bytes.length;
  const total = header.tensors.reduce((sum, [, { data }]) => sum + data.byteLength, offset);
  const bytes = new Uint8Array(total);
  bytes.set(header.bytes);
  for (const [, { data }] of header.tensors) {
    bytes.set(bytesOf(data), offset);
    offset += data.byteLength;
  }
  return bytes;
}

/**
 * Reads the bytes of a file, whoever wrote them.
 *
 * F16 and BF16 come as float32: each of their numbers is one, exactly, while their bits as integers would mean nothing
 * to who reads them. BOOL comes as uint8. Other tensors are views on `bytes` where they lie aligned and copies where
 * they do not; the format does not promise alignment, so a misaligned tensor is no fault.
 *
 * @throws ClError `CORRUPT_FILE` when the header contradicts itself or the bytes, `NOT_SUPPORTED` for other types.
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  assertLittleEndian();
  const start = 8 + headerLength('safetensors', bytes, bytes.length);
  const { entries, metadata } = parseHeader(
    'safetensors',
    bytes.subarray(8, start),
    bytes.length - start,
  );
  const tensors = Object.create(null) as Record<string, Tensor>;
  for (const entry of entries) {
    const data = storedArray(entry, bytes.subarray(start + entry.begin, start + entry.end));
    tensors[entry.name] = tensorOf(entry, data);
  }
  return { tensors, metadata };
}

/** The bytes of an array, not copied. */
export function bytesOf(data: TensorArrays[keyof TensorArrays]): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** What a file stores of a tensor as a typed array: halves still as 16 bits. Copied when misaligned. */
function storedArray(entry: TensorEntry, bytes: Uint8Array): TensorArrays[keyof TensorArrays] {
  const type = storedType(entry);
  const aligned = bytes.byteOffset % type.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new type(aligned.buffer, aligned.byteOffset, entry.length);
}

/** The array type that has the width of what is stored. */
export function storedType(entry: TensorEntry): ArrayType {
  return arrayType(isHalf(entry) ? 'uint16' : entry.dtype);
}

/** A tensor of what was stored: halves are widened. */
export function tensorOf(entry: TensorEntry, stored: TensorArrays[keyof TensorArrays]): Tensor {
  const data = isHalf(entry) ? widen(entry.storage, stored as Uint16Array) : stored;
  return { dtype: entry.dtype, dims: entry.dims, data };
}

function isHalf(entry: TensorEntry): boolean {
  return entry.storage === 'F16' || entry.storage === 'BF16';
}

/** BF16 is the upper half of a float32; F16 has 5 bits of exponent (bias 15) and 10 of fraction. */
function widen(storage: string, halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  const floats = new Float32Array(words.buffer);
  if (storage === 'BF16') {
    for (let i = 0; i < halves.length; i += 1) words[i] = halves[i]! << 16;
    return floats;
  }
  for (let i = 0; i < halves.length; i += 1) {
    const half = halves[i]!;
    const sign = (half & 0x8000) << 16;
    const exponent = (half >>> 10) & 31;
    const fraction = half & 0x3ff;
    if (exponent === 31) words[i] = sign | 0x7f800000 | (fraction << 13);
    else if (exponent > 0) words[i] = sign | ((exponent + 112) << 23) | (fraction << 13);
    else floats[i] = (sign === 0 ? fraction : -fraction) * 2 ** -24; // subnormal or zero
  }
  return floats;
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The format is little-endian, and so is every machine this was tested on. */
export function assertLittleEndian(): void {
  if (littleEndian) return;
  throw new ClError(
    'NOT_SUPPORTED',
    'safetensors: this machine stores numbers big-endian, expected little-endian. Use another machine.',
  );
}
