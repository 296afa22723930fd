/**
 * Ridge regression on everything at once: W = (ΦᵀΦ + λI)⁻¹ΦᵀY, or Φᵀ(ΦΦᵀ + λI)⁻¹Y, the same W, where samples are
 * fewer than hidden units. Every solution is of the whole system and begins anew; only the factor of samples that were
 * there before is kept, since new ones leave it as it is.
 */
import type { Matrix } from '@cl/hub';
import {
  asReal,
  cholesky,
  createGram,
  crossProduct,
  hiddenLayerProduct,
  multiply,
  oneHot,
  putBlock,
  randomFeatures,
  realTypeOf,
  RowBlocks,
  zeroMatrix,
  type CholeskyFactor,
  type RealType,
} from '@cl/linalg';

/** Samples that came together: unit features [n, d] and their class columns. */
export interface Block {
  readonly features: Matrix<Float32Array>;
  readonly labels: Int32Array;
}

/** A regression on a random hidden layer; remembers Φ and, as long as it is of use, the factor of ΦΦᵀ + λI. */
export class JointSolver {
  readonly #projection: Matrix;
  readonly #ridge: number;
  /** Element type of the system that is solved; that of Φ, W and scores is the projection's. */
  readonly #dtype: RealType;
  /** Φ of all blocks. */
  readonly #lifted = new RowBlocks();
  #blocks = 0;
  /** Of ΦΦᵀ + λI over all blocks; missing once samples are as many as hidden units. */
  #factor: CholeskyFactor | undefined;

  constructor(projection: Matrix, ridge: number, dtype: RealType) {
    this.#projection = projection;
    this.#ridge = ridge;
    this.#dtype = dtype;
  }

  /** W [M, classes] of all blocks, which are those of the last call and maybe more. */
  async solve(blocks: readonly Block[], classes: number, signal?: AbortSignal): Promise<Matrix> {
    const labels = Int32Array.from(blocks.flatMap((block) => [...block.labels]));
    const targets = oneHot(labels, classes, this.#dtype);
    const fewSamples = labels.length < this.#projection.cols;
    for (const { features } of blocks.slice(this.#blocks)) {
      const phi = await this.#lift(features, signal);
      this.#factor = fewSamples ? await this.#extended(phi, signal) : undefined;
      this.#lifted.append(phi);
      this.#blocks += 1;
    }
    return fewSamples ? this.#fromSamples(targets, signal) : this.#fromUnits(targets, signal);
  }

  /** s(x) = φ(x)·W, [n, classes]. */
  async scores(features: Matrix, weights: Matrix, signal?: AbortSignal): Promise<Matrix> {
    return hiddenLayerProduct(this.#likeFeatures(features), this.#projection, weights, signal);
  }

  async #fromUnits(targets: Matrix, signal?: AbortSignal): Promise<Matrix> {
    const gram = createGram(this.#projection.cols, this.#dtype);
    for (const { rows } of this.#lifted.blocks) await gram.add(rows, signal);
    const { cols } = this.#projection;
    const moments = await crossProduct(this.#lifted.blocks, cols, targets, signal); // ΦᵀY
    const factor = await cholesky(gram, { ridge: this.#ridge, overwrite: true, signal });
    return this.#likeFeatures(await factor.solve(moments, { signal }));
  }

  async #fromSamples(targets: Matrix, signal?: AbortSignal): Promise<Matrix> {
    const dual = this.#likeFeatures(await this.#factor!.solve(targets, { signal }));
    return crossProduct(this.#lifted.blocks, this.#projection.cols, dual, signal);
  }

  /** The factor with the rows and columns of new samples. */
  async #extended(phi: Matrix, signal?: AbortSignal): Promise<CholeskyFactor> {
    const corner = await multiply(phi, phi, { transposeB: true, signal });
    if (this.#factor === undefined) {
      return cholesky(asReal(corner, this.#dtype), { ridge: this.#ridge, signal });
    }
    const across = zeroMatrix(phi.rows, this.#lifted.rows, realTypeOf(phi.data));
    for (const { from, rows } of this.#lifted.blocks) {
      const tile = await multiply(phi, rows, { transposeB: true, signal });
      putBlock(across, 0, from, tile);
    }
    return this.#factor.extend(asReal(across, this.#dtype), asReal(corner, this.#dtype), {
      signal,
    });
  }

  async #lift(features: Matrix, signal?: AbortSignal): Promise<Matrix> {
    return randomFeatures(this.#likeFeatures(features), this.#projection, signal);
  }

  #likeFeatures(matrix: Matrix): Matrix {
    return asReal(matrix, realTypeOf(this.#projection.data));
  }
}
