/**
 * The sufficient statistics of ridge regression: G = Σ φᵀφ and Cxy = Σ φᵀy. Nothing in them belongs to a single sample;
 * they add (merging, federation) and subtract (unlearning).
 */
import type { Matrix, RealArray } from '@cl/hub';
import { cholesky, createGram, Gram, type RealType, zeroMatrix } from '@cl/linalg';

/** Sums over samples, for a number of classes that may grow. */
export class RidgeSums {
  readonly gram: Gram;
  readonly #dim: number;
  readonly #precision: RealType;
  /** Row c is Σ φ over the samples of class c: Cxy transposed, so that a new class is a new row. */
  #classSums: RealArray[] = [];
  #counts: number[] = [];

  /** Zero, or sums that were saved. */
  constructor(dim: number, precision: RealType, gram: Gram = createGram(dim, precision)) {
    this.gram = gram;
    this.#dim = dim;
    this.#precision = precision;
  }

  /** Sums as {@link RidgeSums.packed} and {@link RidgeSums.classSums} gave them. */
  static from(packed: RealArray, classSums: Matrix, counts: readonly number[]): RidgeSums {
    const dim = classSums.cols;
    const precision = packed instanceof Float64Array ? 'float64' : 'float32';
    const sums = new RidgeSums(dim, precision, Gram.fromPacked(dim, packed));
    sums.#classSums = counts.map((_, c) => classSums.data.slice(c * dim, (c + 1) * dim));
    sums.#counts = [...counts];
    return sums;
  }

  /** Samples of each class. */
  get counts(): readonly number[] {
    return this.#counts;
  }

  /** Lower triangle of G row by row, M(M+1)/2 numbers; a copy. */
  get packed(): RealArray {
    return this.gram.toPacked();
  }

  /** Cxyᵀ [C, M]; a copy. */
  get classSums(): Matrix {
    const all = zeroMatrix(this.#counts.length, this.#dim, this.#precision);
    this.#classSums.forEach((row, c) => {
      all.data.set(row, c * this.#dim);
    });
    return all;
  }

  /** A copy that can be changed alone. */
  copy(): RidgeSums {
    return RidgeSums.from(this.packed, this.classSums, this.#counts);
  }

  /** Makes room for classes without samples. */
  widen(classes: number): void {
    while (this.#counts.length < classes) {
      this.#counts.push(0);
      this.#classSums.push(zeroMatrix(1, this.#dim, this.#precision).data);
    }
  }

  /** Adds (sign 1) or subtracts (−1) samples φ [n, M] of `classes` classes; changes nothing when it throws. */
  async update(phi: Matrix, labels: Int32Array, classes: number, sign: 1 | -1): Promise<void> {
    await (sign === 1 ? this.gram.add(phi) : this.gram.subtract(phi));
    this.widen(classes);
    for (let i = 0; i < phi.rows; i += 1) {
      const sum = this.#classSums[labels[i]!]!;
      for (let k = 0; k < this.#dim; k += 1) sum[k]! += sign * phi.data[i * this.#dim + k]!;
      this.#counts[labels[i]!]! += sign;
    }
  }

  /** Adds other sums; their class c is `columns[c]` here. */
  merge(other: RidgeSums, columns: readonly number[], classes: number): void {
    this.widen(classes);
    this.gram.merge(other.gram);
    other.#classSums.forEach((row, c) => {
      const sum = this.#classSums[columns[c]!]!;
      for (let k = 0; k < this.#dim; k += 1) sum[k]! += row[k]!;
      this.#counts[columns[c]!]! += other.#counts[c]!;
    });
  }

  /** Moves classes to other places; −1 drops one. */
  moveColumns(columns: readonly number[], classes: number): void {
    const [rows, counts] = [this.#classSums, this.#counts];
    this.#classSums = [];
    this.#counts = [];
    this.widen(classes);
    columns.forEach((place, c) => {
      if (place < 0) return;
      this.#classSums[place] = rows[c]!;
      this.#counts[place] = counts[c]!;
    });
  }

  /** W = (G + λI)⁻¹Cxy, [M, C]. */
  async solve(ridge: number, signal?: AbortSignal): Promise<Matrix> {
    const classes = this.#counts.length;
    const cross = zeroMatrix(this.#dim, classes, this.#precision);
    this.#classSums.forEach((row, c) => {
      for (let k = 0; k < this.#dim; k += 1) cross.data[k * classes + c] = row[k]!;
    });
    const factor = await cholesky(this.gram, { ridge, signal });
    return factor.solve(cross);
  }
}
