/** The plugins an application knows: a value that it makes, passes on and can read aloud. */
import type { BackbonePlugin } from './backbone.ts';
import type { DatasetPlugin, StreamPlugin } from './dataset.ts';
import { ClError } from './errors.ts';
import type { ExecutorPlugin } from './executor.ts';
import type { LearnerPlugin } from './learner.ts';
import type { MetricPlugin } from './metric.ts';
import { nearest } from './nearest.ts';
import { assertPlugin, type Plugin, type PluginKind } from './plugin.ts';
import type { ReporterPlugin } from './reporter.ts';

/** The plugin type of each kind. */
export interface PluginsByKind {
  readonly backbone: BackbonePlugin;
  readonly learner: LearnerPlugin;
  readonly dataset: DatasetPlugin;
  readonly stream: StreamPlugin;
  readonly metric: MetricPlugin;
  readonly reporter: ReporterPlugin;
  readonly executor: ExecutorPlugin;
}

/** Plugins by kind and name; does not change once made. */
export interface Registry {
  /**
   * The plugin of a kind with a name.
   *
   * @throws ClError `UNKNOWN_PLUGIN` with the nearest name.
   */
  get<K extends PluginKind>(kind: K, name: string): PluginsByKind[K];
  /** All plugins of a kind, in the order given. */
  list<K extends PluginKind>(kind: K): readonly PluginsByKind[K][];
  /** This registry with more plugins. */
  with(...plugins: readonly AnyPlugin[]): Registry;
}

/**
 * Any plugin, whatever its options: `never` on the way in makes a `LearnerPlugin<RailOptions>` fit.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- options are checked by each plugin's own schema
export type AnyPlugin = Plugin<PluginKind, any>;

/**
 * Makes a registry.
 *
 * @throws ClError `UNKNOWN_PLUGIN` when a value is no plugin, `PROTOCOL_VERSION`, `INVALID_CONFIG` when two of
 * a kind share a name.
 */
export function createRegistry(...plugins: readonly AnyPlugin[]): Registry {
  const byKey = new Map<string, AnyPlugin>();
  for (const plugin of plugins) {
    const kind = (plugin as Partial<AnyPlugin> | undefined)?.['~cl']?.kind ?? 'learner';
    assertPlugin(kind, plugin);
    const key = `${kind}/${plugin.name}`;
    if (byKey.has(key)) {
      throw new ClError(
        'INVALID_CONFIG',
        `registry: two ${kind} plugins are called "${plugin.name}". Rename or leave out one.`,
      );
    }
    byKey.set(key, plugin);
  }
  const list = <K extends PluginKind>(kind: K): readonly PluginsByKind[K][] =>
    [...byKey.values()].filter(
      (plugin) => plugin['~cl'].kind === kind,
    ) as unknown as PluginsByKind[K][];
  return {
    list,
    get<K extends PluginKind>(kind: K, name: string): PluginsByKind[K] {
      const found = byKey.get(`${kind}/${name}`);
      if (found !== undefined) return found as unknown as PluginsByKind[K];
      const names = list(kind).map((plugin) => plugin.name);
      throw new ClError(
        'UNKNOWN_PLUGIN',
        `registry: no ${kind} "${name}"${nearest(name, names)} ` +
          `Known: ${names.join(', ') || 'none'}.`,
      );
    },
    with: (...more) => createRegistry(...byKey.values(), ...more),
  };
}
