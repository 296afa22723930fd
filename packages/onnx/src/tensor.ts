/** Tensors in and out of `TensorProto`. */
import { create } from '@bufbuild/protobuf';
import { ClError } from '@cl/hub';
import {
  arrayFromBytes,
  bytesPerElement,
  dataTypeOf,
  elementTypeOf,
  type ElementArrays,
  type ElementType,
  type OnnxTensor,
} from './element-type.ts';
import {
  TensorProto_DataLocation,
  TensorProtoSchema,
  type TensorProto,
} from './generated/onnx_pb.ts';
import type { Immutable } from './immutable.ts';

/**
 * A tensor as the file keeps it. Its bytes are a view of `tensor.data`, not a copy: do not modify the data
 * before the model is written.
 *
 * @throws ClError `SHAPE_MISMATCH` when dims and length disagree.
 */
export function tensorProto(name: string, tensor: OnnxTensor): TensorProto {
  const expected = sizeOf(tensor.dims);
  if (tensor.data.length !== expected) {
    throw new ClError(
      'SHAPE_MISMATCH',
      `tensor "${name}": holds ${tensor.data.length} elements, expected ${expected} for dims ` +
        `[${tensor.dims.join(', ')}]. Pass data and dims of the same tensor.`,
    );
  }
  const { buffer, byteOffset, byteLength } = tensor.data;
  return create(TensorProtoSchema, {
    name,
    dims: tensor.dims.map(BigInt),
    dataType: dataTypeOf(tensor.dtype),
    rawData: new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength),
  });
}

/**
 * The tensor behind a `TensorProto`, whether its numbers lie in `raw_data` or in a typed field; a copy.
 *
 * @throws ClError `NOT_SUPPORTED` for external data and for types without a typed array.
 * @throws ClError `CORRUPT_FILE` when the number of elements contradicts the dims.
 */
export function readTensor(proto: Immutable<TensorProto>): OnnxTensor {
  const dtype = elementTypeOf(proto.dataType);
  if (dtype === undefined || proto.dataLocation === TensorProto_DataLocation.EXTERNAL) {
    const [what, advice] =
      dtype === undefined
        ? [`data type ${proto.dataType}`, 'Save the model with plain number types.']
        : ['data in another file', 'Read it in with readExternalData, or readModelFile.'];
    throw new ClError(
      'NOT_SUPPORTED',
      `tensor "${proto.name}": has ${what}, expected numbers inside the model. ${advice}`,
    );
  }
  const dims = proto.dims.map(Number);
  const expected = sizeOf(dims);
  const data =
    proto.rawData.length % bytesPerElement(dtype) === 0 && proto.rawData.length > 0
      ? arrayFromBytes(dtype, proto.rawData)
      : fromTypedField(dtype, proto);
  if (data.length === expected) return { dtype, dims, data };
  throw new ClError(
    'CORRUPT_FILE',
    `tensor "${proto.name}": holds ${data.length} elements, expected ${expected} for dims ` +
      `[${dims.join(', ')}]. The file is damaged: fetch or export it again.`,
  );
}

/** Which repeated field of the message holds a type's elements (comments of `TensorProto`). */
function fromTypedField<T extends ElementType>(
  dtype: T,
  proto: Immutable<TensorProto>,
): ElementArrays[T] {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(proto.floatData) as ElementArrays[T];
    case 'float64':
      return Float64Array.from(proto.doubleData) as ElementArrays[T];
    case 'int64':
      return BigInt64Array.from(proto.int64Data) as ElementArrays[T];
    case 'uint64':
      return BigUint64Array.from(proto.uint64Data) as ElementArrays[T];
    case 'uint32':
      return Uint32Array.from(proto.uint64Data, Number) as ElementArrays[T];
    default: {
      const data = arrayFromBytes(
        dtype,
        new Uint8Array(proto.int32Data.length * bytesPerElement(dtype)),
      );
      (data as Int32Array).set(proto.int32Data);
      return data;
    }
  }
}

function sizeOf(dims: readonly number[]): number {
  return dims.reduce((size, dim) => size * dim, 1);
}
