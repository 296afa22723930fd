/**
 * Dense linear algebra on typed arrays with onnxruntime's GEMM as BLAS: Gram matrices, blocked Cholesky,
 * triangular solves, ridge regression and kernels, in float32 and float64.
 *
 * @packageDocumentation
 */
export { cholesky } from './cholesky.ts';
export type { CholeskyOptions } from './cholesky.ts';
export { crossProduct } from './cross-product.ts';
export { CholeskyFactor, type ForwardOptions } from './factor.ts';
export { createGram, Gram } from './gram.ts';
export { GrowingMatrix } from './growing-matrix.ts';
export { linearKernel, rbfKernel } from './kernels.ts';
export {
  hiddenLayerProduct,
  randomFeatures,
  rbfKernelProduct,
  softmaxProduct,
} from './layered-products.ts';
export { addProduct, multiply } from './multiply.ts';
export type { MultiplyOptions } from './multiply.ts';
export { randomProjection } from './random-projection.ts';
export { asReal, putBlock, realTypeOf, rowsOf, zeroMatrix } from './real.ts';
export type { RealType } from './real.ts';
export { oneHot, ridge } from './ridge.ts';
export { RowBlocks } from './row-blocks.ts';
export type { RowBlock } from './row-blocks.ts';
export { normalizeRows } from './rows.ts';
export { releaseSessions, setThreads } from './session.ts';
