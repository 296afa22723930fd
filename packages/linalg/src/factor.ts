/** What a Cholesky factor is good for: solving, and growing. */
import { ClError, throwIfAborted, type Matrix, type RealArray, type WorkOptions } from '@cl/hub';
import { invertTop } from './diagonal-block.ts';
import { extendPanels } from './extend-panels.ts';
import { factorize, pivotFloor } from './factorize.ts';
import { gemm } from './gemm.ts';
import {
  columnsOf,
  matrixFromPanels,
  packedFromPanels,
  panelRows,
  panelsFromMatrix,
  panelsFromPacked,
  panelWidth,
  type LowerPanels,
} from './panels.ts';
import { pause } from './pause.ts';
import { asReal, assertFinite, assertMatrix, realArray, rowsOf, type RealType } from './real.ts';
import { updateSymmetric } from './symmetric-update.ts';

/** What {@link CholeskyFactor.forward} may start from. */
export interface ForwardOptions extends WorkOptions {
  /** L⁻¹·B of the first rows [m, r], as a factor gave it that this one grew from: only what follows is computed. */
  readonly known?: Matrix | undefined;
}

/** L of A + λI = L·Lᵀ. It never changes; what it grows into shares its memory. */
export class CholeskyFactor {
  /** λ that was added to the diagonal of A, and is to what {@link CholeskyFactor.extend} adds. */
  readonly ridge: number;
  readonly #lower: LowerPanels;
  readonly #inverses: readonly Matrix[];
  /** Whether the room behind the panels belongs to a factor that grew from this one. */
  #grew = false;

  /**
   * Takes ownership: see `cholesky` and {@link CholeskyFactor.fromPacked}.
   *
   * @internal
   */
  constructor(lower: LowerPanels, inverses: readonly Matrix[], ridge: number) {
    this.#lower = lower;
    this.#inverses = inverses;
    this.ridge = ridge;
  }

  /**
   * A saved factor, to the same bits.
   *
   * @param size - n.
   * @param packed - what {@link CholeskyFactor.toPacked} gave; copied.
   * @param ridge - λ of the factor that was saved.
   * @throws ClError `SHAPE_MISMATCH`; `NON_FINITE`; `NOT_POSITIVE_DEFINITE` for a diagonal that no factor has.
   */
  static fromPacked(size: number, packed: RealArray, ridge: number): CholeskyFactor {
    const expected = (size * (size + 1)) / 2;
    if (packed.length !== expected) {
      throw new ClError(
        'SHAPE_MISMATCH',
        `CholeskyFactor.fromPacked: found ${packed.length} numbers, expected ${expected} for size ${size}. ` +
          'Pass what toPacked() gave.',
      );
    }
    assertFinite('CholeskyFactor.fromPacked', { rows: 1, cols: packed.length, data: packed });
    const lower = panelsFromPacked(
      size,
      packed,
      packed instanceof Float32Array ? 'float32' : 'float64',
    );
    for (let i = 0; i < size; i++) {
      const diagonal = packed[(i * (i + 3)) / 2]!;
      if (diagonal > 0) continue;
      throw new ClError(
        'NOT_POSITIVE_DEFINITE',
        `CholeskyFactor.fromPacked: diagonal element ${i} is ${diagonal}, expected a positive number. ` +
          'Pass what toPacked() gave.',
      );
    }
    return new CholeskyFactor(lower, invertTops(lower), ridge);
  }

  /** Rows and columns, n. */
  get size(): number {
    return this.#lower.size;
  }

  /** Element type of L. */
  get dtype(): RealType {
    return this.#lower.dtype;
  }

  /** L as a full matrix [n, n] with zeros above the diagonal: a copy, made at each call. */
  get lower(): Matrix {
    return matrixFromPanels(this.#lower, 'zeros');
  }

  /** Rows of L one after the other without the zeros, n(n+1)/2 numbers; a copy. */
  toPacked(): RealArray {
    return packedFromPanels(this.#lower);
  }

  /**
   * X of (A + λI)·X = B, for all columns of B at once.
   *
   * @param b - [n, r], converted to the factor's element type; not modified.
   * @throws ClError `SHAPE_MISMATCH`, `NON_FINITE`, `ABORTED`.
   */
  async solve(b: Matrix, options: WorkOptions = {}): Promise<Matrix> {
    const x = this.#copyOf('solve', b);
    await this.#forward(x, options);
    await this.#backward(x, options);
    return x;
  }

  /** L⁻¹·B; as {@link CholeskyFactor.solve}, and `SHAPE_MISMATCH` when what is known does not fit B. */
  async forward(b: Matrix, { known, ...options }: ForwardOptions = {}): Promise<Matrix> {
    const x = this.#copyOf('forward', b);
    if (known === undefined) await this.#forward(x, options);
    else {
      assertMatrix('forward', known);
      assertTopOf(b, known);
      // A block of rows that is known in part is computed again: its inverse now covers the whole block.
      const blocks = Math.floor(known.rows / panelWidth);
      x.data.set(asReal(rowsOf(known, 0, blocks * panelWidth), this.dtype).data);
      await this.#forward(x, options, blocks);
    }
    return x;
  }

  /** L⁻ᵀ·B; as {@link CholeskyFactor.solve}. */
  async backward(b: Matrix, options: WorkOptions = {}): Promise<Matrix> {
    const x = this.#copyOf('backward', b);
    await this.#backward(x, options);
    return x;
  }

  /**
   * The factor of the grown matrix [[A, A₂₁ᵀ], [A₂₁, A₂₂]] + λI from this one:
   * L₂₁ = A₂₁·L⁻ᵀ and L₂₂ = chol(A₂₂ + λI − L₂₁·L₂₁ᵀ). This factor stays as it is.
   *
   * @param a21 - [m, n], new rows against old columns.
   * @param a22 - [m, m], of which the lower triangle is read; without λ.
   * @throws ClError `NOT_POSITIVE_DEFINITE` with the pivot counted in the new block; otherwise as
   * {@link CholeskyFactor.solve}.
   */
  async extend(a21: Matrix, a22: Matrix, options: WorkOptions = {}): Promise<CholeskyFactor> {
    assertMatrix('extend', a21);
    assertMatrix('extend', a22);
    const m = a22.rows;
    if (a21.rows !== m || a22.cols !== m || a21.cols !== this.size) {
      throw new ClError(
        'SHAPE_MISMATCH',
        `extend: found ${a21.rows} × ${a21.cols} and ${a22.rows} × ${a22.cols}, expected ${m} × ${this.size} and ` +
          `${m} × ${m}. Pass kernels new against old, and new against new.`,
      );
    }
    assertFinite('extend', a21);
    const across = transpose(a21, this.dtype);
    await this.#forward(across, options); // L₂₁ᵀ, [n, m]
    const corner = panelsFromMatrix(a22, this.dtype);
    const floor = pivotFloor(corner, this.ridge);
    await updateSymmetric(corner, across, 'subtract');
    await factorize(corner, this.ridge, { ...options, floor });
    const below = { matrix: across, transposed: true };
    const lower = extendPanels(this.#lower, below, corner, !this.#grew);
    this.#grew = true;
    const whole = Math.floor(this.size / panelWidth);
    return new CholeskyFactor(lower, invertTops(lower, this.#inverses.slice(0, whole)), this.ridge);
  }

  #copyOf(where: string, b: Matrix): Matrix {
    assertMatrix(where, b);
    if (b.rows !== this.size) {
      throw new ClError(
        'SHAPE_MISMATCH',
        `${where}: found ${b.rows} rows on the right-hand side, expected ${this.size}, the size of the factor. ` +
          'Pass one row for each row of the matrix.',
      );
    }
    assertFinite(where, b);
    const copy = asReal(b, this.dtype);
    return copy === b ? { ...b, data: b.data.slice() } : copy;
  }

  /** X[p] = L[p][p]⁻¹·(B[p] − L[p][0…p]·X[0…p]), from the top or from a block on. */
  async #forward(x: Matrix, { signal, onProgress }: WorkOptions, start = 0): Promise<void> {
    const total = this.#inverses.length;
    const { size, dtype } = this.#lower;
    const strip = realArray(dtype, size * panelWidth);
    const scratch = realArray(dtype, panelWidth * x.cols);
    for (let p = start; p < total; p++) {
      throwIfAborted('solve', signal);
      const { first, end } = columnsOf(size, p);
      const target = rowsOf(x, first, end);
      const left = this.#stripOf(p, strip);
      await gemm(left, rowsOf(x, 0, first), target, { effect: 'subtract' });
      await this.#divide(p, target, scratch, 'plain');
      onProgress?.({ phase: 'forward', done: p + 1, total });
      await pause();
    }
  }

  /** X[p] = L[p][p]⁻ᵀ·(B[p] − L[p…][p]ᵀ·X[p…]), from the bottom. */
  async #backward(x: Matrix, { signal, onProgress }: WorkOptions): Promise<void> {
    const total = this.#inverses.length;
    const { size, dtype } = this.#lower;
    const scratch = realArray(dtype, panelWidth * x.cols);
    for (let p = total - 1; p >= 0; p--) {
      throwIfAborted('solve', signal);
      const { first, end } = columnsOf(size, p);
      const target = rowsOf(x, first, end);
      await gemm(panelRows(this.#lower, p, end, size), rowsOf(x, end, size), target, {
        effect: 'subtract',
        transposeA: true,
      });
      await this.#divide(p, target, scratch, 'transposed');
      onProgress?.({ phase: 'backward', done: total - p, total });
      await pause();
    }
  }

  async #divide(
    p: number,
    x: Matrix,
    scratch: RealArray,
    by: 'plain' | 'transposed',
  ): Promise<void> {
    const result = { ...x, data: scratch.subarray(0, x.data.length) };
    await gemm(this.#inverses[p]!, x, result, {
      effect: 'set',
      transposeA: by === 'transposed',
    });
    x.data.set(result.data);
  }

  /** Rows of block p left of the diagonal block, gathered from the panels before it. */
  #stripOf(p: number, strip: RealArray): Matrix {
    const { first, end, width: rows } = columnsOf(this.size, p);
    for (let q = 0; q < p; q++) {
      const { data } = panelRows(this.#lower, q, first, end);
      for (let i = 0; i < rows; i++) {
        const row = data.subarray(i * panelWidth, (i + 1) * panelWidth);
        strip.set(row, i * first + q * panelWidth);
      }
    }
    return { rows, cols: first, data: strip.subarray(0, rows * first) };
  }
}

function assertTopOf(b: Matrix, known: Matrix): void {
  if (known.rows <= b.rows && known.cols === b.cols) return;
  throw new ClError(
    'SHAPE_MISMATCH',
    `forward: ${known.rows} × ${known.cols} are known of a right-hand side of ${b.rows} × ${b.cols}, expected as many ` +
      'columns and at most as many rows. Pass the solution of its first rows.',
  );
}

/** The inverses of all diagonal blocks, of which the first may be known. */
function invertTops(lower: LowerPanels, known: readonly Matrix[] = []): Matrix[] {
  return lower.panels.map((_, p) => {
    const { first, end } = columnsOf(lower.size, p);
    return known[p] ?? invertTop(panelRows(lower, p, first, end));
  });
}

function transpose({ rows, cols, data }: Matrix, dtype: RealType): Matrix {
  const flipped = realArray(dtype, data.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) flipped[j * rows + i] = data[i * cols + j]!;
  }
  return { rows: cols, cols: rows, data: flipped };
}
