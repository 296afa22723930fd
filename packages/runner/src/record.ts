/** The beginning and the end of a run's record: `run.json` and `record.json`. */
import { availableParallelism, totalmem } from 'node:os';
import type {
  MetricPlugin,
  RecordedExperience,
  RecordedMetric,
  RunRecord,
  Stream,
  TrialRecord,
} from '@cl/hub';
import type { RunConfig } from './config.ts';
import type { Plan } from './plan.ts';
import type { RunHeader } from './run-folder.ts';

/** What `run.json` says, at the start. */
export function headerOf(config: RunConfig, plan: Plan): RunHeader {
  const { id, fingerprint, device, dtype } = config.backbone;
  return {
    format: 1,
    name: config.name,
    startedAt: new Date().toISOString(),
    command: config.command ?? '',
    resolved: plan.resolved,
    backbone: { id, fingerprint, device, dtype },
    environment: {
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      packages: config.packages ?? {},
    },
  };
}

/** What `record.json` says, at the end. */
export function toRecord(
  header: RunHeader,
  plan: Plan,
  stream: Stream,
  trials: readonly TrialRecord[],
  metrics: readonly MetricPlugin[],
): RunRecord {
  const { name, startedAt, command, backbone, environment } = header;
  return {
    name,
    startedAt,
    command,
    stream: {
      name: plan.streamName,
      scenario: stream.scenario,
      options: plan.streamOptions,
      experiences: stream.experiences.map((_, index) => experienceOf(stream, index)),
    },
    backbone,
    environment,
    trials,
    metrics: Object.fromEntries(metrics.map((metric) => [metric.name, definitionOf(metric)])),
  };
}

function definitionOf({ label, formula, description, better }: MetricPlugin): RecordedMetric {
  return { label, formula, description, better };
}

function experienceOf({ experiences, evaluations }: Stream, index: number): RecordedExperience {
  const { name, domain, classes, train } = experiences[index]!;
  return {
    name,
    ...(domain === undefined ? {} : { domain }),
    classes: classes.length,
    train: train.length,
    test: evaluations[index]!.test.length,
  };
}
