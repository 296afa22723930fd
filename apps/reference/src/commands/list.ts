/** `cl list`: what can take part in a run, and what of it is on this machine already. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedModels, knownModels } from '@cl/backbone';
import { nearest, type AnyPlugin, type Registry } from '@cl/hub';
import { defaultCacheDir } from '@cl/hub/node';
import { defineCommand, type ArgsDef, type CommandDef } from 'citty';
import { embeddedBackbones } from '../backbone-choice.ts';
import { loadClConfig } from '../config.ts';
import { readFlags } from '../flags.ts';
import { comparePresets, runPresets } from '../presets.ts';
import { listRecipes, loadRecipe } from '../recipes.ts';
import { findPackages, kinds } from '../plugins/installed.ts';
import { findSource, loadSource } from '../plugins/load.ts';
import { registryFor } from '../plugins/registry-for.ts';
import { knows, withWanted } from '../plugins/resolve.ts';
import { usageError } from '../usage-error.ts';
import { left, plain } from '../view/format.ts';
import { announced, installedLines } from '../view/installed.ts';
import { createStyle, isColoured, type Style } from '../view/style.ts';

const args: ArgsDef = {
  name: {
    type: 'positional',
    description: 'a kind (learner, stream, dataset, …), recipes, or a plugin, with its options',
    required: false,
  },
  config: {
    type: 'string',
    description: 'default cl.config.ts, if there is one',
    valueHint: 'file',
  },
  json: { type: 'boolean', description: 'as JSON' },
  debug: { type: 'boolean', description: 'show where an error comes from' },
};

/** The command. */
export const listCommand: CommandDef = defineCommand({
  meta: { name: 'list', description: 'List plugins, backbones and datasets, with what is cached.' },
  args,
  async run({ rawArgs }) {
    const flags = readFlags('cl list', rawArgs, args);
    if (/^recipes?$/u.test(flags.positionals[0] ?? '')) {
      const style = createStyle(isColoured(process.stdout));
      process.stdout.write(`${(await recipeLines(style)).join('\n')}\n`);
      return;
    }
    const config = await loadClConfig(flags.get('config'));
    const name = flags.positionals[0];
    const packages = findPackages(process.cwd());
    const registry = await registryFor(flags, { plugins: config.plugins ?? [] });
    const kind = kinds.find((one) => name === one || name === `${one}s`);
    const installed = name === undefined || kind !== undefined ? announced(packages, kind) : [];
    const chosen = (await foreign(name, registry)) ?? choose(name, registry);
    const cached = await cachedNames();
    if (flags.has('json')) {
      const described = chosen.map((plugin) => ({ ...describe(plugin), cached: cached(plugin) }));
      process.stdout.write(`${JSON.stringify([...described, ...installed], undefined, 2)}\n`);
      return;
    }
    const style = createStyle(isColoured(process.stdout));
    const single = name !== undefined && kind === undefined;
    const lines = single
      ? chosen.flatMap((plugin) => details(plugin, style))
      : overview(chosen, cached, await modelRows(), style);
    lines.push(...installedLines(installed, style));
    if (name === undefined) lines.unshift(...presetLines(style), '');
    process.stdout.write(`${lines.join('\n')}\n`);
  },
});

/** The plugins of a package or a file that is named, or the one that an installed package announces by this name. */
async function foreign(
  name: string | undefined,
  registry: Registry,
): Promise<readonly AnyPlugin[] | undefined> {
  const from = process.cwd();
  if (name === undefined || kinds.some((kind) => knows(registry, kind, name))) return undefined;
  const source = findSource(name, from);
  if (source !== undefined) return loadSource(source, from);
  const all = announced(findPackages(from), undefined);
  const own = all.filter((plugin) => plugin.name === name);
  const found = await withWanted(registry, own, from);
  return own.length === 0 ? undefined : own.map(({ kind }) => found.get(kind, name));
}

/** All plugins, those of a kind (`learner`, `learners`), or those of a name. */
function choose(name: string | undefined, registry: Registry): readonly AnyPlugin[] {
  const all = kinds.flatMap((kind): readonly AnyPlugin[] => registry.list(kind));
  if (name === undefined) return all;
  const kind = kinds.find((one) => name === one || name === `${one}s`);
  const chosen = all.filter((plugin) =>
    kind === undefined ? plugin.name === name : plugin['~cl'].kind === kind,
  );
  if (chosen.length > 0) return chosen;
  const known = [...kinds, ...all.map((plugin) => plugin.name)];
  throw usageError(
    `cl list: nothing is called "${name}"${nearest(name, known)} cl list shows everything.`,
  );
}

function describe(plugin: AnyPlugin): object {
  const { name, description, help, presets } = plugin;
  const defaults = plugin.defaults as object;
  return { kind: plugin['~cl'].kind, name, description, defaults, help, presets };
}

function presetLines(style: Style): string[] {
  const rows = (presets: typeof runPresets): string[] =>
    Object.entries(presets).map(([name, { help }]) => `  ${style.bold(left(name, 20))} ${help}`);
  return [
    style.dim('presets of cl run'),
    ...rows(runPresets),
    style.dim('presets of cl compare'),
    ...rows(comparePresets),
    style.dim('recipes of cl run (cl list recipes tells more)'),
    `  ${listRecipes()
      .map(({ name }) => plain(name))
      .join(', ')}`,
  ];
}

/** Every recipe with what it is, and its variants. */
async function recipeLines(style: Style): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const { name } of listRecipes()) {
    const { description = '', variants = {} } = await loadRecipe(name);
    lines.push(`${style.bold(plain(name))}  ${plain(description)}`);
    for (const [variant, changes] of Object.entries(variants)) {
      lines.push(style.dim(`  @${plain(variant)}  ${plain(changes.description ?? '')}`.trimEnd()));
    }
  }
  return lines;
}

function overview(
  plugins: readonly AnyPlugin[],
  cached: (plugin: AnyPlugin) => string,
  models: readonly ModelRow[],
  style: Style,
): string[] {
  const lines: string[] = [];
  const names = [...plugins, ...models].map(({ name }) => plain(name).length);
  const width = Math.min(36, Math.max(20, ...names));
  const row = (name: string, text: string, note: string): string =>
    `  ${style.bold(left(plain(name), width))} ${plain(text)}${note === '' ? '' : style.dim(`  ${note}`)}`;
  for (const kind of kinds) {
    const own = plugins.filter((plugin) => plugin['~cl'].kind === kind);
    if (own.length === 0) continue;
    if (lines.length > 0) lines.push('');
    lines.push(style.dim(`${kind}s`));
    for (const plugin of own) {
      const presets = Object.keys(plugin.presets ?? {}).map((name) => `@${name}`);
      const notes = [presets.join(' '), cached(plugin)].filter((note) => note !== '');
      lines.push(row(plugin.name, plugin.description, notes.join('  ')));
    }
    if (kind !== 'backbone') continue;
    lines.push('', style.dim('models for --backbone'));
    for (const { name, text, note } of models) lines.push(row(name, text, note));
  }
  return lines;
}

/** A plugin with its options, their defaults and its presets. */
function details(plugin: AnyPlugin, style: Style): string[] {
  const { name, description, help, presets } = plugin;
  const defaults = Object.entries(plugin.defaults as Readonly<Record<string, unknown>>);
  const width = Math.max(8, ...defaults.map(([key]) => key.length)) + 2;
  return [
    `${style.bold(plain(name))} (${plugin['~cl'].kind}): ${plain(description)}`,
    ...(defaults.length === 0 ? ['no options'] : [style.dim('options, with defaults')]),
    ...defaults.map(([key, value]) => {
      return `  ${left(key, width)}${plain(help[key] ?? '')} ${style.dim(`(${JSON.stringify(value)})`)}`;
    }),
    ...(presets === undefined ? [] : [style.dim('presets')]),
    ...Object.entries(presets ?? {}).map(
      ([preset, content]) => `  ${left(`@${preset}`, width)}${plain(content.help)}`,
    ),
  ];
}

/** A model that `--backbone` takes by name. */
interface ModelRow {
  readonly name: string;
  readonly text: string;
  readonly note: string;
}

/** What is embedded, what is known to work, and whatever else was downloaded. */
async function modelRows(): Promise<readonly ModelRow[]> {
  const cached = await cachedModels();
  const known = knownModels.map(({ id, description, license, megabytes }): ModelRow => {
    const here = cached.includes(id);
    return {
      name: id,
      text: `${description} (${license}).`,
      note: here ? 'cached' : `about ${megabytes} MB`,
    };
  });
  const others = cached.filter((id) => !knownModels.some((model) => model.id === id));
  return [
    ...Object.keys(embeddedBackbones).map((name): ModelRow => {
      return { name, text: 'A CLIP for 48-pixel icons.', note: 'embedded' };
    }),
    ...known,
    ...others.map((name): ModelRow => ({ name, text: 'Downloaded earlier.', note: 'cached' })),
  ];
}

/** What the cache folder says of datasets. */
async function cachedNames(): Promise<(plugin: AnyPlugin) => string> {
  const folder = defaultCacheDir();
  const namesIn = async (part: string): Promise<readonly string[]> => {
    const path = join(folder, part);
    return existsSync(path) ? readdir(path) : [];
  };
  const datasets = await namesIn('datasets');
  return (plugin) => {
    if (plugin['~cl'].kind !== 'dataset') return '';
    if (plugin.name === 'icon-bench') return 'embedded';
    return datasets.some((name) => name.startsWith(plugin.name)) ? 'cached' : '';
  };
}
