/**
 * SoTU: sparse, nearly orthogonal fine-tuning deltas, merged. The learner, and its parts for those who merge models.
 *
 * @packageDocumentation
 */
export { keptValues, maskDelta, subtract } from './delta.ts';
export type { DeltaPart, Rescale, SparseParameter, TaskDelta } from './delta.ts';
export { exportMergedModel } from './export-merged-model.ts';
export { tilesOf } from './groups.ts';
export type { Grouping, HeadLayout, Tiling } from './groups.ts';
export { keptPositions } from './mask.ts';
export type { MaskOwner, MaskShape } from './mask.ts';
export { DeltaMerge } from './merge.ts';
export type { MergeOptions } from './merge.ts';
export { mergeRules } from './merge-rules.ts';
export type { MergeRule, MergeRuleName, Sums } from './merge-rules.ts';
export type { DropRate, MaskKind, MaskPlace, PrototypePolicy, SotuOptions } from './options.ts';
export { cosine, extentsOf, overlapsOf, wholeProducts } from './orthogonality.ts';
export type { Extent, Overlap } from './orthogonality.ts';
export type { ParameterSelection } from './parameters.ts';
export { sotu } from './plugin.ts';
