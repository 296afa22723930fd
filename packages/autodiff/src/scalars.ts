/** Numbers as constants, and the numbers ONNX gives to element types. */
import { ClError } from '@cl/hub';
import type { ElementType, OnnxTensor } from '@cl/onnx';

interface ScalarType {
  /** `TensorProto.DataType`, which `Cast` takes. */
  readonly dataType: bigint;
  readonly array: (value: number) => OnnxTensor['data'];
}

const scalarTypes: Partial<Record<ElementType, ScalarType>> = {
  float32: { dataType: 1n, array: (value) => Float32Array.of(value) },
  int32: { dataType: 6n, array: (value) => Int32Array.of(value) },
  int64: { dataType: 7n, array: (value) => BigInt64Array.of(BigInt(value)) },
  bool: { dataType: 9n, array: (value) => Uint8Array.of(value) },
  float64: { dataType: 11n, array: (value) => Float64Array.of(value) },
};

/**
 * An element type that graphs for training are written in.
 *
 * @throws ClError `NOT_SUPPORTED` for others, such as half floats.
 */
export function scalarType(elementType: ElementType): ScalarType {
  const type = scalarTypes[elementType];
  if (type !== undefined) return type;
  throw new ClError(
    'NOT_SUPPORTED',
    `graph: found ${elementType}, expected one of ${Object.keys(scalarTypes).join(', ')}. ` +
      'Train a float32 copy of the model.',
  );
}
