import { ClError, type AccuracyMatrix } from '@cl/hub';
import { assertAccuracy, meanOf } from './accuracy-matrix.ts';

/**
 * Sample-weighted accuracy after each step (PILOT, RanPAC: "accuracy curve"):
 *
 *   s_i = Σ_{j≤i} n_j a_{i,j} / Σ_{j≤i} n_j
 *
 * The share of right answers on all test samples of what was learned so far, n_j of them in task j.
 * VQ-Prompt's metrics weigh tasks, not samples: never compare across the two.
 *
 * @param accuracy - `a[i][j]` in [0, 1] on task j after learning task i; j ≤ i is read.
 * @param testSizes - n_j, at least one sample each.
 * @returns s_i in [0, 1], higher is better; `undefined` at the steps that left a learned task out.
 * @throws ClError `SHAPE_MISMATCH`, `NON_FINITE`, `INVALID_DATA` when the matrix or the sizes are malformed.
 */
export function stepAccuracy(
  accuracy: AccuracyMatrix,
  testSizes: readonly number[],
): readonly (number | undefined)[] {
  assertAccuracy('stepAccuracy', accuracy);
  assertSizes('stepAccuracy', testSizes, accuracy.length);
  return accuracy.map((row, i) => {
    let right = 0;
    let total = 0;
    for (let j = 0; j <= i; j += 1) {
      const share = row[j];
      if (share === undefined) return undefined;
      right += share * testSizes[j]!;
      total += testSizes[j]!;
    }
    return right / total;
  });
}

/**
 * The mean of the curve of `stepAccuracy` (PILOT's "average accuracy"):
 *
 *   1/T · Σ_i s_i
 *
 * @returns a share in [0, 1], higher is better; `undefined` when a step of the curve is.
 * @throws ClError as `stepAccuracy`.
 */
export function meanStepAccuracy(
  accuracy: AccuracyMatrix,
  testSizes: readonly number[],
): number | undefined {
  return meanOf(stepAccuracy(accuracy, testSizes));
}

/**
 * The end of the curve of `stepAccuracy`, s_T: right answers on all test samples after the last task.
 *
 * @returns a share in [0, 1], higher is better; `undefined` when a task was not evaluated at the end.
 * @throws ClError as `stepAccuracy`.
 */
export function finalStepAccuracy(
  accuracy: AccuracyMatrix,
  testSizes: readonly number[],
): number | undefined {
  return stepAccuracy(accuracy, testSizes).at(-1);
}

function assertSizes(where: string, sizes: readonly number[], tasks: number): void {
  if (sizes.length < tasks) {
    throw new ClError(
      'SHAPE_MISMATCH',
      `${where}: ${sizes.length} test sizes for ${tasks} tasks, expected one a task.`,
    );
  }
  const at = sizes.findIndex((size) => !Number.isInteger(size) || size < 1);
  if (at < 0) return;
  throw new ClError(
    'INVALID_DATA',
    `${where}: test size of task ${at} is ${sizes[at]!}, expected a whole number of at least 1. ` +
      'Leave tasks without test samples out of the stream.',
  );
}
