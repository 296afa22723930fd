/** How features are scaled, as an option. */

/** Rows divided by their length (`unit`), or as the backbone gives them (`raw`). */
export type FeatureScale = 'unit' | 'raw';

/** Help for an option of this type. */
export const featureScaleHelp =
  'unit: features divided by their length; raw: as the backbone gives them.';
