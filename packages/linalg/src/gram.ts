/** Gram matrices ΦᵀΦ that grow sample by sample, and shrink again: sums, so they merge and subtract exactly. */
import { ClError, throwIfAborted, type Matrix, type RealArray } from '@cl/hub';
import { extendPanels } from './extend-panels.ts';
import {
  matrixFromPanels,
  packedFromPanels,
  panelsFromMatrix,
  panelsFromPacked,
  zeroPanels,
  type LowerPanels,
} from './panels.ts';
import { assertFinite, assertMatrix, type RealType } from './real.ts';
import { updateSymmetric } from './symmetric-update.ts';

/** A symmetric sum G = Σ φᵀφ of which only the lower triangle is kept and computed. */
export class Gram {
  #lower: LowerPanels | undefined;

  /** Starts at zero: see {@link createGram}. */
  constructor(dim: number, dtype: RealType) {
    this.#lower = zeroPanels(dim, dtype);
  }

  /**
   * From rows of the lower triangle one after the other, as {@link Gram.toPacked} gives them; copied.
   *
   * @throws ClError `SHAPE_MISMATCH` unless there are dim·(dim+1)/2 numbers.
   */
  static fromPacked(dim: number, packed: RealArray): Gram {
    const expected = (dim * (dim + 1)) / 2;
    if (packed.length !== expected) {
      throw new ClError(
        'SHAPE_MISMATCH',
        `Gram.fromPacked: found ${packed.length} numbers, expected ${expected} for ${dim} dimensions. ` +
          'Pass what toPacked() gave.',
      );
    }
    const dtype = packed instanceof Float32Array ? 'float32' : 'float64';
    const gram = new Gram(0, dtype);
    gram.#lower = panelsFromPacked(dim, packed, dtype);
    return gram;
  }

  /** Rows and columns, M. */
  get dim(): number {
    return this.#open().size;
  }

  /** Element type of the sums. */
  get dtype(): RealType {
    return this.#open().dtype;
  }

  /** G as a full symmetric matrix [M, M]: a copy, made at each call. */
  get matrix(): Matrix {
    return matrixFromPanels(this.#open(), 'mirror');
  }

  /** Rows of the lower triangle one after the other, M(M+1)/2 numbers; a copy. */
  toPacked(): RealArray {
    return packedFromPanels(this.#open());
  }

  /**
   * G += φᵀφ.
   *
   * @param phi - [n, M], any n, float32 or float64; not modified.
   * @throws ClError `SHAPE_MISMATCH`, `NON_FINITE`; G is unchanged then.
   * @throws ClError `ABORTED` when cancelled before it began: an addition is never half done.
   */
  async add(phi: Matrix, signal?: AbortSignal): Promise<void> {
    await this.#update('Gram.add', phi, 'add', signal);
  }

  /** G −= φᵀφ: takes samples out again. Errors as {@link Gram.add}. */
  async subtract(phi: Matrix, signal?: AbortSignal): Promise<void> {
    await this.#update('Gram.subtract', phi, 'subtract', signal);
  }

  /**
   * G += the other's sum, as if all its samples had been added here.
   *
   * @throws ClError `SHAPE_MISMATCH` when dimensions differ.
   */
  merge(other: Gram): void {
    const [mine, theirs] = [this.#open(), other.#open()];
    assertDim('Gram.merge', theirs.size, mine.size);
    mine.panels.forEach((panel, p) => {
      const more = theirs.panels[p]!;
      for (let i = 0; i < panel.length; i++) panel[i] = panel[i]! + more[i]!;
    });
  }

  /**
   * Appends rows and columns: the Gram becomes [[G, Aᵀ], [A, B]]. A kernel matrix, the Gram matrix of samples in the kernel's
   * space, grows like that as samples arrive.
   *
   * @param across - A [m, M], new against old; not modified.
   * @param corner - B [m, m], new against new, of which the lower triangle is read; not modified.
   * @throws ClError `SHAPE_MISMATCH`; the Gram is unchanged then.
   */
  extend(across: Matrix, corner: Matrix): void {
    const lower = this.#open();
    assertMatrix('Gram.extend', across);
    assertMatrix('Gram.extend', corner);
    const m = corner.rows;
    if (corner.cols !== m || across.rows !== m || across.cols !== lower.size) {
      throw new ClError(
        'SHAPE_MISMATCH',
        `Gram.extend: found ${across.rows} × ${across.cols} and ${m} × ${corner.cols}, expected m × ${lower.size} and ` +
          'm × m. Pass new against old, and new against new.',
      );
    }
    this.#lower = extendPanels(lower, across, panelsFromMatrix(corner, lower.dtype), true);
  }

  /**
   * Gives the memory of the sums away; the Gram cannot be used afterwards.
   *
   * @internal
   */
  release(): LowerPanels {
    const lower = this.#open();
    this.#lower = undefined;
    return lower;
  }

  /**
   * The sums themselves, not a copy.
   *
   * @internal
   */
  get lower(): LowerPanels {
    return this.#open();
  }

  async #update(
    where: string,
    phi: Matrix,
    effect: 'add' | 'subtract',
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const lower = this.#open();
    assertMatrix(where, phi);
    assertDim(where, phi.cols, lower.size);
    assertFinite(where, phi);
    throwIfAborted(where, signal);
    await updateSymmetric(lower, phi, effect);
  }

  #open(): LowerPanels {
    if (this.#lower !== undefined) return this.#lower;
    throw new ClError(
      'DISPOSED',
      'Gram: its memory became a Cholesky factor, expected a Gram in use. ' +
        'Leave out `overwrite` to keep both.',
    );
  }
}

/**
 * A Gram matrix of zeros, [dim, dim]. Sums in float64 lose nothing of note over millions of float32 samples.
 *
 * @throws ClError `INVALID_OPTION` unless dim is a whole number, 0 for one that is going to be extended.
 */
export function createGram(dim: number, dtype: RealType = 'float64'): Gram {
  if (Number.isInteger(dim) && dim >= 0) return new Gram(dim, dtype);
  throw new ClError(
    'INVALID_OPTION',
    `createGram: dim is ${dim}, expected a whole number. Pass the width of the features, or 0 for one to extend.`,
  );
}

function assertDim(where: string, found: number, expected: number): void {
  if (found === expected) return;
  throw new ClError(
    'SHAPE_MISMATCH',
    `${where}: found ${found} columns, expected ${expected}, the dimension of the Gram matrix. ` +
      'Use features of one width throughout.',
  );
}
