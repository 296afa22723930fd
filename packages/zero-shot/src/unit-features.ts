/** Image features as every method on cosines wants them: checked and of length 1. */
import { ClError, type FeatureSource, type ImageRef, type Matrix, type WorkOptions } from '@cl/hub';

/**
 * Features of images, each row divided by its Euclidean length.
 *
 * @returns float32 [N, D], owned by the caller.
 * @throws ClError `NON_FINITE` naming the images whose features are NaN, infinite or all zero; whatever the source throws.
 */
export async function unitFeatures(
  source: FeatureSource,
  images: readonly ImageRef[],
  work?: WorkOptions,
): Promise<Matrix<Float32Array>> {
  const features = await source.images(images, work);
  return unitRows('unitFeatures', features, (row) => `image "${images[row]!.id}"`);
}

/**
 * The rows divided by their Euclidean lengths, summed in float64.
 *
 * @throws ClError `NON_FINITE` naming by `nameOf` every row without a direction.
 */
export function unitRows(
  where: string,
  { rows, cols, data }: Matrix,
  nameOf: (row: number) => string,
): Matrix<Float32Array> {
  const unit = new Float32Array(rows * cols);
  const broken: number[] = [];
  for (let i = 0; i < rows; i += 1) {
    let squares = 0;
    for (let k = i * cols; k < (i + 1) * cols; k += 1) squares += data[k]! * data[k]!;
    const length = Math.sqrt(squares);
    if (!Number.isFinite(length) || length === 0) broken.push(i);
    for (let k = i * cols; k < (i + 1) * cols; k += 1) unit[k] = data[k]! / length;
  }
  if (broken.length === 0) return { rows, cols, data: unit };
  const named = broken.slice(0, 5).map(nameOf).join(', ');
  const more = broken.length > 5 ? ` and ${broken.length - 5} more` : '';
  throw new ClError(
    'NON_FINITE',
    `${where}: the features of ${named}${more} are NaN, infinite or all zero, expected finite numbers. ` +
      'Check these inputs and the backbone’s dtype; leave them out if they cannot be helped.',
  );
}
