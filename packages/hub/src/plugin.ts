/** What all plugins share: a brand with the protocol's version, a name, and options stated once. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ClError } from './errors.ts';
import { nearest } from './nearest.ts';

/** The version of the protocol that this package speaks. */
export const protocolVersion = 1;

/** The kinds of plugin. */
export type PluginKind =
  'backbone' | 'learner' | 'dataset' | 'stream' | 'metric' | 'reporter' | 'executor';

/** The brand under `'~cl'`. */
export interface PluginBrand<K extends PluginKind> {
  readonly version: typeof protocolVersion;
  readonly kind: K;
}

/** A named set of option values, for instance a paper's. */
export interface Preset<O> {
  readonly help: string;
  readonly values: Partial<O>;
}

/** What an author writes; {@link Plugin} adds the brand. */
export interface PluginDefinition<O extends object> {
  /** Kebab-case, unique among the plugins of its kind. */
  readonly name: string;
  /** One sentence for `cl list`. */
  readonly description: string;
  /** Version of the package it comes from; saved learners and run records keep it. */
  readonly version?: string;
  /** Every option with its default. The command line makes its flags from it, so defaults live here only. */
  readonly defaults: O;
  /** One sentence an option; the keys are those of `defaults`. */
  readonly help: Readonly<Record<keyof O & string, string>>;
  /** Checks types and ranges of the merged options. Any library that speaks Standard Schema. */
  readonly schema: StandardSchemaV1<unknown, O>;
  readonly presets?: Readonly<Record<string, Preset<O>>>;
}

/** A plugin: a typed value, no class to extend, no import side effect. */
export interface Plugin<
  K extends PluginKind = PluginKind,
  O extends object = object,
> extends PluginDefinition<O> {
  readonly '~cl': PluginBrand<K>;
}

/** Stamps a definition with the brand: what every `define*` helper does. */
export function brand<K extends PluginKind, D extends object>(
  kind: K,
  definition: D,
): D & { readonly '~cl': PluginBrand<K> } {
  return { ...definition, '~cl': { version: protocolVersion, kind } };
}

/**
 * Checks that a value is a plugin of a kind and speaks this protocol.
 *
 * @throws ClError `UNKNOWN_PLUGIN` when it is none, `PROTOCOL_VERSION` when it speaks another version.
 */
export function assertPlugin<K extends PluginKind>(
  kind: K,
  value: unknown,
): asserts value is Plugin<K> {
  const found = (value as Partial<Plugin> | null | undefined)?.['~cl'];
  const name = (value as Partial<Plugin> | null | undefined)?.name;
  if (found?.kind !== kind) {
    throw new ClError(
      'UNKNOWN_PLUGIN',
      `plugin: found ${found === undefined ? 'a value without the "~cl" brand' : `a ${found.kind}`}` +
        `, expected a ${kind}. Export what define${kind[0]!.toUpperCase()}${kind.slice(1)}() returns.`,
    );
  }
  const version: unknown = found.version;
  if (version === protocolVersion) return;
  const newer = typeof version === 'number' && version > protocolVersion;
  const said = typeof version === 'number' ? `speaks protocol ${version}` : 'says no protocol';
  throw new ClError(
    'PROTOCOL_VERSION',
    `${kind} "${String(name)}": ${said}, expected ${protocolVersion}. ` +
      `Update ${newer ? '@cl/hub' : 'the plugin'}.`,
  );
}

/**
 * The options a plugin works with: its defaults, then the preset, then what the user gave; checked.
 *
 * @throws ClError `UNKNOWN_OPTION` with the nearest name, `INVALID_OPTION` with the schema's reason.
 */
export async function resolveOptions<O extends object>(
  plugin: Plugin<PluginKind, O>,
  given: Readonly<Record<string, unknown>> = {},
  preset?: string,
): Promise<O> {
  const where = `${plugin['~cl'].kind} "${plugin.name}"`;
  const known = Object.keys(plugin.defaults);
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) {
      throw new ClError(
        'UNKNOWN_OPTION',
        `${where}: no option "${key}"${nearest(key, known)} Options: ${known.join(', ') || 'none'}.`,
      );
    }
  }
  const merged = { ...plugin.defaults, ...presetValues(plugin, where, preset), ...given };
  const result = await plugin.schema['~standard'].validate(merged);
  if (result.issues === undefined) return result.value;
  const reasons = result.issues.map(({ path, message }) => {
    const key = path?.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
    const value = key === undefined ? undefined : (merged as Record<string, unknown>)[key];
    return key === undefined ? message : `option ${key} is ${JSON.stringify(value)}: ${message}`;
  });
  throw new ClError('INVALID_OPTION', `${where}: ${reasons.join('; ')}.`);
}

function presetValues<O extends object>(
  plugin: Plugin<PluginKind, O>,
  where: string,
  preset: string | undefined,
): Partial<O> {
  if (preset === undefined) return {};
  const presets = plugin.presets ?? {};
  if (Object.hasOwn(presets, preset)) return presets[preset]!.values;
  const names = Object.keys(presets);
  throw new ClError(
    'UNKNOWN_OPTION',
    `${where}: no preset "${preset}"${nearest(preset, names)} Presets: ${names.join(', ') || 'none'}.`,
  );
}
