/** What views of images must be, before anything is cut out of them. */
import { ClError, type ImageView } from '@cl/hub';

/**
 * Refuses views that do not lie in their images.
 *
 * @throws ClError `INVALID_DATA` naming the first one; `SHAPE_MISMATCH` when there is not one an image.
 */
export function assertViews(views: readonly (ImageView | undefined)[], images: number): void {
  if (views.length !== images) {
    throw new ClError(
      'SHAPE_MISMATCH',
      `pixels: ${views.length} views for ${images} images, expected one for each. Give undefined where none is wanted.`,
    );
  }
  for (const [i, view] of views.entries()) {
    if (view === undefined) continue;
    const { left, top, width, height } = view;
    if (left >= 0 && top >= 0 && width > 0 && height > 0 && left + width <= 1 && top + height <= 1)
      continue;
    throw new ClError(
      'INVALID_DATA',
      `pixels: view ${i} is ${width} × ${height} at (${left}, ${top}), expected a part of the image, in fractions of ` +
        'its sides: 0 to 1.',
    );
  }
}
