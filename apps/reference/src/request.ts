/** From flags, a configuration file and a preset to a run. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  nearest,
  type AnyPlugin,
  type DatasetPlugin,
  type Registry,
  type StreamPlugin,
} from '@cl/hub';
import type { Choice, LearnerChoice, RunConfig } from '@cl/runner';
import { chooseBackbone, type BackboneChoice } from './backbone-choice.ts';
import type { ClConfig } from './config.ts';
import type { Flags } from './flags.ts';
import { runPresets } from './presets.ts';
import { withOptionFlags } from './request-options.ts';
import { readSpec } from './spec.ts';
import { usageError } from './usage-error.ts';

/** A run but for its loaded backbone. */
export interface RunRequest extends Omit<RunConfig, 'backbone' | 'features'> {
  readonly backboneChoice: BackboneChoice;
  /** Folder for models and features; the default one when absent. */
  readonly cacheDir: string | undefined;
}

/** What decides a run's result. */
type Parts = Required<
  Pick<RunRequest, 'stream' | 'datasets' | 'learners' | 'keep' | 'skipBroken'>
> &
  Pick<RunRequest, 'backboneChoice'> & { readonly seeds: readonly number[] };

/**
 * What to run: flags overrule the configuration file, which overrules the preset, which overrules
 * x-tail on icon-bench with tiny-clip.
 *
 * @throws ClError `INVALID_CONFIG`, `UNKNOWN_PLUGIN`, `UNKNOWN_OPTION`, `INVALID_OPTION`.
 */
export async function readRequest(
  flags: Flags,
  config: ClConfig,
  registry: Registry,
): Promise<RunRequest> {
  const parts = await readParts(flags, config, registry);
  const ownName = flags.get('name') ?? config.name;
  const name =
    ownName ?? (await defaultName(parts, flags.get('preset') ?? config.preset, registry));
  assertName(name);
  return {
    ...parts,
    name,
    folder: join(flags.get('out') ?? config.out ?? 'runs', name),
    existing: flags.has('fresh')
      ? 'replace'
      : ownName === undefined
        ? 'restart-finished'
        : 'resume',
    cacheDir: flags.get('cache-dir') ?? config.cacheDir,
    reporters: listOf(flags.all('reporter'), config.reporters, []).map((one) =>
      typeof one === 'string' ? readSpec('reporter', one, registry) : one,
    ),
  };
}

async function readParts(flags: Flags, config: ClConfig, registry: Registry): Promise<Parts> {
  const base = presetOf(flags.get('preset') ?? config.preset);
  const stream = streamOf(flags.get('stream') ?? config.stream ?? base.stream, registry);
  const datasets = listOf(flags.all('dataset'), config.datasets, base.datasets);
  const learners = listOf(flags.all('learner'), config.learners, base.learners);
  if (learners.length === 0) {
    throw usageError(
      'cl run: no learner, expected at least one. Add --learner rail (cl list shows all), or take ' +
        '--preset embedded.',
    );
  }
  const backbone = flags.get('backbone') ?? config.backbone ?? base.backbone;
  const shots = flags.get('shots');
  const choices = await withOptionFlags<Choice<AnyPlugin>>(
    [
      withOptions(stream, shots === undefined ? {} : { shots: wholeNumber('shots', shots) }),
      withOptions(chooseBackbone(backbone, registry), {
        ...optional('device', flags.get('device')),
        ...optional('dtype', flags.get('dtype')),
        ...optional('cacheDir', flags.get('cache-dir') ?? config.cacheDir),
      }),
      ...datasets.map((one) => datasetOf(one, registry)),
      ...learners.map((one) => learnerOf(one, registry)),
    ],
    flags,
    registry,
  );
  const seeds = flags.get('seeds');
  return {
    stream: choices[0] as Parts['stream'],
    backboneChoice: choices[1] as BackboneChoice,
    datasets: choices.slice(2, 2 + datasets.length) as Choice<DatasetPlugin>[],
    learners: choices.slice(2 + datasets.length) as LearnerChoice[],
    seeds:
      seeds === undefined
        ? (config.seeds ?? [0])
        : seeds.split(',').map((seed) => wholeNumber('seeds', seed)),
    keep: keepOf(flags.get('keep')) ?? config.keep ?? 'last',
    skipBroken: flags.has('skip-broken') || config.skipBroken === true,
  };
}

/** A run without a preset starts from the embedded one, but brings its own learners. */
function presetOf(name: string | undefined): (typeof runPresets)[string] {
  if (name === undefined) return { ...runPresets['embedded']!, learners: [] };
  const preset = runPresets[name];
  if (preset !== undefined) return preset;
  const names = Object.keys(runPresets);
  throw usageError(
    `cl run: no preset "${name}"${nearest(name, names)} Presets: ${names.join(', ')}.`,
  );
}

/** Flags replace a list as a whole. */
function listOf<T>(
  flags: readonly string[],
  config: readonly T[] | undefined,
  base: readonly string[],
): readonly (T | string)[] {
  return flags.length > 0 ? flags : (config ?? base);
}

function streamOf(one: string | Choice<StreamPlugin>, registry: Registry): Choice<StreamPlugin> {
  return typeof one === 'string' ? readSpec('stream', one, registry) : one;
}

function datasetOf(one: string | Choice<DatasetPlugin>, registry: Registry): Choice<DatasetPlugin> {
  return typeof one === 'string' ? readSpec('dataset', one, registry) : one;
}

/** A learner is called by what was written, so two of one kind can be told apart. */
function learnerOf(one: string | LearnerChoice, registry: Registry): LearnerChoice {
  if (typeof one !== 'string') return one;
  const spec = readSpec('learner', one, registry);
  return { ...spec, label: spec.label ?? spec.text };
}

function withOptions<C extends Choice<AnyPlugin>>(choice: C, more: object): C {
  return { ...choice, options: { ...choice.options, ...more } };
}

function optional(key: string, value: string | undefined): object {
  return value === undefined ? {} : { [key]: value };
}

function wholeNumber(flag: string, text: string): number {
  if (/^\d+$/u.test(text.trim())) return Number(text);
  throw usageError(`cl run: --${flag} has "${text}", expected a whole number of at least 0.`);
}

function keepOf(text: string | undefined): 'last' | 'all' | undefined {
  if (text === undefined || text === 'last' || text === 'all') return text;
  throw usageError(`cl run: --keep is "${text}", expected last or all.`);
}

/** The preset's name for the preset as it is; else the stream, the datasets and four digits that stand for the rest. */
async function defaultName(
  parts: Parts,
  preset: string | undefined,
  registry: Registry,
): Promise<string> {
  const digest = digestOf(parts);
  if (preset !== undefined) {
    const none: Flags = {
      get: () => undefined,
      all: () => [],
      has: () => false,
      given: new Map(),
      positionals: [],
    };
    if (digestOf(await readParts(none, { preset }, registry)) === digest) return preset;
  }
  const names = [parts.stream, ...parts.datasets].map(({ plugin }) => plugin.name);
  return `${names.join('-')}-${digest}`;
}

function digestOf({ stream, datasets, learners, backboneChoice, ...rest }: Parts): string {
  const backboneOptions = { ...backboneChoice.options, cacheDir: undefined }; // decides nothing
  const identity = [
    ...[stream, ...datasets, ...learners].map((choice) => [
      choice.plugin.name,
      choice.preset ?? null,
      choice.options ?? {},
      'label' in choice ? choice.label : null,
    ]),
    [backboneChoice.plugin.name, backboneOptions],
    rest,
  ];
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 4);
}

function assertName(name: string): void {
  if (/^[\p{L}\p{N}][\p{L}\p{N} ._@=+-]{0,99}$/u.test(name)) return;
  throw usageError(
    `cl run: name ${JSON.stringify(name)} cannot be a folder's, expected letters, digits, and . _ - after the ` +
      'first. Use --out for the folder above it.',
  );
}
