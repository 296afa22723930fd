import { ClError } from '@cl/hub';

/**
 * Negative flip rate (Yan et al., Positive-Congruent Training, CVPR 2021): the share of samples that were right
 * before an update and are wrong after it,
 *
 *   NFR = 1/N · |{ n : right before, wrong after }|
 *
 * What people notice when a model is replaced: an accuracy that went up can hide many of these. The
 * difference of accuracies is `positiveFlipRate` − `negativeFlipRate`.
 *
 * @param before - whether each sample was answered rightly by the old model.
 * @param after - the same samples in the same order, the new model.
 * @returns NFR in [0, 1], lower is better; `undefined` without samples.
 * @throws ClError `SHAPE_MISMATCH` when the two differ in length.
 */
export function negativeFlipRate(
  before: readonly boolean[],
  after: readonly boolean[],
): number | undefined {
  return shareOf('negativeFlipRate', before, after, (old, now) => old && !now);
}

/**
 * Positive flip rate (Yan et al., CVPR 2021): the share of samples that were wrong before an update and are right
 * after it,
 *
 *   PFR = 1/N · |{ n : wrong before, right after }|
 *
 * @returns PFR in [0, 1], higher is better; `undefined` without samples.
 * @throws ClError `SHAPE_MISMATCH` when the two differ in length.
 */
export function positiveFlipRate(
  before: readonly boolean[],
  after: readonly boolean[],
): number | undefined {
  return shareOf('positiveFlipRate', before, after, (old, now) => !old && now);
}

function shareOf(
  where: string,
  before: readonly boolean[],
  after: readonly boolean[],
  counts: (before: boolean, after: boolean) => boolean,
): number | undefined {
  if (before.length !== after.length) {
    throw new ClError(
      'SHAPE_MISMATCH',
      `${where}: ${before.length} answers before and ${after.length} after, expected the same ` +
        'samples in the same order.',
    );
  }
  if (before.length === 0) return undefined;
  return before.filter((old, i) => counts(old, after[i]!)).length / before.length;
}
