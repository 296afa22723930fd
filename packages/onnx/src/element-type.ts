/** Element types of ONNX tensors: their names here, their numbers in the file, their typed arrays. */
import { TensorProto_DataType as DataType } from './generated/onnx_pb.ts';

/** The typed array of each element type. Half floats are kept as their 16 bits, booleans as 0 or 1. */
export interface ElementArrays {
  readonly float32: Float32Array;
  readonly float64: Float64Array;
  readonly float16: Uint16Array;
  readonly bfloat16: Uint16Array;
  readonly int8: Int8Array;
  readonly int16: Int16Array;
  readonly int32: Int32Array;
  readonly int64: BigInt64Array;
  readonly uint8: Uint8Array;
  readonly uint16: Uint16Array;
  readonly uint32: Uint32Array;
  readonly uint64: BigUint64Array;
  readonly bool: Uint8Array;
}

/** An element type that the builder can write and {@link ElementArrays} can hold. */
export type ElementType = keyof ElementArrays;

/** A dense tensor, row-major; `data.length` is the product of `dims`. The tensors of `@cl/hub` fit. */
export interface OnnxTensor<T extends ElementType = ElementType> {
  readonly dtype: T;
  readonly dims: readonly number[];
  readonly data: ElementArrays[T];
}

/** Builds a typed array of one element type over a buffer. */
type ArrayType<T extends ElementType> = new (buffer: ArrayBuffer) => ElementArrays[T];

const table: { readonly [T in ElementType]: readonly [DataType, ArrayType<T>, number] } = {
  float32: [DataType.FLOAT, Float32Array, 4],
  float64: [DataType.DOUBLE, Float64Array, 8],
  float16: [DataType.FLOAT16, Uint16Array, 2],
  bfloat16: [DataType.BFLOAT16, Uint16Array, 2],
  int8: [DataType.INT8, Int8Array, 1],
  int16: [DataType.INT16, Int16Array, 2],
  int32: [DataType.INT32, Int32Array, 4],
  int64: [DataType.INT64, BigInt64Array, 8],
  uint8: [DataType.UINT8, Uint8Array, 1],
  uint16: [DataType.UINT16, Uint16Array, 2],
  uint32: [DataType.UINT32, Uint32Array, 4],
  uint64: [DataType.UINT64, BigUint64Array, 8],
  bool: [DataType.BOOL, Uint8Array, 1],
};

const byNumber = new Map<number, ElementType>(
  (Object.keys(table) as ElementType[]).map((type) => [table[type][0], type]),
);

/** The number that stands for an element type in a model file. */
export function dataTypeOf(type: ElementType): DataType {
  return table[type][0];
}

/** The element type behind a number of a model file; `undefined` for those we do not hold (strings, float8, int4, …). */
export function elementTypeOf(dataType: number): ElementType | undefined {
  return byNumber.get(dataType);
}

/** Bytes of one element. */
export function bytesPerElement(type: ElementType): number {
  return table[type][2];
}

/** Copies little-endian bytes, wherever they start, into a typed array. */
export function arrayFromBytes<T extends ElementType>(
  type: T,
  bytes: Uint8Array,
): ElementArrays[T] {
  return new table[type][1](new Uint8Array(bytes).buffer); // not slice(): a Buffer's is a view
}

/** A typed array of zeros. */
export function zeros<T extends ElementType>(type: T, length: number): ElementArrays[T] {
  return new table[type][1](new ArrayBuffer(length * table[type][2]));
}
