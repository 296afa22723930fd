/**
 * Kernels k(x, y) of RAIL, split into what can be done to each side alone and the product of the two: the hidden layer
 * lifts once what then meets many blocks.
 */
import type { Matrix } from '@cl/hub';
import {
  asReal,
  hiddenLayerProduct,
  linearKernel,
  multiply,
  randomFeatures,
  rbfKernel,
  rbfKernelProduct,
  type RealType,
} from '@cl/linalg';

/** A kernel. */
export interface FeatureMap {
  /** Element type of lifted rows and of their products. */
  readonly precision: RealType;
  /** Whether lifting takes more than a copy, so that lifted rows are worth keeping. */
  readonly costly: boolean;
  /** Numbers that a lifted row takes: bounds how many rows are lifted at a time. */
  readonly width: number;
  /** [n, d] of either element type → [n, width]; `x` is not modified. */
  lift(x: Matrix, signal?: AbortSignal): Promise<Matrix>;
  /** K [n, m] of lifted rows. */
  product(a: Matrix, b: Matrix, signal?: AbortSignal): Promise<Matrix>;
  /** k(x, y)·W [n, C] of rows [n, d] and [m, d] without K in between. */
  combine(x: Matrix, y: Matrix, weights: Matrix, signal?: AbortSignal): Promise<Matrix>;
}

/** A kernel whose lifted rows have weights of their own. */
export interface HiddenLayer extends FeatureMap {
  /** φ(x)·W [n, C] of rows [n, d] and weights [width, C] without φ(x) in between. */
  scores(x: Matrix, weights: Matrix, signal?: AbortSignal): Promise<Matrix>;
}

/** k(x, y) = φ(x)·φ(y) with φ(x) = ReLU(x·W), the hidden layer of the primal form; φ(x) = x without a projection. */
export function hiddenLayer(width: number, precision: RealType, projection?: Matrix): HiddenLayer {
  const lift = async (x: Matrix, signal?: AbortSignal): Promise<Matrix> => {
    const typed = asReal(x, precision);
    return projection === undefined ? typed : randomFeatures(typed, projection, signal);
  };
  const scores = async (x: Matrix, weights: Matrix, signal?: AbortSignal): Promise<Matrix> => {
    const typed = asReal(x, precision);
    return projection === undefined
      ? multiply(typed, weights, { signal })
      : hiddenLayerProduct(typed, projection, weights, signal);
  };
  return {
    width,
    precision,
    costly: projection !== undefined,
    lift,
    product: (a, b, signal) => multiply(a, b, { transposeB: true, signal }),
    async combine(x, y, weights, signal) {
      const phi = await lift(y, signal);
      const own = await multiply(phi, weights, { transposeA: true, signal }); // φ(y)ᵀ·W
      return scores(x, own, signal);
    },
    scores,
  };
}

/** k(x, y) = exp(−γ‖x − y‖²), or x·y when the kernel is linear: the dual form. */
export function kernelOf(
  kernel: 'rbf' | 'linear',
  gamma: number,
  width: number,
  precision: RealType,
): FeatureMap {
  return {
    width,
    precision,
    costly: false,
    lift: async (x) => asReal(x, precision),
    product: (a, b, signal) =>
      kernel === 'rbf' ? rbfKernel(a, b, gamma, { signal }) : linearKernel(a, b, { signal }),
    async combine(x, y, weights, signal) {
      const [left, right] = [asReal(x, precision), asReal(y, precision)];
      if (kernel === 'rbf') return rbfKernelProduct(left, right, gamma, weights, signal);
      const direction = await multiply(right, weights, { transposeA: true, signal }); // yᵀ·W
      return multiply(left, direction, { signal });
    },
  };
}
