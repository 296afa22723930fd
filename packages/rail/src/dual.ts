/**
 * RAIL's dual form (Xu et al., NeurIPS 2024, §3.3): α = (K + λI)⁻¹Y with K = k(X, X), and s(x) = k(x, X)·α.
 *
 * The paper's theorem 2 updates the inverse and the authors' code computes it anew at every task. Here the Cholesky
 * factor L of K + λI grows by the blocks of each new domain (L₂₁ = (L₁₁⁻¹K₁₂)ᵀ, L₂₂ = chol(K₂₂ + λI − L₂₁L₂₁ᵀ)), which is the
 * same matrix at a fraction of the work; new classes leave it alone.
 */
import type { Matrix, WorkOptions } from '@cl/hub';
import {
  cholesky,
  type CholeskyFactor,
  type RealType,
  type RowBlock,
  asReal,
  oneHot,
  putBlock,
  realTypeOf,
  rowsOf,
  zeroMatrix,
} from '@cl/linalg';
import { countLabels, notAlike, type Adapter, type AdapterState } from './adapter.ts';
import type { FeatureMap } from './feature-map.ts';
import { FeatureMemory, type LabelledFeatures } from './feature-memory.ts';
import { collected, kernelMatrix, liftedChunks, LiftedRows } from './kernel-matrix.ts';

/** What {@link KernelRidge} solves. */
export interface KernelRidgeOptions {
  readonly map: FeatureMap;
  /** λ. */
  readonly ridge: number;
  /** Element type of the factor and of α; that of the kernel is the map's. */
  readonly precision: RealType;
}

/** Kernel ridge regression that grows block by block; keeps the features of all samples. */
export class KernelRidge implements Adapter {
  readonly #options: KernelRidgeOptions;
  #memory: FeatureMemory;
  #classes: number;
  /** Of the first `#factored` blocks. Missing after a restore, a removal and a merge, then made when next needed. */
  #factor: CholeskyFactor | undefined;
  #factored = 0;
  /** L⁻¹Y of the factored samples [n, classes so far]: half of each solve, and it grows with L. */
  #halfSolved: Matrix | undefined;
  #lifted: LiftedRows;
  #coefficients: Matrix | undefined;

  /** Starts from samples learned before, if any. */
  constructor(
    options: KernelRidgeOptions,
    memory: FeatureMemory = new FeatureMemory(),
    classes = 0,
  ) {
    this.#options = options;
    this.#lifted = new LiftedRows(options.map);
    this.#memory = memory;
    this.#classes = classes;
  }

  get counts(): readonly number[] {
    return countLabels(this.#memory.labels, this.#classes);
  }

  get kept(): FeatureMemory {
    return this.#memory;
  }

  async add(samples: LabelledFeatures, classes: number, work?: WorkOptions): Promise<void> {
    if (samples.features.rows > 0) {
      await this.#factorAll(work);
      await this.#grow(this.#memory, samples, work);
      this.#memory.append(samples);
    }
    this.#classes = classes;
    this.#coefficients = undefined;
  }

  /** α [n, C], row i for the i-th sample kept. */
  async coefficients(work?: WorkOptions): Promise<Matrix> {
    if (this.#coefficients !== undefined) return this.#coefficients;
    await this.#factorAll(work);
    const halfSolved = widened(this.#halfSolved!, this.#classes);
    this.#coefficients = await this.#factor!.backward(halfSolved, { signal: work?.signal });
    return this.#coefficients;
  }

  /** φ of all samples kept, in order. */
  lifted(signal?: AbortSignal): AsyncIterable<RowBlock> {
    return this.#lifted.chunks(this.#memory.features, signal);
  }

  async scores(features: Matrix, work?: WorkOptions): Promise<Matrix> {
    const { map } = this.#options;
    const alpha = asReal(await this.coefficients(work), map.precision);
    return map.combine(features, this.#memory.features, alpha, work?.signal); // [N, n] × [n, C]
  }

  async remove(rows: ReadonlySet<number>): Promise<void> {
    this.#startOver(this.#memory.without(rows, [...Array(this.#classes).keys()]));
    this.#lifted = new LiftedRows(this.#options.map);
  }

  moveColumns(columns: readonly number[], classes: number): void {
    this.#startOver(this.#memory.without(new Set(), columns));
    this.#classes = classes;
  }

  async merge(other: Adapter, columns: readonly number[], classes: number): Promise<void> {
    const memory = this.#memory.without(new Set(), [...Array(this.#classes).keys()]);
    if (!(other instanceof KernelRidge)) throw notAlike('KernelRidge');
    for (const { features, labels } of other.kept.each()) {
      memory.append({ features, labels: labels.map((label) => columns[label]!) });
    }
    this.#memory = memory; // its first blocks are the old ones, so their factor stays
    this.#classes = classes;
    this.#coefficients = undefined;
  }

  save(): AdapterState {
    const { features, labels, blocks } = this.#memory;
    const { data } = features;
    const dims = [features.rows, features.cols];
    return {
      blocks,
      tensors: {
        features:
          data instanceof Float64Array
            ? { dtype: 'float64', dims, data }
            : { dtype: 'float32', dims, data },
        labels: { dtype: 'int32', dims: [labels.length], data: labels },
      },
    };
  }

  /** Brings the factor up to the samples kept, in the blocks they came in: the same bits as if it had never been lost. */
  async #factorAll(work?: WorkOptions): Promise<void> {
    const total = this.#memory.blocks.length;
    let [block, first] = [0, 0];
    for (const samples of this.#memory.each()) {
      if (block >= this.#factored) {
        const before = {
          features: rowsOf(this.#memory.features, 0, first),
          labels: this.#memory.labels.subarray(0, first),
        };
        await this.#grow(before, samples, work);
        work?.onProgress?.({ phase: 'factor', done: block + 1, total });
      }
      block += 1;
      first += samples.labels.length;
    }
  }

  /** Takes a new block into the factor of K + λI over the samples before, and into what is solved; all or nothing. */
  async #grow(
    before: LabelledFeatures,
    block: LabelledFeatures,
    work?: WorkOptions,
  ): Promise<void> {
    const { map, precision, ridge } = this.#options;
    const signal = work?.signal;
    const own = await collected(liftedChunks(map, block.features, signal));
    const m = block.features.rows;
    const k22 = await kernelMatrix(map, precision, own, own, [m, m], signal);
    const n = before.features.rows;
    let factor: CholeskyFactor;
    if (this.#factor === undefined) factor = await cholesky(k22, { ridge, signal });
    else {
      const old = this.#lifted.chunks(before.features, signal);
      const k21 = await kernelMatrix(map, precision, own, old, [m, n], signal);
      factor = await this.#factor.extend(k21, k22, { signal });
    }
    // As wide as the labels so far ask for, whatever classes are announced: bits then depend on the samples alone.
    const labels = Int32Array.from([...before.labels, ...block.labels]);
    const classes = labels.reduce((most, label) => Math.max(most, label + 1), 0);
    const targets = oneHot(labels, classes, precision); // Y
    const known = this.#halfSolved && widened(this.#halfSolved, targets.cols);
    this.#halfSolved = await factor.forward(targets, { known, signal });
    this.#factor = factor;
    this.#factored += 1;
    this.#lifted.push(own, n);
  }

  /** Goes on with these samples, nothing of which is factored. */
  #startOver(memory: FeatureMemory): void {
    this.#memory = memory;
    this.#factor = undefined;
    this.#factored = 0;
    this.#halfSolved = undefined;
    this.#coefficients = undefined;
  }
}

/** The matrix with columns of zeros on its right: itself when it is wide enough. */
function widened(matrix: Matrix, cols: number): Matrix {
  if (matrix.cols === cols) return matrix;
  const wide = zeroMatrix(matrix.rows, cols, realTypeOf(matrix.data));
  putBlock(wide, 0, 0, matrix);
  return wide;
}
