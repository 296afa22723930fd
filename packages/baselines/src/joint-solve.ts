/**
 * Ridge regression on everything at once: W = (ΦᵀΦ + λI)⁻¹ΦᵀY, or Φᵀ(ΦΦᵀ + λI)⁻¹Y, the same W, where samples are
 * fewer than hidden units. One factorisation of the whole system, from scratch: no recursion, no growing factor.
 */
import type { Matrix } from '@cl/hub';
import { cholesky, createGram, multiply, randomFeatures, type RealType } from '@cl/linalg';

/** Samples that came together: unit features [n, d] and their class columns. */
export interface Block {
  readonly features: Matrix<Float32Array>;
  readonly labels: Int32Array;
}

/** A regression on a random hidden layer; remembers products between samples, nothing that was solved. */
export class JointSolver {
  readonly #projection: Matrix;
  readonly #ridge: number;
  readonly #dtype: RealType;
  /** For each block its rows of ΦΦᵀ, up to and with its own columns. */
  readonly #products: Matrix[] = [];

  constructor(projection: Matrix, ridge: number) {
    this.#projection = projection;
    this.#ridge = ridge;
    this.#dtype = projection.data instanceof Float64Array ? 'float64' : 'float32';
  }

  /** W [M, classes] of all blocks, which are those of the last call and maybe more. */
  async solve(blocks: readonly Block[], classes: number, signal?: AbortSignal): Promise<Matrix> {
    const samples = blocks.reduce((sum, { labels }) => sum + labels.length, 0);
    return samples < this.#projection.cols
      ? this.#fromSamples(blocks, samples, classes, signal)
      : this.#fromUnits(blocks, classes, signal);
  }

  /** s(x) = φ(x)·W, [n, classes]. */
  async scores(features: Matrix, weights: Matrix, signal?: AbortSignal): Promise<Matrix> {
    return multiply(await this.#lift(features, signal), weights, { signal });
  }

  async #fromUnits(
    blocks: readonly Block[],
    classes: number,
    signal?: AbortSignal,
  ): Promise<Matrix> {
    const width = this.#projection.cols;
    const gram = createGram(width, this.#dtype);
    const cross = this.#zeros(width, classes);
    for (const { features, labels } of blocks) {
      const phi = await this.#lift(features, signal);
      await gram.add(phi, signal);
      const product = await multiply(phi, this.#oneHot(labels, classes), {
        transposeA: true,
        signal,
      });
      for (let i = 0; i < cross.data.length; i += 1) cross.data[i]! += product.data[i]!;
    }
    const factor = await cholesky(gram, { ridge: this.#ridge, overwrite: true, signal });
    return factor.solve(cross, { signal });
  }

  async #fromSamples(
    blocks: readonly Block[],
    samples: number,
    classes: number,
    signal?: AbortSignal,
  ): Promise<Matrix> {
    for (let b = this.#products.length; b < blocks.length; b += 1) {
      this.#products.push(await this.#productsOf(blocks, b, signal));
    }
    const kernel = this.#zeros(samples, samples); // the lower triangle is read
    let first = 0;
    for (const { rows, cols, data } of this.#products.slice(0, blocks.length)) {
      for (let i = 0; i < rows; i += 1) {
        kernel.data.set(data.subarray(i * cols, (i + 1) * cols), (first + i) * samples);
      }
      first += rows;
    }
    const factor = await cholesky(kernel, { ridge: this.#ridge, signal });
    const labels = Int32Array.from(blocks.flatMap((block) => [...block.labels]));
    const dual = await factor.solve(this.#oneHot(labels, classes), { signal });
    const weights = this.#zeros(this.#projection.cols, classes);
    first = 0;
    for (const { features } of blocks) {
      const end = first + features.rows;
      const data = dual.data.subarray(first * classes, end * classes);
      const phi = await this.#lift(features, signal);
      const part = await multiply(
        phi,
        { rows: features.rows, cols: classes, data },
        { transposeA: true, signal },
      );
      for (let i = 0; i < part.data.length; i += 1) weights.data[i]! += part.data[i]!;
      first = end;
    }
    return weights;
  }

  async #productsOf(blocks: readonly Block[], b: number, signal?: AbortSignal): Promise<Matrix> {
    const phi = await this.#lift(blocks[b]!.features, signal);
    const cols = blocks.slice(0, b + 1).reduce((sum, { labels }) => sum + labels.length, 0);
    const rows = this.#zeros(phi.rows, cols);
    let first = 0;
    for (const [a, { features }] of blocks.slice(0, b + 1).entries()) {
      const other = a === b ? phi : await this.#lift(features, signal);
      const tile = await multiply(phi, other, { transposeB: true, signal });
      for (let i = 0; i < tile.rows; i += 1) {
        rows.data.set(tile.data.subarray(i * tile.cols, (i + 1) * tile.cols), i * cols + first);
      }
      first += tile.cols;
    }
    return rows;
  }

  async #lift({ rows, cols, data }: Matrix, signal?: AbortSignal): Promise<Matrix> {
    const typed = this.#dtype === 'float64' ? Float64Array.from(data) : Float32Array.from(data);
    return randomFeatures({ rows, cols, data: typed }, this.#projection, signal);
  }

  #oneHot(labels: Int32Array, classes: number): Matrix {
    const targets = this.#zeros(labels.length, classes);
    for (let i = 0; i < labels.length; i += 1) targets.data[i * classes + labels[i]!] = 1;
    return targets;
  }

  #zeros(rows: number, cols: number): Matrix {
    const length = rows * cols;
    const data = this.#dtype === 'float64' ? new Float64Array(length) : new Float32Array(length);
    return { rows, cols, data };
  }
}
