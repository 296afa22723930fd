/**
 * A model as a folder in Hugging Face layout: the user's own, or files fetched from a hub into the cache.
 *
 * Files are fetched here rather than by transformers.js, whose host is one global of the process, and which
 * neither stops on a signal nor tells a missing model from a missing network. It then reads the folder.
 */
import { access, readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { ClError, type WorkOptions } from '@cl/hub';
import { fetchFile } from './download.ts';

/** Where to look for a model. */
export interface ModelLocation {
  /** Hub id (`Xenova/clip-vit-base-patch16`) or path of a folder. */
  readonly model: string;
  /** Branch, tag or commit; for hub ids. */
  readonly revision: string;
  /** Base address of a hub. */
  readonly mirror: string;
  readonly cacheDir: string;
}

/** A file of a model. */
export interface WantedFile {
  /** Relative to the model's folder, `/` between parts. */
  readonly name: string;
  readonly optional?: boolean;
}

/**
 * The folder that holds a model, after whatever was missing has been downloaded. Needs no network when all
 * files are there; a branch is not looked up again, so remove the folder, or name a commit, to move on.
 *
 * @returns absolute path.
 * @throws ClError `NOT_FOUND` (no such folder, model, revision or file), `DOWNLOAD_FAILED`, `ABORTED`.
 */
export async function modelFolder(
  location: ModelLocation,
  files: readonly WantedFile[],
  work: WorkOptions = {},
): Promise<string> {
  if (await isLocal(location.model)) {
    const folder = resolve(location.model);
    for (const { name, optional } of files) {
      if (optional === true || (await exists(join(folder, name)))) continue;
      throw new ClError(
        'NOT_FOUND',
        `backbone: "${join(folder, name)}" does not exist. Expected a model in Hugging Face layout with ` +
          `${files
            .filter((file) => file.optional !== true)
            .map((file) => file.name)
            .join(', ')}; ` +
          'check the folder, and the option dtype, which decides the names under onnx/.',
      );
    }
    return folder;
  }
  const { model, revision, mirror, cacheDir } = location;
  const folder = join(cacheDir, 'models', ...model.split('/'), encodeURIComponent(revision));
  for (const { name, optional = false } of files) {
    const target = join(folder, name);
    if ((await exists(target)) || (await exists(`${target}.absent`))) continue;
    const address = `${mirror.replace(/\/+$/u, '')}/${model}/resolve/${encodeURIComponent(revision)}/${name}`;
    await fetchFile({ address, target, optional, label: `${model}/${name}` }, work);
  }
  return folder;
}

/**
 * Reads a JSON file of a model.
 *
 * @throws ClError `INVALID_MODEL` when it is not a JSON object.
 */
export async function readModelJson(
  folder: string,
  name: string,
): Promise<Readonly<Record<string, unknown>>> {
  const path = join(folder, name);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new ClError(
      'INVALID_MODEL',
      `backbone: "${path}" is not readable JSON. Remove the file to have it downloaded again, or replace it.`,
      { cause },
    );
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new ClError('INVALID_MODEL', `backbone: "${path}" holds no JSON object. Replace the file.`);
}

/** A path, or the id of a hub? `name` and `owner/name` are ids unless a folder of that name is here. */
async function isLocal(model: string): Promise<boolean> {
  if (model === '') {
    throw new ClError('NOT_FOUND', 'backbone: no model is named. Give a Hub id or a folder.');
  }
  if (isAbsolute(model) || /^\.{1,2}([\\/]|$)/u.test(model) || (await isFolder(model))) {
    if (await isFolder(model)) return true;
    throw new ClError(
      'NOT_FOUND',
      `backbone: the folder "${resolve(model)}" does not exist. Check the path of the model.`,
    );
  }
  if (/^[\w-][\w.-]*(\/[\w-][\w.-]*)?$/u.test(model)) return false;
  throw new ClError(
    'NOT_FOUND',
    `backbone: "${model}" is neither a folder nor a Hub id such as "Xenova/clip-vit-base-patch16". ` +
      'Check the spelling; paths may start with "./".',
  );
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
