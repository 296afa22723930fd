/**
 * The model-hub protocol of \@cl: what every plugin implements and everything that crosses a package
 * boundary. Runs anywhere, browsers included; files on disk are in `@cl/hub/node`.
 *
 * @packageDocumentation
 */
export { assertExperience } from './assert-experience.ts';
export { defineBackbone, trainableOf } from './backbone.ts';
export type * from './backbone.ts';
export { ClassRegistry, promptsOf } from './classes.ts';
export type { ClassId, ClassInfo } from './classes.ts';
export { numpyPermutation, pythonShuffle } from './class-orders.ts';
export { assertCompatible } from './compatibility.ts';
export type { OfferedBackbone } from './compatibility.ts';
export { defineDataset, defineStream } from './dataset.ts';
export type * from './dataset.ts';
export { errorGuide } from './error-guide.ts';
export type { ErrorGuide } from './error-guide.ts';
export { ClError, errorCatalogue, isClError, throwIfAborted } from './errors.ts';
export type { ClErrorCode } from './errors.ts';
export { defineExecutor } from './executor.ts';
export type * from './executor.ts';
export { candidatesFor, classesOf, scenarios } from './experience.ts';
export type * from './experience.ts';
export { guardPlugin } from './guard/guard-plugin.ts';
export type * from './image.ts';
export type * from './image-graph.ts';
export type * from './json.ts';
export type * from './learner-account.ts';
export { defineLearner } from './learner.ts';
export type * from './learner.ts';
export { disposedError, knownCandidates, lessonOf } from './lesson.ts';
export type { Lesson } from './lesson.ts';
export { assertState, stateSeed, stateTensor } from './learner-state.ts';
export { memoryError } from './memory-error.ts';
export { defineMetric } from './metric.ts';
export type * from './metric.ts';
export { nearest } from './nearest.ts';
export { assertPlugin, protocolVersion, resolveOptions } from './plugin.ts';
export type { Plugin, PluginBrand, PluginDefinition, PluginKind, Preset } from './plugin.ts';
export type * from './progress.ts';
export { createRandom, restoreRandom } from './random.ts';
export type { Random, RandomState } from './random.ts';
export { createRegistry } from './registry.ts';
export type { AnyPlugin, PluginsByKind, Registry } from './registry.ts';
export { defineReporter } from './reporter.ts';
export type * from './reporter.ts';
export type * from './run-record.ts';
export { decodeSafetensors, encodeSafetensors } from './safetensors.ts';
export type { Safetensors } from './safetensors.ts';
export type * from './tensor.ts';
