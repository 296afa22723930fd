/** From flags, a configuration file and a preset to a comparison. */
import { join } from 'node:path';
import type { Registry } from '@cl/hub';
import type { CompareConfig } from '@cl/runner';
import type { BackboneChoice } from './backbone-choice.ts';
import type { ClConfig } from './config.ts';
import type { Flags } from './flags.ts';
import { executorFor } from './jobs.ts';
import { assertName, presetOf, readParts } from './parts.ts';
import { comparePresets } from './presets.ts';
import { digestOf } from './request.ts';

/** A comparison but for its loaded backbone. */
export interface CompareRequest extends Omit<CompareConfig, 'backbone' | 'features'> {
  readonly backboneChoice: BackboneChoice;
  /** Folder for models and features; the default one when absent. */
  readonly cacheDir: string | undefined;
}

const command = 'cl compare';

/**
 * What to compare: flags overrule the configuration file, which overrules the preset. Without a preset it starts from
 * the embedded one, with its learners left out where others are given.
 *
 * @throws ClError `INVALID_CONFIG`, `UNKNOWN_PLUGIN`, `UNKNOWN_OPTION`, `INVALID_OPTION`.
 */
export async function readCompareRequest(
  flags: Flags,
  config: ClConfig,
  registry: Registry,
): Promise<CompareRequest> {
  const preset = flags.get('preset') ?? config.preset;
  const embedded = { ...comparePresets['embedded']!, learners: [] };
  const base = preset === undefined ? embedded : presetOf(command, comparePresets, preset);
  const parts = await readParts(flags, config, { command, base, registry });
  const { streams, datasets, ...rest } = parts;
  const name = flags.get('name') ?? config.name ?? `compare-${preset ?? digestOf(parts)}`;
  assertName(command, name);
  return {
    ...rest,
    streams: streams.map(({ label, ...stream }) => ({ name: label, stream, datasets })),
    name,
    folder: join(flags.get('out') ?? config.out ?? 'runs', name),
    existing: flags.has('fresh') ? 'replace' : 'extend',
    cacheDir: flags.get('cache-dir') ?? config.cacheDir,
    ...executorFor(command, flags, config, comparePresets[preset ?? '']),
    metrics: registry.list('metric'),
  };
}
