/** From a template to a repository: files are copied, names are filled in. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ClError, nearest } from '@cl/hub';
import { manifestOf } from './manifest.ts';
import { camelCase, pascalCase } from './names.ts';

/** The kinds of plugin that there is a template for. */
export const templateKinds = [
  'learner',
  'backbone',
  'dataset',
  'stream',
  'metric',
  'reporter',
] as const;

/** A kind of plugin that there is a template for. */
export type TemplateKind = (typeof templateKinds)[number];

/** What to make. */
export interface CreatePluginOptions {
  /** The plugin's name, kebab-case: what people write after `--learner`. */
  readonly name: string;
  readonly kind: TemplateKind;
  /** One sentence. */
  readonly description?: string | undefined;
  /** Where to; default a folder called as the package, here. */
  readonly folder?: string | undefined;
  /** Scope of the package, such as `@me`. */
  readonly scope?: string | undefined;
}

/** What was made. */
export interface CreatedPlugin {
  /** `cl-learner-my-method`. */
  readonly package: string;
  /** Absolute path. */
  readonly folder: string;
  /** Relative to it. */
  readonly files: readonly string[];
}

/**
 * Writes a repository with source, tests that pass, README, licence and continuous integration.
 *
 * @throws ClError `INVALID_OPTION` for a name that is not kebab-case or a kind without template; `INVALID_DATA` when the folder
 * holds files already. Nothing is written then.
 */
export async function createPlugin(options: CreatePluginOptions): Promise<CreatedPlugin> {
  const { name, kind, scope } = options;
  assertOptions(options);
  const own = `cl-${kind}-${name}`;
  const packageName = scope === undefined ? own : `${scope}/${own}`;
  const folder = resolve(options.folder ?? own);
  await assertEmpty(folder);
  const description = options.description ?? `A ${kind} called ${name}.`;
  const fill = filler({ name, kind, packageName, description });
  const contents = new Map<string, string>();
  for (const template of ['common', kind]) {
    const root = join(templates, template);
    for (const path of await filesIn(root)) {
      const target = path.replace(/^_/u, '.').replaceAll('my-plugin', name);
      contents.set(target, fill(await readFile(join(root, path), 'utf8')));
    }
  }
  const manifest = await manifestOf({ packageName, name, kind, description });
  contents.set('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
  for (const [path, content] of contents) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return { package: packageName, folder, files: [...contents.keys()].sort() };
}

const templates = fileURLToPath(new URL('../templates', import.meta.url));

function assertOptions({ name, kind, scope, description }: CreatePluginOptions): void {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/u.test(name)) {
    throw new ClError(
      'INVALID_OPTION',
      `create-cl-plugin: name is ${JSON.stringify(name)}, expected kebab-case. Write my-method, without cl-… in front.`,
    );
  }
  if (name.startsWith('cl-')) {
    throw new ClError(
      'INVALID_OPTION',
      `create-cl-plugin: name is "${name}", expected it without "cl-": the package is called cl-${kind}-<name>.`,
    );
  }
  if (!templateKinds.includes(kind)) {
    throw new ClError(
      'INVALID_OPTION',
      `create-cl-plugin: kind is "${kind}", expected one of ${templateKinds.join(', ')}${nearest(kind, templateKinds)}`,
    );
  }
  if (scope !== undefined && !/^@[a-z0-9][a-z0-9._-]*$/u.test(scope)) {
    throw new ClError(
      'INVALID_OPTION',
      `create-cl-plugin: scope is "${scope}", expected one such as @me.`,
    );
  }
  if (description !== undefined && !/^[^'`\\*\n]{11,}$/u.test(description)) {
    throw new ClError(
      'INVALID_OPTION',
      'create-cl-plugin: the description is not one plain sentence, expected more than ten letters without quotes, ' +
        'backslashes and asterisks. Leave it out and write it later.',
    );
  }
}

async function assertEmpty(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  const found = names.find((name) => name !== '.git');
  if (found === undefined) return;
  throw new ClError(
    'INVALID_DATA',
    `create-cl-plugin: folder ${basename(folder)} holds ${JSON.stringify(found)}, expected an empty one. ` +
      'Choose another with --folder.',
  );
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

/** How a user tries it, in the README. */
const usages: Readonly<Record<TemplateKind, string>> = {
  learner: 'cl run --learner NAME --learner nearest-mean',
  backbone: 'cl run --backbone NAME --stream class-incremental --learner nearest-mean',
  dataset:
    'cl run --dataset NAME --stream class-incremental,classesPerTask=1 --learner nearest-mean',
  stream: 'cl run --stream NAME --learner nearest-mean',
  metric: 'cl run --learner nearest-mean --metric NAME',
  reporter: 'cl run --learner nearest-mean --reporter NAME',
};

function filler(names: {
  readonly name: string;
  readonly kind: TemplateKind;
  readonly packageName: string;
  readonly description: string;
}): (text: string) => string {
  const { name, kind, packageName, description } = names;
  const words: Readonly<Record<string, string>> = {
    __USAGE__: usages[kind].replace('NAME', name),
    'my-plugin': name,
    myPlugin: camelCase(name),
    MyPlugin: pascalCase(name),
    __DESCRIPTION__: description,
    __PACKAGE__: packageName,
    __KIND__: kind,
  };
  const any = new RegExp(Object.keys(words).join('|'), 'gu');
  return (text) => text.replace(any, (word) => words[word]!);
}
