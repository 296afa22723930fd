/**
 * Dense linear algebra on typed arrays with onnxruntime's GEMM as BLAS.
 *
 * @packageDocumentation
 */
export {};
