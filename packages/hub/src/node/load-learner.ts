/** Reading a saved learner: data only, and none of it believed before it was checked. */
import { lstat, readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ClError } from '../errors.ts';
import type { Learner, LearnerContext, LearnerPlugin } from '../learner.ts';
import { assertPlugin, protocolVersion, resolveOptions } from '../plugin.ts';
import type { WorkOptions } from '../progress.ts';
import { corrupt, quote } from '../strict-json.ts';
import { isMissing, viewFiles, type FolderView } from './folder-swap.ts';
import { ioError } from './io-error.ts';
import { readSafetensorsHashed } from './safetensors.ts';
import {
  manifestName,
  parseClasses,
  parseConfig,
  parseManifest,
  parseTasks,
  type SavedConfig,
  type SavedLearner,
} from './saved-learner.ts';
import type { FileDigest } from './streams.ts';

/** What a reader insists on. */
export interface ReadSavedLearnerOptions extends WorkOptions {
  /** Fingerprint of the backbone at hand. */
  readonly fingerprint?: string;
  /** Name of the learner plugin at hand. */
  readonly plugin?: string;
}

/**
 * Reads a saved learner and checks everything: names, sizes and hashes of the files, the versions, the plugin's name and
 * the backbone's fingerprint before the tensors are read, their shapes before they are allocated. Nothing in the folder is
 * run or imported. May be called while another process saves; it then gives the old learner or the new one.
 *
 * @throws ClError `NOT_FOUND`, `CHECKSUM_MISMATCH`, `CORRUPT_FILE`, `PROTOCOL_VERSION`, `INCOMPATIBLE_PLUGINS` (another
 * plugin saved it), `WRONG_BACKBONE`, `IO_FAILED`, `ABORTED`.
 */
export async function readSavedLearner(
  folder: string,
  options: ReadSavedLearnerOptions = {},
): Promise<SavedLearner> {
  for (let attempt = 1; ; attempt += 1) {
    const view = await viewFiles(folder, manifestName).catch((error: unknown) => {
      if (!isMissing(error)) throw ioError(`readSavedLearner: reading ${folder}`, error);
      throw new ClError(
        'NOT_FOUND',
        `readSavedLearner: ${folder} holds no saved learner, expected a ${manifestName}. Check the path.`,
        { cause: error },
      );
    });
    try {
      return await readView(folder, view, options);
    } catch (error) {
      // Somebody saved while we read: what looked wrong was a mixture of two states. Look again.
      if (attempt < 10 && (await changed(folder, view))) continue;
      throw ioError(`readSavedLearner: reading ${folder}`, error);
    }
  }
}

/**
 * Restores a learner with the plugin that saved it.
 *
 * @param folder - what `saveLearner` wrote.
 * @param plugin - the plugin, found by the caller: a folder cannot name code to run.
 * @param context - the features must come from the backbone that the learner was trained on.
 * @throws ClError as `readSavedLearner`, and `UNKNOWN_OPTION` or `INVALID_OPTION` when the plugin no longer takes the options.
 */
export async function loadLearner<O extends object>(
  folder: string,
  plugin: LearnerPlugin<O>,
  context: LearnerContext,
  work: WorkOptions = {},
): Promise<Learner> {
  assertPlugin('learner', plugin);
  const { fingerprint, featureDim } = context.features;
  const saved = await readSavedLearner(folder, { ...work, fingerprint, plugin: plugin.name });
  if (saved.backbone.featureDim !== featureDim) {
    throw new ClError(
      'WRONG_BACKBONE',
      `loadLearner: ${folder} was learned on features of width ${saved.backbone.featureDim}, found ${featureDim}. ` +
        `Use backbone "${saved.backbone.id}".`,
    );
  }
  const options = await resolveOptions(plugin, saved.options);
  return plugin.restore(saved.state, options, context);
}

async function changed(folder: string, view: FolderView): Promise<boolean> {
  const now = await viewFiles(folder, manifestName).catch(() => undefined);
  return now !== undefined && Buffer.compare(now.manifest, view.manifest) !== 0;
}

async function readView(
  folder: string,
  view: FolderView,
  options: ReadSavedLearnerOptions,
): Promise<SavedLearner> {
  const digests = parseManifest(join(folder, manifestName), view.manifest);
  const names = new Set(view.names);
  const extra = view.names.find((name) => name !== manifestName && !digests.has(name));
  if (extra !== undefined) {
    throw corrupt(folder, `holds ${quote(extra)}, which ${manifestName} does not name`);
  }
  const missing = [...digests.keys()].find((name) => !names.has(name));
  if (missing !== undefined) {
    throw corrupt(folder, `lacks ${quote(missing)}, which ${manifestName} names`);
  }
  let bytes = view.manifest.length;
  for (const [name, digest] of digests) {
    await view.open(name, (path) => assertFile(path, digest));
    bytes += digest.bytes;
  }
  const read = <T>(name: string, parse: (where: string, bytes: Uint8Array) => T): Promise<T> =>
    view.open(name, async (path) => {
      const content = await readFile(path);
      const sha256 = createHash('sha256').update(content).digest('hex');
      assertDigest(path, digests.get(name)!, { bytes: content.length, sha256 });
      return parse(path, content);
    });

  const config = await read('cl_config.json', parseConfig);
  assertFits(folder, config, options);
  const classes = await read('classes.json', parseClasses);
  const tasks = await read('tasks.jsonl', parseTasks);
  await read('README.md', () => null);
  const tensors = await view.open('learner.safetensors', async (path) => {
    const { content, digest } = await readSafetensorsHashed(path, options);
    assertDigest(path, digests.get('learner.safetensors')!, digest);
    return content.tensors;
  });
  const { protocol, plugin, backbone, experiences, values } = config;
  const state = { classes, experiences, values, tensors };
  return { protocol, plugin, options: config.options, backbone, state, tasks, bytes };
}

/** Size and kind, before anything is opened: no link leads out of the folder and no pipe makes a reader wait. */
async function assertFile(path: string, expected: FileDigest): Promise<true> {
  const found = await lstat(path);
  if (!found.isFile()) throw corrupt(path, 'is no regular file');
  if (found.size === expected.bytes) return true;
  throw mismatch(path, `has ${found.size} bytes, expected ${expected.bytes}`);
}

function assertDigest(path: string, expected: FileDigest, found: FileDigest): void {
  if (found.bytes === expected.bytes && found.sha256 === expected.sha256) return;
  throw mismatch(path, `has SHA-256 ${found.sha256}, expected ${expected.sha256}`);
}

function mismatch(path: string, found: string): ClError {
  return new ClError(
    'CHECKSUM_MISMATCH',
    `${path}: ${found}. The file was changed or cut after it was saved; restore it or save the learner again.`,
  );
}

function assertFits(folder: string, config: SavedConfig, options: ReadSavedLearnerOptions): void {
  const { plugin, backbone, protocol } = config;
  if (protocol !== protocolVersion) {
    throw new ClError(
      'PROTOCOL_VERSION',
      `${folder}: was saved under protocol ${protocol}, expected ${protocolVersion}. ` +
        `Update ${protocol > protocolVersion ? '@cl/hub' : 'the saved learner with the @cl/hub that wrote it'}.`,
    );
  }
  if (options.plugin !== undefined && options.plugin !== plugin.name) {
    throw new ClError(
      'INCOMPATIBLE_PLUGINS',
      `${folder}: was saved by learner ${quote(plugin.name)}, expected ${quote(options.plugin)}. ` +
        'Load it with the plugin that saved it.',
    );
  }
  if (options.fingerprint !== undefined && options.fingerprint !== backbone.fingerprint) {
    throw new ClError(
      'WRONG_BACKBONE',
      `${folder}: belongs to backbone ${quote(backbone.id)} (${backbone.dtype}, fingerprint ` +
        `${backbone.fingerprint.slice(0, 12)}), found fingerprint ${options.fingerprint.slice(0, 12)}. ` +
        'Load that backbone with the same dtype, or learn again with this one.',
    );
  }
}
