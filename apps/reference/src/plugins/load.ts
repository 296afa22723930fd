/** Plugins from packages and files: imported when they are named, checked, and put under guard. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  assertPlugin,
  ClError,
  guardPlugin,
  isClError,
  type AnyPlugin,
  type PluginBrand,
  type PluginKind,
} from '@cl/hub';
import { usageError } from '../usage-error.ts';
import { assertProtocol, findPackage, type PluginPackage } from './installed.ts';

/** Where plugins come from: a package, or a file with its absolute path. */
export type PluginSource =
  | { readonly kind: 'package'; readonly found: PluginPackage }
  | { readonly kind: 'file'; readonly path: string };

/** Whether a name is the path of a file: it says so by its beginning. */
export function isPath(name: string): boolean {
  return /^(?:\.{0,2}[/\\]|[a-z]:[/\\]|file:)/iu.test(name);
}

/**
 * What a path or the name of a package stands for.
 *
 * @returns `undefined` when no such package is installed.
 * @throws ClError `INVALID_CONFIG` when the file does not exist.
 */
export function findSource(name: string, from: string): PluginSource | undefined {
  if (!isPath(name)) {
    const found = findPackage(name, from);
    return found === undefined ? undefined : { kind: 'package', found };
  }
  const path = resolve(from, name.replace(/^file:(?:\/\/)?/u, ''));
  if (existsSync(path)) return { kind: 'file', path };
  throw usageError(`plugin ${name}: ${path} does not exist, expected a module. Check the path.`);
}

/**
 * Imports the plugins of a package or a file: everything it exports that carries the brand.
 *
 * @param source - what `findSource` found.
 * @param from - the folder that packages are looked up from.
 * @throws ClError `PROTOCOL_VERSION`, before anything of it runs when the package says so; `PLUGIN_FAILED` when it does not
 * load; `UNKNOWN_PLUGIN` when it exports none.
 */
export async function loadSource(
  source: PluginSource,
  from: string,
): Promise<readonly AnyPlugin[]> {
  const name = source.kind === 'package' ? source.found.name : source.path;
  if (source.kind === 'package') assertProtocol(source.found);
  const exported = await importModule(name, from);
  const branded = Object.values(exported).filter(
    (value): value is AnyPlugin => brandOf(value) !== undefined,
  );
  const plugins = [...new Set(branded)];
  for (const plugin of plugins) {
    try {
      assertPlugin(plugin['~cl'].kind, plugin);
    } catch (cause) {
      if (!isClError(cause)) throw cause;
      throw new ClError(cause.code, `${name}: ${cause.message}`, { cause });
    }
  }
  if (plugins.length > 0) return plugins.map((plugin) => guardPlugin(plugin));
  throw new ClError(
    'UNKNOWN_PLUGIN',
    `${name}: exports ${Object.keys(exported).join(', ') || 'nothing'}, expected a plugin. ` +
      'Export what defineLearner() or another define… of @cl/hub returns.',
  );
}

/** jiti reads TypeScript too, which Node 20 does not; what is installed is left to Node. */
async function importModule(
  name: string,
  from: string,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    const { createJiti } = await import('jiti');
    const jiti = createJiti(pathToFileURL(resolve(from, 'cl.config.ts')).href, {
      interopDefault: false,
      moduleCache: true,
    });
    return await jiti.import<Readonly<Record<string, unknown>>>(name);
  } catch (cause) {
    if (isClError(cause)) throw cause;
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new ClError(
      'PLUGIN_FAILED',
      `plugin ${name}: does not load: ${text.split('\n')[0] ?? ''}. Import it in a script of your own to see where.`,
      { cause },
    );
  }
}

function brandOf(value: unknown): PluginBrand<PluginKind> | undefined {
  return typeof value === 'object' && value !== null
    ? (value as Partial<AnyPlugin>)['~cl']
    : undefined;
}
