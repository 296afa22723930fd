/** `cl datasets`: published datasets on this machine: list, get, verify, import. */
import {
  datasetCatalog,
  datasetState,
  downloadBytes,
  fetchDataset,
  importDataset,
  publishedDataset,
  verifyDataset,
  type DatasetDescriptor,
  type FileCheck,
  type SourceOptions,
} from '@cl/datasets';
import { ClError, nearest, resolveOptions, type WorkOptions } from '@cl/hub';
import { defineCommand, type ArgsDef, type CommandDef } from 'citty';
import { readFlags, type Flags } from '../flags.ts';
import { watchInterrupts } from '../interrupt.ts';
import { usageError } from '../usage-error.ts';
import { bytes, left, plain, right } from '../view/format.ts';
import { createStyle, isColoured, type Style } from '../view/style.ts';
import { showTask } from '../view/task.ts';

const args: ArgsDef = {
  action: { type: 'positional', description: 'list, get, verify or import', required: false },
  name: {
    type: 'positional',
    description: 'a dataset; get takes any plugin with options too, such as hf,repo=owner/name',
    required: false,
  },
  path: {
    type: 'positional',
    description: 'for import: the archive, a folder of archives, or the extracted folder',
    required: false,
  },
  mirror: {
    type: 'string',
    description: 'URL of a folder to fetch files from instead of the known places (may repeat)',
    valueHint: 'url',
  },
  checksum: {
    type: 'string',
    description: 'file=SHA-256 of a copy that you trust instead of the published one (may repeat)',
    valueHint: 'file=hex',
  },
  'cache-dir': { type: 'string', description: 'where files are kept', valueHint: 'folder' },
  json: { type: 'boolean', description: 'print nothing but the result, as JSON' },
  debug: { type: 'boolean', description: 'show where an error comes from' },
};

const actions = { list, get, verify, import: importCopy } as const;

/** The command. */
export const datasetsCommand: CommandDef = defineCommand({
  meta: {
    name: 'datasets',
    description:
      'Published datasets: list them, get one, verify the files, import a copy you have.',
  },
  args,
  async run({ rawArgs }) {
    const flags = readFlags('cl datasets', rawArgs, args);
    const [action = 'list'] = flags.positionals;
    if (!Object.hasOwn(actions, action)) {
      const names = Object.keys(actions);
      throw usageError(
        `cl datasets: no action "${action}"${nearest(action, names)} Actions: ${names.join(', ')}.`,
      );
    }
    await actions[action as keyof typeof actions](flags);
  },
});

/** What is known, how large it is, and how far it is here. */
async function list(flags: Flags): Promise<void> {
  const given = sourceOf(flags);
  const rows = await Promise.all(
    datasetCatalog.map(async (descriptor) => ({
      descriptor,
      state: await datasetState(descriptor, given),
    })),
  );
  if (flags.has('json')) {
    print(
      rows.map(({ descriptor, state }) => ({
        ...summary(descriptor),
        ...state,
        files: descriptor.files.map(({ name, urls, checksum }) => ({ name, urls, checksum })),
      })),
    );
    return;
  }
  const style = createStyle(isColoured(process.stdout));
  const lines = rows.map(({ descriptor, state: { state, folder, missing } }) => {
    const { name, title, classes, train, test, license } = descriptor;
    const here =
      state === 'absent'
        ? ''
        : state === 'partial'
          ? `without ${missing.join(', ')}`
          : state === 'imported'
            ? `in ${folder}`
            : state;
    return (
      `${style.bold(left(name, 14))} ${left(title, 26)} ${right(String(classes), 4)} classes ` +
      `${right(`${train} + ${test}`, 14)} ${right(bytes(downloadBytes(descriptor)), 7)}  ` +
      `${style.good(plain(here))}${here === '' ? '' : ' · '}${style.dim(license)}`
    );
  });
  process.stdout.write(
    `${style.dim('name, classes, training + test images, download, licence')}\n${lines.join('\n')}\n`,
  );
}

/** Fetches a dataset, so that later runs need no network. */
async function get(flags: Flags): Promise<void> {
  const text = named(flags, 'get', 2);
  const published = datasetCatalog.find(({ name }) => name === text);
  await working(flags, async (work, style) =>
    published === undefined
      ? getPlugin(text, sourceOf(flags), work, style)
      : getPublished(published, sourceOf(flags), work, style),
  );
}

type Outcome<T = unknown> = readonly [result: T, text: string];

async function getPublished(
  published: DatasetDescriptor,
  source: Partial<SourceOptions>,
  work: WorkOptions,
  style: Style,
): Promise<Outcome> {
  await fetchDataset(published, source, work);
  const { folder, bytes: size } = await datasetState(published, source);
  const result = { ...summary(published), folder, bytes: size };
  return [result, `${style.good('got')} ${published.title}: ${bytes(size)} in ${folder}`];
}

/** Opens any dataset plugin: what it downloads stays in its cache. */
async function getPlugin(
  text: string,
  source: Partial<SourceOptions>,
  work: WorkOptions,
  style: Style,
): Promise<Outcome> {
  const { registry } = await import('../registry.ts'); // brings every engine
  const { readSpec } = await import('../spec.ts');
  const { plugin, options } = readSpec('dataset', text, registry);
  const known = Object.entries(source).filter(([key]) => Object.hasOwn(plugin.defaults, key));
  const given = { ...Object.fromEntries(known), ...options };
  const { name, classes, train, test, license } = await plugin.create(
    await resolveOptions(plugin, given),
    work,
  );
  const counts = { classes: classes.length, train: train.length, test: test.length };
  const words = `${counts.classes} classes, ${counts.train} training and ${counts.test} test images`;
  return [{ name, ...counts, license }, `${style.good('got')} ${plain(name)}: ${words}`];
}

/** Compares the files in the cache with what they were and what is published. */
async function verify(flags: Flags): Promise<void> {
  const [, name] = flags.positionals;
  assertCount(flags, 2);
  const source = sourceOf(flags);
  const chosen: DatasetDescriptor[] = [];
  for (const descriptor of name === undefined ? datasetCatalog : [publishedDataset(name)]) {
    const { state } = await datasetState(descriptor, source);
    if (name !== undefined || state === 'cached' || state === 'partial') chosen.push(descriptor);
  }
  const checks = await working(flags, async (work, style) => {
    const found: (FileCheck & { readonly dataset: string })[] = [];
    for (const descriptor of chosen) {
      for (const check of await verifyDataset(descriptor, source, work)) {
        found.push({ dataset: descriptor.name, ...check });
      }
    }
    const lines = found.map(({ dataset, file, state, detail }) => {
      const mark = state === 'good' ? style.good(left(state, 11)) : style.bad(left(state, 11));
      return `${mark} ${left(dataset, 14)} ${file}: ${plain(detail)}`;
    });
    const text = lines.length === 0 ? 'No published dataset is in the cache.' : lines.join('\n');
    return [found, text];
  });
  if (checks.some(({ state }) => state !== 'good')) {
    throw new ClError(
      'CHECKSUM_MISMATCH',
      'cl datasets verify: not every file is as it should be. cl datasets get fetches what is missing; delete what is ' +
        'damaged first.',
    );
  }
}

/** Takes in files that were fetched by hand. */
async function importCopy(flags: Flags): Promise<void> {
  const descriptor = publishedDataset(named(flags, 'import', 3));
  const path = flags.positionals[2];
  if (path === undefined) {
    throw usageError(
      'cl datasets import: no path. Write cl datasets import <dataset> <archive or folder>. (Your own images need no ' +
        'import: --dataset image-folder,root=<folder or archive>.)',
    );
  }
  await working(flags, async (work, style) => {
    const taken = await importDataset(descriptor, path, sourceOf(flags), work);
    const { state, missing } = await datasetState(descriptor, sourceOf(flags));
    const lines = [
      ...taken.map(plain),
      ...(missing.length === 0 || state === 'imported'
        ? []
        : [
            style.warn(`still missing: ${missing.join(', ')} (cl datasets get ${descriptor.name})`),
          ]),
    ];
    return [{ ...summary(descriptor), taken, state, missing }, lines.join('\n')];
  });
}

/** Does the work with progress and Ctrl-C, then prints its result. */
async function working<T>(
  flags: Flags,
  action: (work: WorkOptions, style: Style) => Promise<Outcome<T>>,
): Promise<T> {
  const show = showTask(process.stdout, flags.has('json'));
  const interrupts = watchInterrupts(
    () => {
      process.stderr.write('Stopping. What was downloaded is kept and continued next time.\n');
    },
    () => {
      show.close();
    },
  );
  try {
    const work = { signal: interrupts.signal, onProgress: show.progress };
    const [result, text] = await action(work, createStyle(isColoured(process.stdout)));
    show.close();
    if (flags.has('json')) print(result);
    else process.stdout.write(`${text}\n`);
    return result;
  } finally {
    show.close();
    interrupts.stop();
  }
}

function sourceOf(flags: Flags): Partial<SourceOptions> {
  const checksums = flags.all('checksum').map((text) => {
    const [, file, sum] = /^(.+)=([0-9a-f]{64})$/u.exec(text) ?? [];
    if (file !== undefined && sum !== undefined) return [file, sum] as const;
    throw usageError(
      `cl datasets: --checksum is "${text}", expected file=SHA-256 in lower-case hex.`,
    );
  });
  const mirrors = flags.all('mirror');
  const wrong = mirrors.find((url) => !/^https?:\/\//u.test(url));
  if (wrong !== undefined) {
    throw usageError(`cl datasets: --mirror is "${wrong}", expected an http or https URL.`);
  }
  const cacheDir = flags.get('cache-dir');
  return {
    mirrors,
    checksums: Object.fromEntries(checksums),
    ...(cacheDir === undefined ? {} : { cacheDir }),
  };
}

function summary(descriptor: DatasetDescriptor): object {
  const { name, title, license, citation, homepage, classes, train, test } = descriptor;
  const downloads = downloadBytes(descriptor);
  return {
    name,
    title,
    license,
    citation,
    homepage,
    classes,
    train,
    test,
    downloadBytes: downloads,
  };
}

function named(flags: Flags, action: string, most: number): string {
  assertCount(flags, most);
  const name = flags.positionals[1];
  if (name !== undefined) return name;
  throw usageError(`cl datasets ${action}: no dataset. cl datasets list shows their names.`);
}

function assertCount({ positionals }: Flags, most: number): void {
  if (positionals.length <= most) return;
  throw usageError(
    `cl datasets ${positionals[0]!}: "${positionals[most]!}" is one argument too many.`,
  );
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}
