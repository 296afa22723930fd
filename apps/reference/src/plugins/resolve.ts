/**
 * From what people write to plugins. A name stands for, in this order: a plugin of the toolkit or of the configuration,
 * a path, a package, the short name of one (`my-method`: `cl-learner-my-method`), the name that a plugin
 * of an installed package announces.
 */
import {
  assertPlugin,
  ClError,
  guardPlugin,
  nearest,
  type AnyPlugin,
  type PluginKind,
  type Registry,
} from '@cl/hub';
import { usageError } from '../usage-error.ts';
import { findPackages, type PluginPackage } from './installed.ts';
import { findSource, isPath, loadSource, type PluginSource } from './load.ts';

/** A plugin that is asked for: its kind, and the name as it was written. A backbone may turn out to be a model. */
export interface WantedPlugin {
  readonly kind: PluginKind;
  readonly name: string;
}

/**
 * The registry with everything that is wanted: plugins that it lacks are loaded, and answer to the name that was written
 * and to their own.
 *
 * @param registry - what is known already.
 * @param wanted - what must be known.
 * @param from - the folder that paths and packages are looked up from.
 * @throws ClError `UNKNOWN_PLUGIN` with where was looked, `INVALID_CONFIG` for a name that two packages claim, what
 * `loadSource` throws.
 */
export async function withWanted(
  registry: Registry,
  wanted: readonly WantedPlugin[],
  from: string,
): Promise<Registry> {
  const aliases = new Map<string, string>();
  let known = registry;
  for (const { kind, name } of wanted) {
    if (has(known, kind, name) || aliases.has(`${kind}/${name}`)) continue;
    const source = sourceOf(known, kind, name, from);
    if (source === undefined) continue;
    const plugins = await loadSource(source, from);
    const own = ownName(kind, name, plugins, source);
    known = withNew(known, plugins, titleOf(source));
    aliases.set(`${kind}/${name}`, own);
  }
  return aliased(known, aliases);
}

/**
 * The registry with all plugins of packages and files, as the key `plugins` of a configuration names them.
 *
 * @throws ClError as {@link withWanted}.
 */
export async function withPlugins(
  registry: Registry,
  plugins: readonly (string | AnyPlugin)[],
  from: string,
): Promise<Registry> {
  let known = registry;
  for (const one of plugins) {
    if (typeof one !== 'string') {
      const kind = (one as Partial<AnyPlugin> | undefined)?.['~cl']?.kind ?? 'learner';
      assertPlugin(kind, one);
      known = withNew(known, [guardPlugin(one)], 'cl.config');
      continue;
    }
    const source = findSource(one, from);
    if (source === undefined) {
      throw usageError(
        `cl.config: plugin package "${one}" is not installed, or says nothing of plugins. npm install ${one}.`,
      );
    }
    known = withNew(known, await loadSource(source, from), titleOf(source));
  }
  return known;
}

/** What a written plugin is called: `rail@dual,ridge=1` → `rail`; scopes, paths and presets are told apart. */
export function nameIn(text: string): string {
  const head = text.split(',', 1)[0] ?? '';
  const at = head.lastIndexOf('@');
  return at > 0 && !head.slice(at).includes('/') ? head.slice(0, at) : head;
}

/** Whether a name, its plugin's own or another, is known to a registry. */
export function knows(registry: Registry, kind: PluginKind, name: string): boolean {
  try {
    registry.get(kind, name);
    return true;
  } catch {
    return false;
  }
}

function has(registry: Registry, kind: PluginKind, name: string): boolean {
  return registry.list(kind).some((plugin) => plugin.name === name);
}

function sourceOf(
  registry: Registry,
  kind: PluginKind,
  name: string,
  from: string,
): PluginSource | undefined {
  if (kind === 'backbone' && isPath(name) && !/\.[cm]?[jt]s$/u.test(name)) return undefined;
  const names = isPath(name) ? [name] : [name, ...shortFor(kind, name)];
  for (const one of names) {
    const source = findSource(one, from);
    if (source !== undefined) return source;
  }
  const packages = findPackages(from);
  const claiming = packages.filter(({ plugins }) =>
    plugins.some((plugin) => plugin.kind === kind && plugin.name === name),
  );
  if (claiming.length > 1) throw claimedTwice(kind, name, claiming);
  if (claiming[0] !== undefined) return { kind: 'package', found: claiming[0] };
  if (kind === 'backbone') return undefined; // a model's Hub id or folder: the plugin that opens it will tell
  const known = registry.list(kind).map((plugin) => plugin.name);
  const announced = packages.flatMap(({ plugins }) =>
    plugins.filter((plugin) => plugin.kind === kind).map((plugin) => plugin.name),
  );
  throw new ClError(
    'UNKNOWN_PLUGIN',
    `cl: no ${kind} "${name}"${nearest(name, [...known, ...announced])} ` +
      `Known: ${[...known, ...announced].join(', ')}. Not installed either: ${names.join(', ')}.`,
  );
}

/** `my-method` → `cl-learner-my-method`; `@me/my-method` → `@me/cl-learner-my-method`. */
function shortFor(kind: PluginKind, name: string): readonly string[] {
  const [, scope = '', own = ''] = /^(@[^/]+\/)?([^/]+)$/u.exec(name) ?? [];
  return own === '' || own.startsWith('cl-') ? [] : [`${scope}cl-${kind}-${own}`];
}

/** The name of the plugin that was meant: the only one of its kind, or the one that is called as was written. */
function ownName(
  kind: PluginKind,
  name: string,
  plugins: readonly AnyPlugin[],
  source: PluginSource,
): string {
  const fitting = plugins.filter((plugin) => plugin['~cl'].kind === kind).map((one) => one.name);
  const own = fitting.length === 1 ? fitting[0] : fitting.find((one) => one === name);
  if (own !== undefined) return own;
  const brought = plugins.map((plugin) => `${plugin['~cl'].kind} "${plugin.name}"`).join(', ');
  throw new ClError(
    'UNKNOWN_PLUGIN',
    `${titleOf(source)}: brings ${brought}, expected ${fitting.length === 0 ? `a ${kind}` : `one ${kind}, or one called "${name}"`}. ` +
      `Add it to plugins in cl.config.ts and name the one you mean.`,
  );
}

function withNew(registry: Registry, plugins: readonly AnyPlugin[], title: string): Registry {
  for (const { '~cl': brand, name } of plugins) {
    if (!has(registry, brand.kind, name)) continue;
    throw usageError(
      `${title}: brings ${brand.kind} "${name}", and there is one of that name already. ` +
        'Use one of them, or ask its author for another name.',
    );
  }
  return registry.with(...plugins);
}

function claimedTwice(kind: PluginKind, name: string, claiming: readonly PluginPackage[]): ClError {
  const names = claiming.map((one) => one.name);
  return usageError(
    `cl: ${kind} "${name}" is what ${names.join(' and ')} call theirs. Write the package's name: ${names[0] ?? ''}.`,
  );
}

function titleOf(source: PluginSource): string {
  return source.kind === 'file' ? source.path : `${source.found.name} ${source.found.version}`;
}

/** The registry, answering to further names. */
function aliased(registry: Registry, aliases: ReadonlyMap<string, string>): Registry {
  if (aliases.size === 0) return registry;
  return {
    list: (kind) => registry.list(kind),
    get: (kind, name) => registry.get(kind, aliases.get(`${kind}/${name}`) ?? name),
    with: (...more) => aliased(registry.with(...more), aliases),
  };
}
