import { ClError, type ClassId, type Scores } from '@cl/hub';

/** A top-k accuracy, and the k that it is really about. */
export interface TopKAccuracy {
  /** Share of samples in [0, 1]. */
  readonly accuracy: number;
  /** k' = min(k, C): with C ≤ k columns every answer that is a column is among the first k. */
  readonly k: number;
  /** Number of samples. */
  readonly samples: number;
}

/**
 * Top-k accuracy: the share of samples whose true class is among the k largest scores.
 *
 * Equal scores rank in column order, as an argmax that takes the first does. A true class that is no column
 * counts as wrong. `scores.rejected` is not read: this is the accuracy of a forced choice.
 *
 * @param scores - [N, C] as a learner gives them.
 * @param truth - the true class of each row, length N.
 * @param k - at least 1.
 * @returns accuracy in [0, 1], higher is better, with k' and N; `undefined` without rows or columns.
 * @throws ClError `SHAPE_MISMATCH` when sizes disagree, `NON_FINITE` when a score is NaN, `INVALID_DATA` when k is
 * no whole number of at least 1.
 */
export function topKAccuracy(
  scores: Pick<Scores, 'classes' | 'values'>,
  truth: readonly ClassId[],
  k: number,
): TopKAccuracy | undefined {
  const { classes, values } = scores;
  assertScores(scores, truth, k);
  if (truth.length === 0 || classes.length === 0) return undefined;
  const columns = new Map(classes.map(({ id }, c) => [id, c]));
  let right = 0;
  for (let i = 0; i < truth.length; i += 1) {
    const c = columns.get(truth[i]!);
    if (c !== undefined && rank(values, i * classes.length, classes.length, c) < k) right += 1;
  }
  return {
    accuracy: right / truth.length,
    k: Math.min(k, classes.length),
    samples: truth.length,
  };
}

/** How many columns come before column c in the row that starts at `start`. */
function rank(values: Scores['values'], start: number, columns: number, c: number): number {
  const own = values[start + c]!;
  let before = 0;
  for (let j = 0; j < columns; j += 1) {
    const score = values[start + j]!;
    if (score > own || (score === own && j < c)) before += 1;
  }
  return before;
}

function assertScores(
  { classes, values }: Pick<Scores, 'classes' | 'values'>,
  truth: readonly ClassId[],
  k: number,
): void {
  if (!Number.isInteger(k) || k < 1) {
    throw new ClError('INVALID_DATA', `topKAccuracy: k is ${k}, expected a whole number ≥ 1.`);
  }
  if (values.length !== truth.length * classes.length) {
    throw new ClError(
      'SHAPE_MISMATCH',
      `topKAccuracy: ${values.length} scores for ${truth.length} samples and ${classes.length} ` +
        `classes, expected ${truth.length * classes.length}. Give one row a sample.`,
    );
  }
  const at = values.findIndex((value) => Number.isNaN(value));
  if (at < 0) return;
  throw new ClError(
    'NON_FINITE',
    `topKAccuracy: score of row ${Math.floor(at / classes.length)}, column ${at % classes.length} ` +
      'is NaN. Look at the learner that made it.',
  );
}
