/** The check of features before a method believes them. */
import { ClError, type ImageRef, type Matrix } from '@cl/hub';

/**
 * Refuses features [N, D] that are no numbers.
 *
 * @param learner - its name, for the message.
 * @param features - one row an image.
 * @param images - that the message names.
 * @throws ClError `NON_FINITE` naming the first image whose features are NaN or infinite.
 */
export function assertFiniteFeatures(
  learner: string,
  features: Matrix,
  images: readonly ImageRef[],
): void {
  const { cols, data } = features;
  for (let i = 0; i < data.length; i += 1) {
    if (Number.isFinite(data[i])) continue;
    throw new ClError(
      'NON_FINITE',
      `${learner}: the features of image "${images[Math.floor(i / cols)]!.id}" hold ${data[i]!}, expected finite ` +
        'numbers. Look at the image; if many are so, the training diverged or the backbone’s dtype is too narrow.',
    );
  }
}
