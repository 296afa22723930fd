/**
 * The self-contained HTML report of a run, and that of a comparison.
 *
 * @packageDocumentation
 */
export { compareLearners } from './comparison/compare-learners.ts';
export type {
  ComparedLearner,
  ComparedMetric,
  ComparedNumbers,
  ComparedPair,
  Comparison,
  ComparisonOptions,
} from './comparison/compare-learners.ts';
export { comparisonReport } from './comparison/comparison-report.ts';
export { holm, pairedTest } from './comparison/paired-test.ts';
export type { PairedTest } from './comparison/paired-test.ts';
export { shownMetrics, verdict } from './comparison/words.ts';
export type { ShownMetric } from './comparison/words.ts';
export { htmlReport } from './html-report.ts';
export type { HtmlReportOptions } from './html-report.ts';
