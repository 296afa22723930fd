/** Plain numeric data that crosses package boundaries. */

/** The typed arrays of a {@link Tensor}, by the name safetensors and ONNX share for them. */
export interface TensorArrays {
  readonly float32: Float32Array;
  readonly float64: Float64Array;
  readonly int32: Int32Array;
  readonly uint32: Uint32Array;
  readonly int64: BigInt64Array;
  readonly uint16: Uint16Array;
  readonly uint8: Uint8Array;
}

/** An element type. */
export type DType = keyof TensorArrays;

/** A dense array: row-major, `data.length` is the product of `dims`; a scalar has no dims. */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly dims: readonly number[];
  readonly data: TensorArrays[D];
}

/** The arrays that hold real numbers. */
export type RealArray = Float32Array | Float64Array;

/** A dense matrix [rows, cols], row-major: element (i, j) is `data[i * cols + j]`. */
export interface Matrix<A extends RealArray = RealArray> {
  readonly rows: number;
  readonly cols: number;
  readonly data: A;
}
