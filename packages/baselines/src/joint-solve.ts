/**
 * Ridge regression on everything at once: W = (ΦᵀΦ + λI)⁻¹ΦᵀY, or Φᵀ(ΦΦᵀ + λI)⁻¹Y, the same W, where samples are
 * fewer than hidden units. One factorisation of the whole system, from scratch: no recursion, no growing factor.
 */
import type { Matrix } from '@cl/hub';
import {
  cholesky,
  createGram,
  hiddenLayerProduct,
  multiply,
  randomFeatures,
  type RealType,
} from '@cl/linalg';

/** Samples that came together: unit features [n, d] and their class columns. */
export interface Block {
  readonly features: Matrix<Float32Array>;
  readonly labels: Int32Array;
}

/** A regression on a random hidden layer; remembers Φ and the products between samples, nothing that was solved. */
export class JointSolver {
  readonly #projection: Matrix;
  readonly #ridge: number;
  /** Element type of the system that is solved; that of Φ, W and scores is the projection's. */
  readonly #dtype: RealType;
  /** Φ of each block. */
  readonly #lifted: Matrix[] = [];
  /** For each block its rows of ΦΦᵀ, up to and with its own columns. */
  readonly #products: Matrix[] = [];

  constructor(projection: Matrix, ridge: number, dtype: RealType) {
    this.#projection = projection;
    this.#ridge = ridge;
    this.#dtype = dtype;
  }

  /** W [M, classes] of all blocks, which are those of the last call and maybe more. */
  async solve(blocks: readonly Block[], classes: number, signal?: AbortSignal): Promise<Matrix> {
    for (const { features } of blocks.slice(this.#lifted.length)) {
      this.#lifted.push(await this.#lift(features, signal));
    }
    const labels = Int32Array.from(blocks.flatMap((block) => [...block.labels]));
    return labels.length < this.#projection.cols
      ? this.#fromSamples(labels, classes, signal)
      : this.#fromUnits(labels, classes, signal);
  }

  /** s(x) = φ(x)·W, [n, classes]. */
  async scores(features: Matrix, weights: Matrix, signal?: AbortSignal): Promise<Matrix> {
    return hiddenLayerProduct(this.#likeFeatures(features), this.#projection, weights, signal);
  }

  async #fromUnits(labels: Int32Array, classes: number, signal?: AbortSignal): Promise<Matrix> {
    const gram = createGram(this.#projection.cols, this.#dtype);
    for (const phi of this.#lifted) await gram.add(phi, signal);
    const targets = await this.#transposedProduct(oneHot(labels, classes, this.#dtype), signal);
    const factor = await cholesky(gram, { ridge: this.#ridge, overwrite: true, signal });
    return this.#likeFeatures(await factor.solve(targets, { signal }));
  }

  async #fromSamples(labels: Int32Array, classes: number, signal?: AbortSignal): Promise<Matrix> {
    while (this.#products.length < this.#lifted.length) {
      this.#products.push(await this.#newProducts(signal));
    }
    const samples = labels.length;
    const kernel = zeros(samples, samples, this.#dtype); // the lower triangle is read
    let first = 0;
    for (const { rows, cols, data } of this.#products) {
      for (let i = 0; i < rows; i += 1) {
        kernel.data.set(data.subarray(i * cols, (i + 1) * cols), (first + i) * samples);
      }
      first += rows;
    }
    const factor = await cholesky(kernel, { ridge: this.#ridge, signal });
    const dual = await factor.solve(oneHot(labels, classes, this.#dtype), { signal });
    return this.#transposedProduct(this.#likeFeatures(dual), signal);
  }

  /** Rows of ΦΦᵀ of the first block that has none yet. */
  async #newProducts(signal?: AbortSignal): Promise<Matrix> {
    const before = this.#lifted.slice(0, this.#products.length + 1);
    const phi = before.at(-1)!;
    const cols = before.reduce((sum, { rows }) => sum + rows, 0);
    const products = zeros(phi.rows, cols, typeOf(phi));
    let first = 0;
    for (const other of before) {
      const tile = await multiply(phi, other, { transposeB: true, signal });
      for (let i = 0; i < tile.rows; i += 1) {
        const row = tile.data.subarray(i * tile.cols, (i + 1) * tile.cols);
        products.data.set(row, i * cols + first);
      }
      first += tile.cols;
    }
    return products;
  }

  /** Φᵀ·B, in B's element type. */
  async #transposedProduct({ cols, data }: Matrix, signal?: AbortSignal): Promise<Matrix> {
    const product = zeros(this.#projection.cols, cols, typeOf({ data }));
    let first = 0;
    for (const phi of this.#lifted) {
      const end = first + phi.rows;
      const rows = { rows: phi.rows, cols, data: data.subarray(first * cols, end * cols) };
      const left = converted(phi, typeOf(rows));
      const part = await multiply(left, rows, { transposeA: true, signal });
      for (let i = 0; i < part.data.length; i += 1) product.data[i]! += part.data[i]!;
      first = end;
    }
    return product;
  }

  async #lift(features: Matrix, signal?: AbortSignal): Promise<Matrix> {
    return randomFeatures(this.#likeFeatures(features), this.#projection, signal);
  }

  #likeFeatures(matrix: Matrix): Matrix {
    return converted(matrix, typeOf(this.#projection));
  }
}

function oneHot(labels: Int32Array, classes: number, dtype: RealType): Matrix {
  const targets = zeros(labels.length, classes, dtype);
  for (let i = 0; i < labels.length; i += 1) targets.data[i * classes + labels[i]!] = 1;
  return targets;
}

function zeros(rows: number, cols: number, dtype: RealType): Matrix {
  const length = rows * cols;
  return {
    rows,
    cols,
    data: dtype === 'float64' ? new Float64Array(length) : new Float32Array(length),
  };
}

function typeOf({ data }: Pick<Matrix, 'data'>): RealType {
  return data instanceof Float64Array ? 'float64' : 'float32';
}

/** The matrix in this element type: itself, or a copy. */
function converted(matrix: Matrix, dtype: RealType): Matrix {
  if (typeOf(matrix) === dtype) return matrix;
  const { rows, cols, data } = matrix;
  return {
    rows,
    cols,
    data: dtype === 'float64' ? Float64Array.from(data) : Float32Array.from(data),
  };
}
