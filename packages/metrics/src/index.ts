/**
 * Metrics of continual learning from accuracy matrices and predictions: pure functions, no state, no I/O. Runs anywhere.
 *
 * A metric returns `undefined` when an evaluation that its definition reads is missing or when it has no meaning (the
 * forgetting of a single task), never 0 and never NaN; it throws a `ClError` only for malformed input.
 *
 * @packageDocumentation
 */
export { accuracyFromRecord } from './accuracy-matrix.ts';
export { average, averagePerDomain } from './average.ts';
export { averageForgetting } from './average-forgetting.ts';
export { averageForgettingIncludingFinal } from './average-forgetting-including-final.ts';
export { backwardTransfer } from './backward-transfer.ts';
export { cumulativeAverageAccuracy } from './cumulative-average-accuracy.ts';
export { finalAverageAccuracy } from './final-average-accuracy.ts';
export { negativeFlipRate, positiveFlipRate } from './flip-rates.ts';
export { forwardTransfer } from './forward-transfer.ts';
export { last, lastPerDomain } from './last.ts';
export { meanAndDeviation } from './mean-and-deviation.ts';
export type { MeanAndDeviation } from './mean-and-deviation.ts';
export { metrics } from './metrics.ts';
export { perDomain } from './per-domain.ts';
export type { DomainSummary } from './per-domain.ts';
export { runningForgetting } from './running-forgetting.ts';
export { finalStepAccuracy, meanStepAccuracy, stepAccuracy } from './step-accuracy.ts';
export { topKAccuracy } from './top-k-accuracy.ts';
export type { TopKAccuracy } from './top-k-accuracy.ts';
export { transfer, transferPerDomain } from './transfer.ts';
