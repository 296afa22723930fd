/** What a run or a comparison is made of, read from flags, a configuration file and a preset. */
import {
  assertPlugin,
  nearest,
  type AnyPlugin,
  type DatasetPlugin,
  type PluginKind,
  type Registry,
  type StreamPlugin,
} from '@cl/hub';
import type { Choice, LearnerChoice } from '@cl/runner';
import { chooseBackbone, type BackboneChoice } from './backbone-choice.ts';
import type { ClConfig } from './config.ts';
import type { Flags } from './flags.ts';
import type { RunPreset } from './presets.ts';
import { withOptionFlags } from './request-options.ts';
import { readSpec } from './spec.ts';
import { withSweep } from './sweep.ts';
import { usageError } from './usage-error.ts';

/** A stream and what it is called. */
interface NamedStream extends Choice<StreamPlugin> {
  readonly label: string;
}

/** What decides results. */
export interface Parts {
  /** At least one. */
  readonly streams: readonly NamedStream[];
  readonly datasets: readonly Choice<DatasetPlugin>[];
  readonly backboneChoice: BackboneChoice;
  readonly learners: readonly LearnerChoice[];
  readonly seeds: readonly number[];
  readonly keep: 'last' | 'all';
  readonly skipBroken: boolean;
}

/** Who reads: names itself in messages, and says what stands where nothing was given. */
export interface Reader {
  readonly command: string;
  readonly base: RunPreset;
  readonly registry: Registry;
}

/**
 * The parts: flags overrule the configuration file, which overrules the preset.
 *
 * @throws ClError `INVALID_CONFIG`, `UNKNOWN_PLUGIN`, `UNKNOWN_OPTION`, `INVALID_OPTION`.
 */
export async function readParts(
  flags: Flags,
  config: ClConfig,
  { command, base, registry }: Reader,
): Promise<Parts> {
  const streams = listOf(flags.all('stream'), streamsIn(config), base.streams);
  const datasets = listOf(flags.all('dataset'), config.datasets, base.datasets);
  const learners = listOf(flags.all('learner'), config.learners, base.learners);
  if (learners.length === 0) {
    throw usageError(
      `${command}: no learner, expected at least one. Add --learner rail (cl list shows all), or take ` +
        '--preset embedded.',
    );
  }
  const backbone = flags.get('backbone') ?? config.backbone ?? base.backbone;
  const given = flags.get('shots');
  const shots = given === undefined ? {} : { shots: wholeNumber(command, 'shots', given) };
  const choices = await withOptionFlags<Choice<AnyPlugin>>(
    [
      withOptions(chooseBackbone(backbone, registry), {
        ...optional('device', flags.get('device')),
        ...optional('dtype', flags.get('dtype')),
        ...optional('cacheDir', flags.get('cache-dir') ?? config.cacheDir),
      }),
      ...streams.map((one) => withOptions(streamOf(one, registry), shots)),
      ...datasets.map((one) => datasetOf(one, registry)),
      ...learners.map((one) => learnerOf(one, registry)),
    ],
    flags,
    registry,
  );
  const afterStreams = 1 + streams.length;
  const afterDatasets = afterStreams + datasets.length;
  const checked = choices.slice(afterDatasets) as LearnerChoice[];
  const seeds = flags.get('seeds')?.split(',');
  return {
    backboneChoice: choices[0] as BackboneChoice,
    streams: choices.slice(1, afterStreams) as NamedStream[],
    datasets: choices.slice(afterStreams, afterDatasets) as Choice<DatasetPlugin>[],
    learners: await withSweep(checked, flags.get('sweep') ?? config.sweep, command),
    seeds: seeds?.map((seed) => wholeNumber(command, 'seeds', seed)) ??
      config.seeds ??
      base.seeds ?? [0],
    keep: keepOf(command, flags.get('keep')) ?? config.keep ?? 'last',
    skipBroken: flags.has('skip-broken') || config.skipBroken === true,
  };
}

/**
 * The preset of a name.
 *
 * @throws ClError `INVALID_CONFIG` with the nearest name.
 */
export function presetOf(
  command: string,
  presets: Readonly<Record<string, RunPreset>>,
  name: string,
): RunPreset {
  if (Object.hasOwn(presets, name)) return presets[name]!;
  const names = Object.keys(presets);
  throw usageError(
    `${command}: no preset "${name}"${nearest(name, names)} Presets: ${names.join(', ')}.`,
  );
}

/**
 * Refuses a name that cannot be a folder's.
 *
 * @throws ClError `INVALID_CONFIG`.
 */
export function assertName(command: string, name: string): void {
  if (/^[\p{L}\p{N}][\p{L}\p{N} ._@=+-]{0,99}$/u.test(name)) return;
  throw usageError(
    `${command}: name ${JSON.stringify(name)} cannot be a folder's, expected letters, digits, and . _ - after the ` +
      'first. Use --out for the folder above it.',
  );
}

/** Flags replace a list as a whole. */
export function listOf<T>(
  flags: readonly string[],
  config: readonly T[] | undefined,
  base: readonly string[],
): readonly (T | string)[] {
  return flags.length > 0 ? flags : (config ?? base);
}

function streamsIn({ stream, streams }: ClConfig): ClConfig['streams'] {
  return streams ?? (stream === undefined ? undefined : [stream]);
}

function streamOf(one: string | Choice<StreamPlugin>, registry: Registry): NamedStream {
  if (typeof one !== 'string') return { ...checked('stream', one), label: one.plugin.name };
  const spec = readSpec('stream', one, registry);
  return { ...spec, label: spec.label ?? spec.text };
}

function datasetOf(one: string | Choice<DatasetPlugin>, registry: Registry): Choice<DatasetPlugin> {
  return typeof one === 'string' ? readSpec('dataset', one, registry) : checked('dataset', one);
}

/** A learner is called by what was written, so two of one kind can be told apart. */
function learnerOf(one: string | LearnerChoice, registry: Registry): LearnerChoice {
  if (typeof one !== 'string') return checked('learner', one);
  const spec = readSpec('learner', one, registry);
  return { ...spec, label: spec.label ?? spec.text };
}

/** A choice of cl.config whose plugin is one, of this kind and protocol. */
function checked<C extends Choice<AnyPlugin>>(kind: PluginKind, choice: C): C {
  assertPlugin(kind, (choice as Partial<C>).plugin);
  return choice;
}

function withOptions<C extends Choice<AnyPlugin>>(choice: C, more: object): C {
  return { ...choice, options: { ...choice.options, ...more } };
}

function optional(key: string, value: string | undefined): object {
  return value === undefined ? {} : { [key]: value };
}

function wholeNumber(command: string, flag: string, text: string): number {
  if (/^\d+$/u.test(text.trim())) return Number(text);
  throw usageError(`${command}: --${flag} has "${text}", expected a whole number of at least 0.`);
}

function keepOf(command: string, text: string | undefined): 'last' | 'all' | undefined {
  if (text === undefined || text === 'last' || text === 'all') return text;
  throw usageError(`${command}: --keep is "${text}", expected last or all.`);
}
