/**
 * Plugins that are installed, found without importing one of them: each package says in its package.json what it brings,
 * `"cl": { "protocol": 1, "plugins": [{ "kind": "learner", "name": "my-method" }] }`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ClError, protocolVersion, type PluginKind } from '@cl/hub';

/** A plugin as its package announces it. */
export interface AnnouncedPlugin {
  readonly kind: PluginKind;
  readonly name: string;
  readonly description?: string;
}

/** A package that brings plugins. */
export interface PluginPackage {
  readonly name: string;
  readonly version: string;
  /** Its folder. */
  readonly path: string;
  /** The protocol that it speaks; `undefined` when it does not say. */
  readonly protocol: number | undefined;
  readonly plugins: readonly AnnouncedPlugin[];
}

/** The kinds of plugin, as they are written in package names: `cl-learner-…`. */
export const kinds: readonly PluginKind[] = [
  'learner',
  'stream',
  'dataset',
  'backbone',
  'metric',
  'reporter',
  'executor',
];

/**
 * The package of a name as Node would find it from a folder, when it announces plugins.
 *
 * @returns `undefined` when there is none, or it says nothing of plugins.
 */
export function findPackage(name: string, from: string): PluginPackage | undefined {
  for (const modules of moduleFolders(from)) {
    const found = readPackage(join(modules, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * All packages with plugins that a program in this folder can import: those called `cl-…`, with a scope or without, and
 * those that the nearest package.json names.
 */
export function findPackages(from: string): readonly PluginPackage[] {
  const found = new Map<string, PluginPackage>();
  for (const modules of moduleFolders(from)) {
    for (const name of [...candidatesIn(modules), ...dependenciesOf(dirname(modules))]) {
      if (found.has(name)) continue;
      const one = readPackage(join(modules, name));
      if (one !== undefined) found.set(name, one);
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Refuses a package that speaks another protocol, and says which side to update.
 *
 * @throws ClError `PROTOCOL_VERSION`.
 */
export function assertProtocol({ name, version, protocol }: PluginPackage): void {
  if (protocol === protocolVersion) return;
  const where = `plugin package ${name} ${version}`;
  throw new ClError(
    'PROTOCOL_VERSION',
    protocol === undefined
      ? `${where}: its package.json says no protocol, expected "cl": { "protocol": ${protocolVersion}, "plugins": […] }. ` +
          'Tell its author.'
      : `${where}: speaks protocol ${protocol}, expected ${protocolVersion}. ` +
          (protocol < protocolVersion
            ? `Update the plugin: npm install ${name}@latest.`
            : 'Update the toolkit: the packages @cl/… of this project.'),
  );
}

/** What a folder with a package.json announces; unreadable ones are none of our business. */
function readPackage(path: string): PluginPackage | undefined {
  const manifest = readManifest(path);
  if (typeof manifest?.['cl'] !== 'object' || manifest['cl'] === null) return undefined;
  const block = manifest['cl'] as Readonly<Record<string, unknown>>;
  const listed = Array.isArray(block['plugins']) ? (block['plugins'] as unknown[]) : [];
  return {
    name: String(manifest['name']),
    version: String(manifest['version']),
    path,
    protocol: Number.isInteger(block['protocol']) ? (block['protocol'] as number) : undefined,
    plugins: listed.filter(isAnnounced),
  };
}

function isAnnounced(value: unknown): value is AnnouncedPlugin {
  const { kind, name, description = '' } = (value ?? {}) as Partial<AnnouncedPlugin>;
  return kinds.includes(kind!) && typeof name === 'string' && typeof description === 'string';
}

function readManifest(path: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    return typeof value === 'object' && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** `node_modules` of a folder and of those above it. */
function moduleFolders(from: string): readonly string[] {
  const folders: string[] = [];
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules');
    if (existsSync(modules)) folders.push(modules);
    if (dirname(folder) === folder) return folders;
  }
}

function candidatesIn(modules: string): readonly string[] {
  const isPlugin = (name: string): boolean => name.startsWith('cl-');
  const names = readdirSync(modules);
  const scopes = names.filter((name) => name.startsWith('@') && name !== '@cl');
  return [
    ...names.filter(isPlugin),
    ...scopes.flatMap((scope) =>
      readdirSync(join(modules, scope))
        .filter(isPlugin)
        .map((name) => `${scope}/${name}`),
    ),
  ];
}

function dependenciesOf(folder: string): readonly string[] {
  const { dependencies, devDependencies } = readManifest(folder) ?? {};
  return [dependencies, devDependencies].flatMap((list) =>
    typeof list === 'object' && list !== null ? Object.keys(list) : [],
  );
}
