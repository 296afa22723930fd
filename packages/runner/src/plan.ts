/** From a configuration to what will be done: options resolved, streams cut, pairings checked. */
import { createHash } from 'node:crypto';
import {
  assertCompatible,
  ClError,
  createRandom,
  resolveOptions,
  type Dataset,
  type JsonObject,
  type LearnerPlugin,
  type Plugin,
  type Stream,
  type WorkOptions,
} from '@cl/hub';
import type { Choice, RunConfig } from './config.ts';

/** One learner with one seed over one stream. */
export interface Trial {
  /** Names its folder and files. */
  readonly id: string;
  readonly label: string;
  readonly seed: number;
  readonly plugin: LearnerPlugin;
  readonly options: JsonObject;
}

/** A run that is ready to start. */
export interface Plan {
  readonly trials: readonly Trial[];
  /** The stream of each seed; the record shows the first one's. */
  readonly streams: ReadonlyMap<number, Stream>;
  readonly streamName: string;
  readonly streamOptions: JsonObject;
  /** All that decides the result, as JSON: a run is resumed under an equal one only. */
  readonly resolved: JsonObject;
}

/**
 * Makes the plan; nothing is written and no image is decoded.
 *
 * @throws ClError `INVALID_CONFIG` for no learner, seeds or labels that repeat; `UNKNOWN_OPTION`, `INVALID_OPTION`,
 * `INCOMPATIBLE_PLUGINS`, `EMPTY_STREAM`; what datasets and streams throw.
 */
export async function makePlan(config: RunConfig, work: WorkOptions): Promise<Plan> {
  const seeds = config.seeds ?? [0];
  assertConfig(config, seeds);
  const learners = await Promise.all(
    config.learners.map(async (choice) => ({
      label: labelOf(choice),
      plugin: choice.plugin,
      options: await optionsOf(choice),
    })),
  );
  const streamOptions = await optionsOf(config.stream);
  const datasetOptions = await Promise.all(config.datasets.map(optionsOf));
  const datasets: Dataset[] = [];
  for (const [k, { plugin }] of config.datasets.entries()) {
    datasets.push(await plugin.create(datasetOptions[k]!, work));
  }
  const streams = new Map<number, Stream>();
  for (const seed of seeds) {
    const random = createRandom(seed).fork('stream');
    const stream = await config.stream.plugin.create(streamOptions, { datasets, random });
    assertStream(stream);
    streams.set(seed, stream);
    for (const { plugin } of learners) assertCompatible(plugin, config.backbone, stream.scenario);
  }
  const resolved = {
    stream: { name: config.stream.plugin.name, options: streamOptions },
    datasets: config.datasets.map(({ plugin }, k) => ({
      name: plugin.name,
      options: datasetOptions[k]!,
    })),
    learners: learners.map(({ label, plugin, options }) => ({
      label,
      plugin: plugin.name,
      options,
    })),
    seeds,
    backbone: config.backbone.fingerprint,
    keep: config.keep ?? 'last',
    skipBroken: config.skipBroken ?? false,
    data: Object.fromEntries([...streams].map(([seed, stream]) => [seed, digestOf(stream)])),
  };
  return {
    trials: learners.flatMap((learner) =>
      seeds.map((seed) => ({ id: `${slug(learner.label)}-${seed}`, seed, ...learner })),
    ),
    streams,
    streamName: config.stream.plugin.name,
    streamOptions,
    resolved,
  };
}

/** The label that a learner has in tables. */
export function labelOf({ label, plugin, preset }: RunConfig['learners'][number]): string {
  return label ?? (preset === undefined ? plugin.name : `${plugin.name}@${preset}`);
}

async function optionsOf({ plugin, options, preset }: Choice<Plugin>): Promise<JsonObject> {
  const resolved = await resolveOptions(plugin, options, preset);
  return JSON.parse(JSON.stringify(resolved)) as JsonObject;
}

function assertConfig(config: RunConfig, seeds: readonly number[]): void {
  const refuse = (found: string): never => {
    throw new ClError('INVALID_CONFIG', `run "${config.name}": ${found}`);
  };
  if (config.learners.length === 0) refuse('has no learner, expected at least one. Add a learner.');
  if (config.datasets.length === 0) refuse('has no dataset, expected at least one. Add a dataset.');
  if (seeds.length === 0) refuse('has no seed, expected at least one. Leave seeds out for 0.');
  const bad = seeds.find((seed, k) => !isSeed(seed) || seeds.indexOf(seed) !== k);
  if (bad !== undefined) {
    refuse(`seed ${bad} is not a whole number in [0, 2³²) or repeats. Give each seed once.`);
  }
  const labels = config.learners.map(labelOf);
  const twice = labels.find((label, k) => labels.findIndex((l) => slug(l) === slug(label)) !== k);
  if (twice !== undefined) {
    refuse(`two learners are called "${twice}". Give each a label of its own.`);
  }
}

function isSeed(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}

function assertStream({ name, experiences, evaluations }: Stream): void {
  const empty = experiences.length === 0 || evaluations.some(({ test }) => test.length === 0);
  if (!empty && experiences.length === evaluations.length) return;
  const without = evaluations.find(({ test }) => test.length === 0)?.name;
  throw new ClError(
    'EMPTY_STREAM',
    `stream "${name}": ${experiences.length} experiences and ${evaluations.length} evaluations` +
      `${without === undefined ? '' : `, "${without}" without test images`}; expected as many of one as of ` +
      'the other, none of them empty. Check the dataset and its split.',
  );
}

/** SHA-256 over names, classes and samples in order: other data, another digest. */
function digestOf(stream: Stream): string {
  const hash = createHash('sha256');
  const add = (value: unknown): void => {
    hash.update(`${JSON.stringify(value)}\n`);
  };
  add([stream.name, stream.scenario]);
  for (const [i, { name, classes, train }] of stream.experiences.entries()) {
    const { test } = stream.evaluations[i]!;
    add([name, classes, train.length, test.length]);
    for (const { image, classId } of train) add([image.id, image.hash, classId]);
    for (const { image, classId } of test) add([image.id, image.hash, classId]);
  }
  return hash.digest('hex');
}

/** Letters that are safe in file names everywhere. */
export function slug(label: string): string {
  return label.replaceAll(/[^\p{L}\p{N}._@-]+/gu, '-');
}
