/** Features of images as the methods here take them. */
import {
  ClError,
  throwIfAborted,
  type FeatureSource,
  type ImageRef,
  type Matrix,
  type WorkOptions,
} from '@cl/hub';
import { unitFeatures } from '@cl/zero-shot';

/** Rows divided by their length (`unit`), or as the backbone gives them (`raw`). */
export type FeatureScale = 'unit' | 'raw';

/** Help for an option of this type. */
export const featureScaleHelp =
  'unit: features divided by their length; raw: as the backbone gives them.';

/**
 * Features [n, D], checked.
 *
 * @throws ClError `NON_FINITE` naming images whose features are NaN or infinite (with `unit` also all zero), `ABORTED`.
 */
export async function featuresOf(
  source: FeatureSource,
  images: readonly ImageRef[],
  scale: FeatureScale,
  work: WorkOptions,
): Promise<Matrix<Float32Array>> {
  const features =
    scale === 'unit' ? await unitFeatures(source, images, work) : await source.images(images, work);
  throwIfAborted('features', work.signal);
  if (scale === 'raw') assertFinite(features, images);
  return features;
}

function assertFinite({ cols, data }: Matrix, images: readonly ImageRef[]): void {
  const at = data.findIndex((x) => !Number.isFinite(x));
  if (at < 0) return;
  throw new ClError(
    'NON_FINITE',
    `features: those of image "${images[Math.floor(at / cols)]!.id}" hold ${data[at]!}, expected finite numbers. ` +
      'Check this image and the backbone’s dtype; leave it out if it cannot be helped.',
  );
}
