/**
 * The promises of the protocol, runnable: conformance checks for every kind of plugin as plain values, and fixtures
 * that need no model and no file. Free of any test runner; `@cl/testing/vitest` hands the checks to vitest.
 *
 * @packageDocumentation
 */
export { backboneChecks } from './backbone-checks.ts';
export type { BackboneCheckSettings } from './backbone-checks.ts';
export { checkVjp, float32Vjp, float64Vjp } from './check-vjp.ts';
export type { VectorFunction, VectorJacobianProduct, VjpTolerance } from './check-vjp.ts';
export { assert, assertEqual, assertRefuses, CheckFailure } from './check.ts';
export type { Check } from './check.ts';
export { assertClose, assertSameBits, roundingTolerance } from './compare.ts';
export { datasetChecks } from './dataset-checks.ts';
export type { DatasetCheckSettings } from './dataset-checks.ts';
export { withExceptions } from './exceptions.ts';
export type { Exceptions } from './exceptions.ts';
export { faultyFeatures } from './fixtures/faulty-features.ts';
export type { FaultyFeatures } from './fixtures/faulty-features.ts';
export { syntheticDataset } from './fixtures/synthetic-dataset.ts';
export type { SyntheticDatasetOptions } from './fixtures/synthetic-dataset.ts';
export { syntheticFeatures } from './fixtures/synthetic-features.ts';
export type { SyntheticFeatureOptions } from './fixtures/synthetic-features.ts';
export { syntheticImages, unreadableImages } from './fixtures/synthetic-images.ts';
export { syntheticRecord } from './fixtures/synthetic-record.ts';
export type { SyntheticRecordOptions } from './fixtures/synthetic-record.ts';
export { syntheticStream } from './fixtures/synthetic-stream.ts';
export type { SyntheticStreamOptions } from './fixtures/synthetic-stream.ts';
export { learnerChecks } from './learner-checks.ts';
export type { LearnerCheckSettings } from './learner/bench.ts';
export { metricChecks } from './metric-checks.ts';
export { reporterChecks } from './reporter-checks.ts';
export type { ReporterCheckSettings } from './reporter-checks.ts';
export { streamChecks } from './stream-checks.ts';
export type { StreamCheckSettings } from './stream-checks.ts';
export { deepFreeze } from './untouched.ts';
