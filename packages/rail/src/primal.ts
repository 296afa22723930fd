/**
 * RAIL's primal form (Xu et al., NeurIPS 2024, §3.2): W = (ΦᵀΦ + λI)⁻¹ΦᵀY with Φ = ReLU(X·W_rhl), and s(x) = φ(x)·W.
 *
 * The paper's theorem 1 (ACIL's before it) carries R = (ΦᵀΦ + λI)⁻¹ along with Woodbury updates. The same W follows from
 * sums alone, independent of the order in which the samples came, with one Cholesky factor when it is asked for; and,
 * while there are fewer samples than hidden units, from W = Φᵀ(ΦΦᵀ + λI)⁻¹Y, whose factor is smaller and grows.
 */
import { throwIfAborted, type Matrix, type Tensor, type WorkOptions } from '@cl/hub';
import { asReal, crossProduct, rowsOf, type RealType } from '@cl/linalg';
import { notAlike, type Adapter, type AdapterState } from './adapter.ts';
import { KernelRidge } from './dual.ts';
import type { HiddenLayer } from './feature-map.ts';
import type { FeatureMemory, LabelledFeatures } from './feature-memory.ts';
import { chunksOf } from './kernel-matrix.ts';
import { RidgeSums } from './ridge-sums.ts';

/**
 * What is kept of past data: sums over samples only (`statistics`); the features of all (`features`); or the features
 * while samples are fewer than 1.25 times the hidden units, then sums (`auto`), which costs the least time and space at equal
 * weights.
 */
export type PrimalMemory = 'auto' | 'statistics' | 'features';

/**
 * Samples per hidden unit up to which `auto` keeps features. At equal numbers the two paths cost the same from then on, but
 * the change itself costs as much as three solves.
 */
const keptPerUnit = 1.25;

/** What {@link PrimalRidge} solves. */
export interface PrimalRidgeOptions {
  readonly map: HiddenLayer;
  /** λ. */
  readonly ridge: number;
  /** Element type of sums and factors; that of features, weights and scores is the map's. */
  readonly precision: RealType;
  readonly memory: PrimalMemory;
}

/** Ridge regression on random features. */
export class PrimalRidge implements Adapter {
  readonly #options: PrimalRidgeOptions;
  /** One of the two. */
  #learned: KernelRidge | RidgeSums;
  #weights: Matrix | undefined;

  /** Starts from what was learned before, if anything. */
  constructor(
    options: PrimalRidgeOptions,
    learned?: RidgeSums | { memory: FeatureMemory; classes: number },
  ) {
    this.#options = options;
    if (learned instanceof RidgeSums) this.#learned = learned;
    else if (learned !== undefined) {
      this.#learned = new KernelRidge(options, learned.memory, learned.classes);
    } else if (options.memory === 'statistics') {
      this.#learned = new RidgeSums(options.map.width, options.precision);
    } else this.#learned = new KernelRidge(options);
  }

  get counts(): readonly number[] {
    return this.#learned.counts;
  }

  get kept(): FeatureMemory | undefined {
    return this.#learned instanceof KernelRidge ? this.#learned.kept : undefined;
  }

  async add(samples: LabelledFeatures, classes: number, work?: WorkOptions): Promise<void> {
    const { memory, map } = this.#options;
    if (this.#learned instanceof KernelRidge) {
      const rows = this.#learned.kept.labels.length + samples.labels.length;
      if (memory === 'features' || rows < keptPerUnit * map.width)
        await this.#learned.add(samples, classes, work);
      else {
        const sums = await this.#sumsOf(this.#learned, work);
        this.#learned = await this.#updated(sums, samples, classes, 1, work);
      }
    } else this.#learned = await this.#updated(this.#learned, samples, classes, 1, work);
    this.#weights = undefined;
  }

  /** W [M, C], solved for when first asked after a change. */
  async weights(work?: WorkOptions): Promise<Matrix> {
    if (this.#weights !== undefined) return this.#weights;
    const { map, ridge } = this.#options;
    const weights =
      this.#learned instanceof KernelRidge
        ? await this.#weightsFrom(this.#learned, work)
        : await this.#learned.solve(ridge, work?.signal);
    this.#weights = asReal(weights, map.precision);
    return this.#weights;
  }

  async scores(features: Matrix, work?: WorkOptions): Promise<Matrix> {
    const { map } = this.#options;
    const weights = await this.weights(work);
    return map.scores(features, weights, work?.signal);
  }

  async remove(
    rows: ReadonlySet<number>,
    samples?: LabelledFeatures,
    work?: WorkOptions,
  ): Promise<void> {
    if (this.#learned instanceof KernelRidge) await this.#learned.remove(rows);
    else {
      const classes = this.counts.length;
      this.#learned = await this.#updated(this.#learned, samples!, classes, -1, work);
    }
    this.#weights = undefined;
  }

  moveColumns(columns: readonly number[], classes: number): void {
    this.#learned.moveColumns(columns, classes);
    this.#weights = undefined;
  }

  async merge(other: Adapter, columns: readonly number[], classes: number): Promise<void> {
    if (!(other instanceof PrimalRidge)) throw notAlike('PrimalRidge');
    const theirs = other.#learned;
    const { memory, map } = this.#options;
    const mine = this.#learned;
    const rows = [...mine.counts, ...theirs.counts].reduce((sum, n) => sum + n, 0);
    const small = memory === 'features' || rows < keptPerUnit * map.width;
    if (small && mine instanceof KernelRidge && theirs instanceof KernelRidge) {
      await mine.merge(theirs, columns, classes);
    } else {
      const sums = mine instanceof KernelRidge ? await this.#sumsOf(mine) : mine;
      const more = theirs instanceof KernelRidge ? await this.#sumsOf(theirs) : theirs;
      sums.merge(more, columns, classes);
      this.#learned = sums;
    }
    this.#weights = undefined;
  }

  save(): AdapterState {
    if (this.#learned instanceof KernelRidge) return this.#learned.save();
    const { packed, classSums, counts } = this.#learned;
    return {
      blocks: [],
      tensors: {
        gram: tensorOf({ rows: packed.length, cols: 1, data: packed }, [packed.length]),
        'class-sums': tensorOf(classSums, [classSums.rows, classSums.cols]),
        counts: { dtype: 'int32', dims: [counts.length], data: Int32Array.from(counts) },
      },
    };
  }

  /** W = Φᵀα. */
  async #weightsFrom(dual: KernelRidge, work?: WorkOptions): Promise<Matrix> {
    const { map } = this.#options;
    const alpha = asReal(await dual.coefficients(work), map.precision);
    return crossProduct(dual.lifted(work?.signal), map.width, alpha, work?.signal);
  }

  /** The sums over samples that were kept; `dual` stays as it is. */
  async #sumsOf(dual: KernelRidge, work?: WorkOptions): Promise<RidgeSums> {
    const sums = new RidgeSums(this.#options.map.width, this.#options.precision);
    return this.#updated(sums, dual.kept, dual.counts.length, 1, work);
  }

  /** Sums with samples added or subtracted: the same object where that takes one step, else a copy, so that a cancelled one is whole. */
  async #updated(
    sums: RidgeSums,
    { features, labels }: LabelledFeatures,
    classes: number,
    sign: 1 | -1,
    work?: WorkOptions,
  ): Promise<RidgeSums> {
    const { map } = this.#options;
    const chunks = [...chunksOf(features.rows, map.width)];
    const next = chunks.length > 1 ? sums.copy() : sums;
    for (const [i, [from, to]] of chunks.entries()) {
      const phi = await map.lift(rowsOf(features, from, to), work?.signal);
      throwIfAborted('rail', work?.signal);
      await next.update(phi, labels.subarray(from, to), classes, sign);
      work?.onProgress?.({ phase: 'statistics', done: i + 1, total: chunks.length });
    }
    next.widen(classes);
    return next;
  }
}

function tensorOf({ data }: Matrix, dims: readonly number[]): Tensor {
  return data instanceof Float64Array
    ? { dtype: 'float64', dims, data }
    : { dtype: 'float32', dims, data };
}
