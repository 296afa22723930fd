/** Cholesky factorisation of symmetric positive definite matrices. */
import { ClError, type Matrix, type WorkOptions } from '@cl/hub';
import { CholeskyFactor } from './factor.ts';
import { factorize } from './factorize.ts';
import { Gram } from './gram.ts';
import { copyPanels, panelsFromMatrix, type LowerPanels } from './panels.ts';
import { assertMatrix, realTypeOf } from './real.ts';

/** How to factor. */
export interface CholeskyOptions extends WorkOptions {
  /** λ, added to the diagonal; 0 when absent. */
  readonly ridge?: number;
  /**
   * Turns a {@link Gram}'s own memory into the factor instead of a copy of it: the Gram cannot be used
   * afterwards, also when the factorisation fails. Means nothing for a matrix.
   */
  readonly overwrite?: boolean;
}

/**
 * Factors a symmetric positive definite matrix.
 *
 * @param a - square, of which the lower triangle is read, or a Gram; the factor has its element type.
 * @throws ClError `NOT_POSITIVE_DEFINITE`, naming the pivot; `NON_FINITE`; `SHAPE_MISMATCH`;
 * `INVALID_OPTION` for a negative ridge; `ABORTED`.
 */
export async function cholesky(
  a: Matrix | Gram,
  options: CholeskyOptions = {},
): Promise<CholeskyFactor> {
  const { ridge = 0, overwrite = false } = options;
  if (!(ridge >= 0) || ridge === Infinity) {
    throw new ClError(
      'INVALID_OPTION',
      `cholesky: ridge is ${ridge}, expected a finite number ≥ 0. Pass the λ that goes on the diagonal.`,
    );
  }
  const lower = panelsOf(a, overwrite);
  return new CholeskyFactor(lower, await factorize(lower, ridge, options), ridge);
}

function panelsOf(a: Matrix | Gram, overwrite: boolean): LowerPanels {
  if (a instanceof Gram) return overwrite ? a.release() : copyPanels(a.lower);
  assertMatrix('cholesky', a);
  if (a.rows === a.cols) return panelsFromMatrix(a, realTypeOf(a.data));
  throw new ClError(
    'SHAPE_MISMATCH',
    `cholesky: found ${a.rows} × ${a.cols}, expected a square matrix. Pass ΦᵀΦ or a kernel matrix.`,
  );
}
