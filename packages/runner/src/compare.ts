/** A comparison: the same learners with the same seeds over several streams, each stream a run of its own. */
import { join } from 'node:path';
import {
  assertCompatible,
  ClError,
  isClError,
  resolveOptions,
  scenarios,
  type ComparedStream,
  type ComparisonRecord,
  type DatasetPlugin,
  type StreamPlugin,
} from '@cl/hub';
import type { Choice, LearnerChoice, RunConfig } from './config.ts';
import { chosen } from './guarded.ts';
import { labelOf, slug } from './plan.ts';
import { readRecord } from './report.ts';
import { RunFolder } from './run-folder.ts';
import { run, type RunOptions } from './run.ts';

/** A stream that takes part. */
export interface StreamChoice {
  /** Unique in the comparison: names the run's folder and the stream in tables. */
  readonly name: string;
  readonly stream: Choice<StreamPlugin>;
  /** At least one. */
  readonly datasets: readonly Choice<DatasetPlugin>[];
}

/** Everything that {@link compare} needs. */
export interface CompareConfig extends Omit<RunConfig, 'stream' | 'datasets' | 'existing'> {
  /** At least one. */
  readonly streams: readonly StreamChoice[];
  /**
   * When the folder holds a comparison already. `extend` (default): what is there is kept, what is missing is run,
   * also learners, seeds and streams that were not asked for before; `replace`: start over.
   */
  readonly existing?: 'extend' | 'replace' | undefined;
}

/** `comparison.json`: the runs themselves are in their folders. */
interface ComparisonFile extends Omit<ComparisonRecord, 'streams'> {
  readonly format: 1;
  readonly streams: readonly Omit<ComparedStream, 'record'>[];
}

/**
 * Compares learners. Every stream becomes a run in a folder of its own under `config.folder`, and resumes as
 * runs do; the features are shared, so those of an image are computed once. A learner that cannot do a stream
 * (another scenario, or needs that the backbone does not meet) is left out of it, with the reason.
 *
 * @throws ClError `INVALID_CONFIG` for no stream or two of one name; `INCOMPATIBLE_PLUGINS` when no learner can do a
 * stream; what {@link run} throws.
 */
export async function compare(
  given: CompareConfig,
  options: RunOptions = {},
): Promise<ComparisonRecord> {
  const config: CompareConfig = {
    ...given,
    learners: given.learners.map((one) => chosen('learner', one)),
    streams: given.streams.map((one) => ({ ...one, stream: chosen('stream', one.stream) })),
  };
  const parts = partsOf(config);
  await assertComparison(config);
  const folder = new RunFolder(config.folder);
  const done: ComparedStream[] = [];
  for (const [index, { name, leftOut, config: part }] of parts.entries()) {
    options.onEvent?.({ type: 'stream-started', name, index, total: parts.length, leftOut });
    done.push({ name, record: await run(part, options), leftOut });
  }
  const record: ComparisonRecord = {
    name: config.name,
    startedAt: done[0]!.record.startedAt,
    command: config.command ?? '',
    streams: done,
  };
  const file: ComparisonFile = {
    format: 1,
    ...record,
    streams: done.map(({ name, leftOut }) => ({ name, leftOut })),
  };
  await folder.writeJson(fileName, file);
  return record;
}

/** A stream of a comparison as a run of its own. */
interface ComparisonPart extends Pick<ComparedStream, 'name' | 'leftOut'> {
  readonly config: RunConfig;
}

/** The runs that a comparison is made of. */
export function partsOf(config: CompareConfig): readonly ComparisonPart[] {
  const { streams, existing = 'extend', elsewhere, ...shared } = config;
  return streams.map((choice) => {
    const { name, stream, datasets } = choice;
    const { learners, leftOut } = whoTakesPart(config, choice);
    const own = { name: `${config.name} · ${name}`, folder: runFolder(config.folder, { name }) };
    const there = elsewhere && { elsewhere: { ...elsewhere, part: name } };
    const part = { ...shared, ...own, ...there, stream, datasets, learners, existing };
    return { name, leftOut, config: part };
  });
}

const fileName = 'comparison.json';

/** The folder of a stream's run in that of its comparison. */
export function runFolder(folder: string, { name }: Pick<ComparedStream, 'name'>): string {
  return join(folder, slug(name));
}

/**
 * The record of a finished comparison; `undefined` when the folder holds none.
 *
 * @throws ClError `NOT_FOUND` when one of its runs is gone or not finished, `CORRUPT_FILE`.
 */
export async function readComparison(folder: string): Promise<ComparisonRecord | undefined> {
  const file = (await new RunFolder(folder).readJson(fileName)) as ComparisonFile | undefined;
  if (file === undefined) return undefined;
  const { name: title, startedAt, command } = file;
  const runs = file.streams.map(async ({ name, leftOut }) => ({
    name,
    record: await readRecord(runFolder(folder, { name })),
    leftOut,
  }));
  return { name: title, startedAt, command, streams: await Promise.all(runs) };
}

/** Those who can do a stream, and the others with the reason. */
function whoTakesPart(
  { learners, backbone }: CompareConfig,
  { stream }: StreamChoice,
): { readonly learners: readonly LearnerChoice[]; readonly leftOut: ComparedStream['leftOut'] } {
  const fitting: LearnerChoice[] = [];
  const leftOut: ComparedStream['leftOut'][number][] = [];
  for (const learner of learners) {
    try {
      assertCompatible(learner.plugin, backbone, scenarios[stream.plugin.scenario]);
      fitting.push(learner);
    } catch (error) {
      if (!isClError(error)) throw error;
      leftOut.push({ label: labelOf(learner), reason: error.message });
    }
  }
  return { learners: fitting, leftOut };
}

/** Finds what can be found before the first run starts. */
async function assertComparison(config: CompareConfig): Promise<void> {
  const { name, streams, learners } = config;
  if (streams.length === 0) {
    throw new ClError(
      'INVALID_CONFIG',
      `comparison "${name}": has no stream, expected at least one. Add a stream.`,
    );
  }
  const names = streams.map((stream) => slug(stream.name));
  const twice = names.find((one, k) => names.indexOf(one) !== k);
  if (twice !== undefined) {
    throw new ClError(
      'INVALID_CONFIG',
      `comparison "${name}": two streams are called "${twice}". Give each a name of its own.`,
    );
  }
  for (const part of streams) {
    const { learners: fitting, leftOut } = whoTakesPart(config, part);
    if (fitting.length === 0 && leftOut.length > 0) {
      const reasons = leftOut.map(({ reason }) => `\n  ${reason}`).join('');
      throw new ClError(
        'INCOMPATIBLE_PLUGINS',
        `comparison "${name}": no learner can do stream "${part.name}":${reasons}`,
      );
    }
    for (const { plugin, options, preset } of [part.stream, ...part.datasets]) {
      await resolveOptions(plugin, options, preset);
    }
  }
  for (const { plugin, options, preset } of learners) await resolveOptions(plugin, options, preset);
}
