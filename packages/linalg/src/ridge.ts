/** Ridge regression in closed form. */
import { ClError, type Matrix, type WorkOptions } from '@cl/hub';
import { cholesky } from './cholesky.ts';
import { createGram } from './gram.ts';
import { linearKernel } from './kernels.ts';
import { multiply } from './multiply.ts';
import { realTypeOf, zeroMatrix, type RealType } from './real.ts';

/**
 * W that minimises ‖ΦW − Y‖² + λ‖W‖²: (ΦᵀΦ + λI)⁻¹ΦᵀY, or Φᵀ(ΦΦᵀ + λI)⁻¹Y, the same W, where there are fewer
 * samples than features. Φ is [n, M], Y is [n, C] of the same element type, λ > 0.
 *
 * @returns [M, C].
 * @throws ClError `SHAPE_MISMATCH`, `INVALID_DATA`, `INVALID_OPTION`, `NON_FINITE`, `NOT_POSITIVE_DEFINITE`,
 * `ABORTED`.
 */
export async function ridge(
  phi: Matrix,
  y: Matrix,
  lambda: number,
  options: WorkOptions = {},
): Promise<Matrix> {
  if (phi.rows !== y.rows) {
    throw new ClError(
      'SHAPE_MISMATCH',
      `ridge: ${phi.rows} samples with ${y.rows} targets, expected as many of both. Pass one row each.`,
    );
  }
  const { signal } = options;
  const work = { ...options, ridge: lambda, overwrite: true };
  if (phi.rows < phi.cols) {
    const factor = await cholesky(await linearKernel(phi, phi, options), work);
    return multiply(phi, await factor.solve(y, options), { transposeA: true, signal });
  }
  const gram = createGram(phi.cols, realTypeOf(phi.data));
  await gram.add(phi, signal);
  const target = await multiply(phi, y, { transposeA: true, signal });
  return (await cholesky(gram, work)).solve(target, options);
}

/**
 * Y of class labels: a one in each row, in the column of its label.
 *
 * @param labels - n of them, from 0 to `classes` − 1.
 * @returns [n, classes].
 */
export function oneHot(labels: Int32Array, classes: number, dtype: RealType): Matrix {
  const targets = zeroMatrix(labels.length, classes, dtype);
  for (let i = 0; i < labels.length; i++) targets.data[i * classes + labels[i]!] = 1;
  return targets;
}
