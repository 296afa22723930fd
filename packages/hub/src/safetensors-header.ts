/**
 * The header of a safetensors file: a little-endian u64 length, a JSON object that says name, type, shape and place of
 * each tensor, then the data without gaps (format: https://github.com/huggingface/safetensors). A header is trusted in
 * nothing: every claim is checked against the bytes that are there before anything is allocated.
 */
import { ClError } from './errors.ts';
import type { JsonValue } from './json.ts';
import { corrupt, parseStrictJson, quote } from './strict-json.ts';
import type { DType, Tensor } from './tensor.ts';

/** The longest header that is read or written: 25 MB, about 250,000 tensors. */
const maxHeaderBytes = 25_000_000;

/** An element type as the format names it: bytes an element, and what it becomes in memory, if anything. */
interface StorageType {
  readonly size: number;
  readonly dtype?: DType;
}

const storageTypes: Readonly<Record<string, StorageType>> = {
  F64: { size: 8, dtype: 'float64' },
  I64: { size: 8, dtype: 'int64' },
  U64: { size: 8 },
  F32: { size: 4, dtype: 'float32' },
  I32: { size: 4, dtype: 'int32' },
  U32: { size: 4, dtype: 'uint32' },
  F16: { size: 2, dtype: 'float32' }, // widened, exactly
  BF16: { size: 2, dtype: 'float32' }, // widened, exactly
  U16: { size: 2, dtype: 'uint16' },
  I16: { size: 2 },
  U8: { size: 1, dtype: 'uint8' },
  BOOL: { size: 1, dtype: 'uint8' },
  I8: { size: 1 },
  F8_E4M3: { size: 1 },
  F8_E5M2: { size: 1 },
};

const storageNames: Readonly<Record<DType, string>> = {
  float64: 'F64',
  int64: 'I64',
  float32: 'F32',
  int32: 'I32',
  uint32: 'U32',
  uint16: 'U16',
  uint8: 'U8',
};

/** One tensor of a header that was checked. */
export interface TensorEntry {
  readonly name: string;
  /** The format's name of the element type, for instance `BF16`. */
  readonly storage: string;
  /** What the elements are once read. */
  readonly dtype: DType;
  readonly dims: readonly number[];
  /** Number of elements. */
  readonly length: number;
  /** First byte and the byte after the last, counted from the start of the data. */
  readonly begin: number;
  readonly end: number;
}

/** A header that was checked: `entries` in the order of their data. */
export interface SafetensorsHeader {
  readonly entries: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The header's length as the first eight bytes give it.
 *
 * @param where - opens the error's sentence.
 * @param first - the first bytes of the file, 8 if it has them.
 * @param fileBytes - the size of the whole file.
 * @throws ClError `CORRUPT_FILE` when it is more than the file or the limit holds.
 */
export function headerLength(where: string, first: Uint8Array, fileBytes: number): number {
  if (fileBytes < 8) {
    throw corrupt(where, `has ${fileBytes} bytes, expected at least the 8 of a header's length`);
  }
  const length = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true);
  if (length > maxHeaderBytes) {
    throw corrupt(where, `claims a header of ${length} bytes, expected at most ${maxHeaderBytes}`);
  }
  if (Number(length) > fileBytes - 8) {
    throw corrupt(
      where,
      `claims a header of ${length} bytes, but only ${fileBytes - 8} bytes follow`,
    );
  }
  return Number(length);
}

/**
 * Reads and checks a header.
 *
 * @param where - opens the error's sentence.
 * @param json - the header's bytes, without the length before them.
 * @param dataBytes - how many bytes of data follow.
 * @throws ClError `CORRUPT_FILE` naming the tensor, `NOT_SUPPORTED` for element types without an array of their own.
 */
export function parseHeader(where: string, json: Uint8Array, dataBytes: number): SafetensorsHeader {
  if (json[0] !== 0x7b) throw corrupt(where, 'has a header that does not start with "{"');
  const header = object(where, 'its header', parseStrictJson(`${where}: header`, json));
  const { __metadata__: rawMetadata, ...tensors } = header;
  const metadata: Record<string, string> = {};
  if (rawMetadata !== undefined) {
    for (const [key, value] of Object.entries(object(where, '__metadata__', rawMetadata))) {
      if (typeof value !== 'string') {
        throw corrupt(where, `has __metadata__ ${quote(key)} that is not a string`);
      }
      metadata[key] = value;
    }
  }
  const entries = Object.entries(tensors)
    .map(([name, value]) => entryOf(where, name, value, dataBytes))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  assertGapless(where, entries, dataBytes);
  return { entries, metadata };
}

function entryOf(where: string, name: string, value: JsonValue, dataBytes: number): TensorEntry {
  const here = `${where}: tensor ${quote(name)}`;
  const { dtype, shape, data_offsets: offsets, ...others } = object(where, quote(name), value);
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) throw corrupt(here, `has an unknown key ${quote(unknown)}`);
  if (typeof dtype !== 'string' || !Object.hasOwn(storageTypes, dtype)) {
    const found =
      dtype === undefined ? 'no dtype' : `the unknown dtype ${quote(JSON.stringify(dtype))}`;
    throw corrupt(here, `has ${found}`);
  }
  const type = storageTypes[dtype]!;
  if (!isCounts(shape)) {
    throw corrupt(here, 'has a shape that is not a list of non-negative safe integers');
  }
  const length = shape.reduce((product, dim) => product * dim, 1);
  const bytes = length * type.size;
  if (!Number.isSafeInteger(bytes)) {
    throw corrupt(here, `has a shape [${shape.join(', ')}] of more elements than can be counted`);
  }
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw corrupt(here, 'has data_offsets that are not two non-negative safe integers');
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataBytes) {
    throw corrupt(here, `claims bytes ${begin} to ${end}, outside the ${dataBytes} bytes of data`);
  }
  if (end - begin !== bytes) {
    throw corrupt(
      here,
      `claims ${end - begin} bytes for shape [${shape.join(', ')}] of ${dtype}, expected ${bytes}`,
    );
  }
  if (type.dtype === undefined) {
    throw new ClError(
      'NOT_SUPPORTED',
      `${here} is of type ${dtype}, expected one of F64, F32, F16, BF16, I64, I32, U32, U16, U8 and BOOL. ` +
        'Convert the tensor before saving it.',
    );
  }
  return { name, storage: dtype, dtype: type.dtype, dims: shape, length, begin, end };
}

function assertGapless(where: string, entries: readonly TensorEntry[], dataBytes: number): void {
  let covered = 0;
  for (const { name, begin, end } of entries) {
    const here = `${where}: tensor ${quote(name)}`;
    if (begin < covered) {
      throw corrupt(
        here,
        `starts at byte ${begin} and overlaps the tensor that ends at ${covered}`,
      );
    }
    if (begin > covered) {
      throw corrupt(here, `starts at byte ${begin} and leaves a gap after byte ${covered}`);
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw corrupt(
      where,
      `has ${dataBytes - covered} bytes after the last tensor that belong to none`,
    );
  }
}

/** Tensors in the order of a file: larger elements first, which keeps each aligned; then by name. */
export type NamedTensor = readonly [name: string, tensor: Tensor];

/**
 * The first bytes of a file: length and header, padded with spaces so that the data is aligned to 8 bytes.
 *
 * @throws ClError `INVALID_DATA` for names and metadata the format has no room for, `SHAPE_MISMATCH` when the dims of a
 * tensor do not give its length.
 */
export function buildHeader(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): { readonly bytes: Uint8Array; readonly tensors: readonly NamedTensor[] } {
  const size = ([, { data }]: NamedTensor): number => data.BYTES_PER_ELEMENT;
  const sorted = Object.entries(tensors).sort(
    (a, b) => size(b) - size(a) || (a[0] < b[0] ? -1 : 1),
  );
  const header: Record<string, unknown> = {};
  const entries = Object.entries(metadata);
  if (entries.length > 0) header['__metadata__'] = metadata;
  for (const [key, value] of entries) {
    if (typeof value !== 'string' || key === '__proto__') {
      throw invalid(`metadata ${quote(key)} is no string or a reserved name, expected text`);
    }
  }
  let offset = 0;
  for (const [name, tensor] of sorted) {
    assertWritable(name, tensor);
    const end = offset + tensor.data.byteLength;
    const { dtype, dims } = tensor;
    header[name] = { dtype: storageNames[dtype], shape: dims, data_offsets: [offset, end] };
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  if (length > maxHeaderBytes) {
    throw invalid(`the header has ${length} bytes, expected at most ${maxHeaderBytes}`);
  }
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  return { bytes, tensors: sorted };
}

function assertWritable(name: string, { dtype, dims, data }: Tensor): void {
  if (name === '__metadata__' || name === '__proto__' || /\p{Surrogate}/u.test(name)) {
    throw invalid(`a tensor is called ${quote(name)}, which the format reserves or cannot hold`);
  }
  if (!Object.hasOwn(arrayTypes, dtype) || !(data instanceof arrayTypes[dtype])) {
    throw invalid(`tensor ${quote(name)} says ${dtype} and holds a ${data.constructor.name}`);
  }
  const length = dims.reduce((product, dim) => product * dim, 1);
  if (isCounts(dims) && length === data.length) return;
  throw new ClError(
    'SHAPE_MISMATCH',
    `safetensors: tensor ${quote(name)} has dims [${dims.join(', ')}] and ${data.length} elements, expected ${length}. ` +
      'Give dims whose product is the length of the data.',
  );
}

/** The class of a typed array, as far as files need it. */
export interface ArrayType {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): Tensor['data'];
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): Tensor['data'];
}

const arrayTypes: Readonly<Record<DType, ArrayType>> = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
};

/** The typed array of an element type. */
export function arrayType(dtype: DType): ArrayType {
  return arrayTypes[dtype];
}

function isCounts(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.every((n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0 && !Object.is(n, -0))
  );
}

function object(where: string, what: string, value: JsonValue): Record<string, JsonValue> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, JsonValue>;
  }
  throw corrupt(where, `has ${what} that is not a JSON object`);
}

function invalid(found: string): ClError {
  return new ClError('INVALID_DATA', `safetensors: ${found}. Rename or correct it before saving.`);
}
