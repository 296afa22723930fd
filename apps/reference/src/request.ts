/** From flags, a configuration file and a preset to a run. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Registry } from '@cl/hub';
import type { RunConfig } from '@cl/runner';
import type { BackboneChoice } from './backbone-choice.ts';
import type { ClConfig } from './config.ts';
import type { Flags } from './flags.ts';
import { executorFor } from './jobs.ts';
import { assertName, listOf, presetOf, readParts, type Parts } from './parts.ts';
import { runPresets } from './presets.ts';
import { readSpec } from './spec.ts';

/** A run but for its loaded backbone. */
export interface RunRequest extends Omit<RunConfig, 'backbone' | 'features'> {
  readonly backboneChoice: BackboneChoice;
  /** Folder for models and features; the default one when absent. */
  readonly cacheDir: string | undefined;
}

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
  const preset = flags.get('preset') ?? config.preset;
  const { streams, ...parts } = await runParts(flags, config, preset, registry);
  const ownName = flags.get('name') ?? config.name;
  const name = ownName ?? (await defaultName({ streams, ...parts }, preset, registry));
  assertName(command, name);
  return {
    ...parts,
    stream: streams.at(-1)!,
    name,
    folder: join(flags.get('out') ?? config.out ?? 'runs', name),
    existing: flags.has('fresh')
      ? 'replace'
      : ownName === undefined
        ? 'restart-finished'
        : 'resume',
    cacheDir: flags.get('cache-dir') ?? config.cacheDir,
    ...executorFor(command, flags, config, runPresets[preset ?? '']),
    metrics: registry.list('metric'),
    reporters: listOf(flags.all('reporter'), config.reporters, []).map((one) =>
      typeof one === 'string' ? readSpec('reporter', one, registry) : one,
    ),
  };
}

const command = 'cl run';

/** A run without a preset starts from the embedded one, but brings its own learners. */
async function runParts(
  flags: Flags,
  config: ClConfig,
  preset: string | undefined,
  registry: Registry,
): Promise<Parts> {
  const base =
    preset === undefined
      ? { ...runPresets['embedded']!, learners: [] }
      : presetOf(command, runPresets, preset);
  return readParts(flags, config, { command, base, registry });
}

/** The preset's name for the preset as it is; else the stream, the datasets and four digits that stand for the rest. */
async function defaultName(
  parts: Parts,
  preset: string | undefined,
  registry: Registry,
): Promise<string> {
  const digest = digestOf(parts);
  if (preset !== undefined) {
    const asItIs = await runParts(noFlags, {}, preset, registry);
    if (digestOf(asItIs) === digest) return preset;
  }
  const names = [parts.streams.at(-1)!, ...parts.datasets].map(({ plugin }) => plugin.name);
  return `${names.join('-')}-${digest}`;
}

/** What is read when nothing was given. */
const noFlags: Flags = {
  get: () => undefined,
  all: () => [],
  has: () => false,
  given: new Map(),
  positionals: [],
};

/** Four hexadecimal digits that stand for what decides results. */
export function digestOf({ streams, datasets, learners, backboneChoice, ...rest }: Parts): string {
  const backboneOptions = { ...backboneChoice.options, cacheDir: undefined }; // decides nothing
  const identity = [
    ...[...streams, ...datasets, ...learners].map((choice) => [
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
