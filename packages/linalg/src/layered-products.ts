/**
 * Products with what comes after them in one run of onnxruntime. Behind a hidden layer or a kernel the values between never
 * leave it: [N, M] is as large as memory and slow to pass around, while the scores behind it are small.
 */
import { ClError, throwIfAborted, type Matrix } from '@cl/hub';
import { GraphBuilder, writeModel } from '@cl/onnx';
import type { Tensor } from 'onnxruntime-node';
import { tensorOf } from './gemm.ts';
import { assertGamma, squaredNorms } from './kernels.ts';
import { pause } from './pause.ts';
import {
  assertFinite,
  assertMatrix,
  assertSameType,
  realArray,
  realTypeOf,
  rowsOf,
  zeroMatrix,
  type RealType,
} from './real.ts';
import { sessionOf } from './session.ts';

/** Hidden values in one uninterrupted run: 32 MB in float32, tens of milliseconds. */
const hiddenPerRun = 2 ** 23;

/**
 * Φ = ReLU(x·P): random features where P is a `randomProjection`.
 *
 * @param x - [N, d].
 * @param projection - [d, M].
 * @param signal - looked at between runs.
 * @returns [N, M], in the element type of both.
 * @throws ClError `SHAPE_MISMATCH`, `INVALID_DATA` for mixed element types, `ABORTED`.
 */
export async function randomFeatures(
  x: Matrix,
  projection: Matrix,
  signal?: AbortSignal,
): Promise<Matrix> {
  assertChain('randomFeatures', [x, projection]);
  assertInner('randomFeatures', x.cols, projection.rows);
  const feeds = { projection: tensorOf(projection) };
  const { cols } = projection;
  return inRuns('random-features', randomFeaturesModel, x, cols, cols, feeds, signal);
}

/**
 * ReLU(x·P)·W: scores behind a random hidden layer (RAIL's primal form, Xu et al., NeurIPS 2024, §3.2).
 *
 * @param x - [N, d].
 * @param projection - [d, M].
 * @param weights - [M, C].
 * @param signal - looked at between runs.
 * @returns [N, C], in the element type of the three.
 * @throws ClError `SHAPE_MISMATCH`, `INVALID_DATA` for mixed element types, `ABORTED`.
 */
export async function hiddenLayerProduct(
  x: Matrix,
  projection: Matrix,
  weights: Matrix,
  signal?: AbortSignal,
): Promise<Matrix> {
  const feeds = { projection: tensorOf(projection), weights: tensorOf(weights) };
  assertChain('hiddenLayerProduct', [x, projection, weights]);
  assertInner('hiddenLayerProduct', x.cols, projection.rows);
  assertInner('hiddenLayerProduct', projection.cols, weights.rows);
  return inRuns('hidden-layer', hiddenLayerModel, x, projection.cols, weights.cols, feeds, signal);
}

/**
 * k(x, y)·W with k(x, y) = exp(−γ‖x − y‖²): scores of kernel ridge regression (RAIL's dual form, §3.3).
 *
 * @param x - [N, d].
 * @param y - [M, d].
 * @param gamma - γ.
 * @param weights - [M, C].
 * @param signal - looked at between runs.
 * @returns [N, C], in the element type of the three.
 * @throws ClError as {@link hiddenLayerProduct}; `INVALID_OPTION` unless γ is positive.
 */
export async function rbfKernelProduct(
  x: Matrix,
  y: Matrix,
  gamma: number,
  weights: Matrix,
  signal?: AbortSignal,
): Promise<Matrix> {
  assertGamma('rbfKernelProduct', gamma);
  assertChain('rbfKernelProduct', [x, y, weights]);
  assertInner('rbfKernelProduct', x.cols, y.cols);
  assertInner('rbfKernelProduct', y.rows, weights.rows);
  // −γ‖x − y‖² = 2γx·y − γ‖x‖² − γ‖y‖²: γ goes into the small factors.
  const dtype = realTypeOf(x.data);
  const scaled = realArray(dtype, x.data.length);
  for (let i = 0; i < scaled.length; i++) scaled[i] = 2 * gamma * x.data[i]!;
  const feeds = {
    y: tensorOf(y),
    yy: tensorOf({ rows: 1, cols: y.rows, data: minusNorms(y, gamma) }),
    weights: tensorOf(weights),
  };
  const xx = { rows: x.rows, cols: 1, data: minusNorms(x, gamma) };
  const left = { ...x, data: scaled };
  return inRuns('rbf-kernel', rbfModel, left, y.rows, weights.cols, feeds, signal, xx);
}

/**
 * softmax(scale · x·yᵀ) of each row: probabilities from cosines, as CLIP's zero-shot classifier has them.
 *
 * @param x - [N, d].
 * @param y - [M, d].
 * @param scale - on the products before the softmax.
 * @param signal - looked at between runs.
 * @returns [N, M], rows sum to 1, in the element type of both.
 * @throws ClError as {@link hiddenLayerProduct}; `NON_FINITE`.
 */
export async function softmaxProduct(
  x: Matrix,
  y: Matrix,
  scale: number,
  signal?: AbortSignal,
): Promise<Matrix> {
  assertChain('softmaxProduct', [x, y]);
  assertInner('softmaxProduct', x.cols, y.cols);
  assertFinite('softmaxProduct', x);
  assertFinite('softmaxProduct', y);
  const scaled = { ...y, data: y.data.map((value) => scale * value) as Matrix['data'] };
  const feeds = { y: tensorOf(scaled) };
  return inRuns('softmax', softmaxModel, x, y.rows, y.rows, feeds, signal);
}

/** Runs a model over blocks of rows of x (and of xx beside it) into one matrix [N, cols]. */
async function inRuns(
  name: string,
  model: (dtype: RealType) => Uint8Array,
  x: Matrix,
  hidden: number,
  cols: number,
  feeds: Readonly<Record<string, Tensor>>,
  signal: AbortSignal | undefined,
  xx?: Matrix,
): Promise<Matrix> {
  const dtype = realTypeOf(x.data);
  const out = zeroMatrix(x.rows, cols, dtype);
  if (hidden === 0 || x.cols === 0 || cols === 0) return out;
  const session = await sessionOf(`${name},${dtype}`, () => model(dtype));
  const step = Math.max(1, Math.floor(hiddenPerRun / hidden));
  for (let from = 0; from < x.rows; from += step) {
    throwIfAborted(name, signal);
    const to = Math.min(x.rows, from + step);
    const rows = { x: tensorOf(rowsOf(x, from, to)) };
    const norms = xx === undefined ? {} : { xx: tensorOf(rowsOf(xx, from, to)) };
    await session.run({ ...feeds, ...rows, ...norms }, { scores: tensorOf(rowsOf(out, from, to)) });
    await pause();
  }
  return out;
}

function randomFeaturesModel(dtype: RealType): Uint8Array {
  const graph = new GraphBuilder({ name: 'random-features' });
  const x = graph.input('x', dtype, ['n', 'd']);
  const projection = graph.input('projection', dtype, ['d', 'm']);
  const product = graph.node('MatMul', [x, projection]);
  return written(graph, graph.node('Relu', [product], {}, { outputs: ['scores'] }), dtype);
}

function hiddenLayerModel(dtype: RealType): Uint8Array {
  const graph = new GraphBuilder({ name: 'hidden-layer-product' });
  const x = graph.input('x', dtype, ['n', 'd']);
  const projection = graph.input('projection', dtype, ['d', 'm']);
  const weights = graph.input('weights', dtype, ['m', 'c']);
  const hidden = graph.node('Relu', [graph.node('MatMul', [x, projection])]);
  return scored(graph, hidden, weights, dtype);
}

function rbfModel(dtype: RealType): Uint8Array {
  const graph = new GraphBuilder({ name: 'rbf-kernel-product' });
  const x = graph.input('x', dtype, ['n', 'd']);
  const y = graph.input('y', dtype, ['m', 'd']);
  const xx = graph.input('xx', dtype, ['n', 1]);
  const yy = graph.input('yy', dtype, [1, 'm']);
  const weights = graph.input('weights', dtype, ['m', 'c']);
  const zero = graph.initializer('zero', { dtype, dims: [], data: realArray(dtype, 1) });
  const products = graph.node('Gemm', [x, y, yy], { transB: 1n });
  const exponent = graph.node('Min', [graph.node('Add', [products, xx]), zero]);
  return scored(graph, graph.node('Exp', [exponent]), weights, dtype);
}

function softmaxModel(dtype: RealType): Uint8Array {
  const graph = new GraphBuilder({ name: 'softmax-product' });
  const x = graph.input('x', dtype, ['n', 'd']);
  const y = graph.input('y', dtype, ['m', 'd']);
  const products = graph.node('Gemm', [x, y], { transB: 1n });
  return written(graph, graph.node('Softmax', [products], {}, { outputs: ['scores'] }), dtype);
}

function scored(graph: GraphBuilder, hidden: string, weights: string, dtype: RealType): Uint8Array {
  return written(
    graph,
    graph.node('MatMul', [hidden, weights], {}, { outputs: ['scores'] }),
    dtype,
  );
}

function written(graph: GraphBuilder, scores: string, dtype: RealType): Uint8Array {
  graph.output(scores, dtype, ['n', 'c']);
  return writeModel(graph.build());
}

function minusNorms(m: Matrix, gamma: number): Matrix['data'] {
  const norms = squaredNorms(m);
  const data = realArray(realTypeOf(m.data), norms.length);
  for (let i = 0; i < data.length; i++) data[i] = -gamma * norms[i]!;
  return data;
}

function assertChain(where: string, matrices: readonly Matrix[]): void {
  for (const matrix of matrices) {
    assertMatrix(where, matrix);
    assertSameType(where, matrices[0]!.data, matrix.data);
  }
}

function assertInner(where: string, left: number, right: number): void {
  if (left === right) return;
  throw new ClError(
    'SHAPE_MISMATCH',
    `${where}: ${left} columns meet ${right}, expected equal inner sizes. Pass matrices of one model.`,
  );
}
