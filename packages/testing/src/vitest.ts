/**
 * The checks as vitest tests: one line in a plugin's test file. Needs vitest as a peer.
 *
 * @packageDocumentation
 */
import type {
  BackbonePlugin,
  DatasetPlugin,
  LearnerPlugin,
  MetricPlugin,
  ReporterPlugin,
  StreamPlugin,
} from '@cl/hub';
import { describe, test } from 'vitest';
import { backboneChecks, type BackboneCheckSettings } from './backbone-checks.ts';
import type { Check } from './check.ts';
import { datasetChecks, type DatasetCheckSettings } from './dataset-checks.ts';
import { withExceptions, type Exceptions } from './exceptions.ts';
import { learnerChecks } from './learner-checks.ts';
import type { LearnerCheckSettings } from './learner/bench.ts';
import { metricChecks } from './metric-checks.ts';
import { reporterChecks, type ReporterCheckSettings } from './reporter-checks.ts';
import { streamChecks, type StreamCheckSettings } from './stream-checks.ts';

/** What a plugin is known not to keep, each with its reason. */
export interface KnownExceptions {
  /** By the name of the check. An exception fails once its check passes. */
  readonly exceptions?: Exceptions;
}

/** Runs the checks of a learner: `describeLearner(rail, { hiddenDim: 32 })`. */
export function describeLearner<O extends object>(
  plugin: LearnerPlugin<O>,
  options: Partial<O> = {},
  settings: LearnerCheckSettings & KnownExceptions = {},
): void {
  const checks = learnerChecks(plugin, options, settings);
  describeChecks(`learner ${titleOf(plugin.name, options)}`, checks, settings.exceptions);
}

/** Runs the checks of a backbone; the model that the options name is loaded. */
export function describeBackbone<O extends object>(
  plugin: BackbonePlugin<O>,
  options: Partial<O> = {},
  settings: BackboneCheckSettings & KnownExceptions = {},
): void {
  const checks = backboneChecks(plugin, options, settings);
  describeChecks(`backbone ${titleOf(plugin.name, options)}`, checks, settings.exceptions);
}

/** Runs the checks of a dataset. */
export function describeDataset<O extends object>(
  plugin: DatasetPlugin<O>,
  options: Partial<O> = {},
  settings: DatasetCheckSettings & KnownExceptions = {},
): void {
  const checks = datasetChecks(plugin, options, settings);
  describeChecks(`dataset ${titleOf(plugin.name, options)}`, checks, settings.exceptions);
}

/** Runs the checks of a stream. */
export function describeStream<O extends object>(
  plugin: StreamPlugin<O>,
  options: Partial<O> = {},
  settings: StreamCheckSettings & KnownExceptions = {},
): void {
  const checks = streamChecks(plugin, options, settings);
  describeChecks(`stream ${titleOf(plugin.name, options)}`, checks, settings.exceptions);
}

/** Runs the checks of a metric. */
export function describeMetric(plugin: MetricPlugin, settings: KnownExceptions = {}): void {
  describeChecks(`metric ${plugin.name}`, metricChecks(plugin), settings.exceptions);
}

/** Runs the checks of a reporter. */
export function describeReporter<O extends object>(
  plugin: ReporterPlugin<O>,
  options: Partial<O> = {},
  settings: ReporterCheckSettings & KnownExceptions = {},
): void {
  const checks = reporterChecks(plugin, options, settings);
  describeChecks(`reporter ${titleOf(plugin.name, options)}`, checks, settings.exceptions);
}

function describeChecks(
  title: string,
  checks: readonly Check[],
  exceptions: Exceptions | undefined,
): void {
  describe(title, () => {
    for (const { name, run } of withExceptions(checks, exceptions)) test(name, run);
  });
}

function titleOf(name: string, options: object): string {
  const given = JSON.stringify(options);
  return given === '{}' ? name : `${name} ${given}`;
}
