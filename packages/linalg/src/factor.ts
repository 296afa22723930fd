/** What a Cholesky factor is good for: solving, and growing. */
import { ClError, type Matrix, type RealArray, type WorkOptions } from '@cl/hub';
import { invertTop } from './diagonal-block.ts';
import { extendPanels } from './extend-panels.ts';
import { factorize, pivotFloor } from './factorize.ts';
import {
  columnsOf,
  groupWidth,
  matrixFromPanels,
  packedFromPanels,
  panelRows,
  panelsFromMatrix,
  panelsFromPacked,
  panelWidth,
  type LowerPanels,
} from './panels.ts';
import { asReal, assertFinite, assertMatrix, rowsOf, type RealType } from './real.ts';
import { updateOuter } from './symmetric-update.ts';
import { transposed } from './transpose.ts';
import { solveLower, solveUpper, type Triangle } from './triangular-solve.ts';

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
    await solveLower(this.#triangle, x, options);
    await solveUpper(this.#triangle, x, options);
    return x;
  }

  /** L⁻¹·B; as {@link CholeskyFactor.solve}, and `SHAPE_MISMATCH` when what is known does not fit B. */
  async forward(b: Matrix, { known, ...options }: ForwardOptions = {}): Promise<Matrix> {
    const x = this.#copyOf('forward', b);
    if (known === undefined) await solveLower(this.#triangle, x, options);
    else {
      assertMatrix('forward', known);
      assertTopOf(b, known);
      // A group of rows that is known in part is computed again: to the same bits as if nothing were known.
      const whole = known.rows - (known.rows % groupWidth);
      x.data.set(asReal(rowsOf(known, 0, whole), this.dtype).data);
      await solveLower(this.#triangle, x, options, whole);
    }
    return x;
  }

  /** L⁻ᵀ·B; as {@link CholeskyFactor.solve}. */
  async backward(b: Matrix, options: WorkOptions = {}): Promise<Matrix> {
    const x = this.#copyOf('backward', b);
    await solveUpper(this.#triangle, x, options);
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
    const across = transposed(a21, this.dtype);
    await solveLower(this.#triangle, across, options); // L₂₁ᵀ, [n, m]
    const below = transposed(across);
    const corner = panelsFromMatrix(a22, this.dtype);
    const floor = pivotFloor(corner, this.ridge);
    await updateOuter(corner, below, 'subtract');
    await factorize(corner, this.ridge, { ...options, floor });
    const lower = extendPanels(this.#lower, below, corner, !this.#grew);
    this.#grew = true;
    const whole = Math.floor(this.size / panelWidth);
    return new CholeskyFactor(lower, invertTops(lower, this.#inverses.slice(0, whole)), this.ridge);
  }

  get #triangle(): Triangle {
    return { lower: this.#lower, inverses: this.#inverses };
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
