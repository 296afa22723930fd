/** Features of images as the methods here take them. */
import {
  throwIfAborted,
  type FeatureSource,
  type ImageRef,
  type Matrix,
  type WorkOptions,
} from '@cl/hub';
import { assertFiniteFeatures } from '@cl/training/learner';
import { unitFeatures } from '@cl/zero-shot';
import type { FeatureScale } from './feature-scale.ts';

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
  if (scale === 'raw') assertFiniteFeatures('features', features, images);
  return features;
}
