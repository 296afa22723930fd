/** Writing a saved learner: one pass over the state, and never a moment in which the folder holds half of one. */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ClError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { LearnerPlugin, LearnerState } from '../learner.ts';
import { protocolVersion } from '../plugin.ts';
import type { WorkOptions } from '../progress.ts';
import { assertJson, quote } from '../strict-json.ts';
import { renderCard, type LearnerCard } from './card.ts';
import { isMissing, swapFiles } from './folder-swap.ts';
import { ioError } from './io-error.ts';
import { safetensorsParts } from './safetensors.ts';
import {
  fileLimits,
  formatVersion,
  manifestName,
  type LearnedTask,
  type SavedBackbone,
  type SavedConfig,
} from './saved-learner.ts';
import { writeHashed } from './streams.ts';

/** What a saved learner is made of. */
export interface SaveLearnerInput {
  readonly plugin: Pick<LearnerPlugin, 'name' | 'version'>;
  /** The resolved options. */
  readonly options: object;
  /** What `learner.save()` gave; only read, until the promise settles. */
  readonly state: LearnerState;
  readonly backbone: SavedBackbone;
  /** What was learned, in order. */
  readonly tasks?: readonly LearnedTask[];
  readonly card?: LearnerCard;
}

/**
 * Saves a learner into a folder, replacing the one that is there. A process that is killed, a disk that fills up or a signal
 * that fires leaves the old one or the new one, loadable as it is. One process may save at a time; any may load.
 *
 * @param folder - a new or empty one, or one that holds a saved learner.
 * @returns the size of all files written.
 * @throws ClError `IO_FAILED` (a full disk too), `INVALID_DATA` when the folder holds other files or the state is not plain
 * data, `NON_FINITE` when a number in options or values is not finite, `SHAPE_MISMATCH`, `ABORTED`. The old one stays.
 */
export async function saveLearner(
  folder: string,
  input: SaveLearnerInput,
  options: WorkOptions = {},
): Promise<{ readonly bytes: number }> {
  const contents = contentsOf(input);
  const total = contents.reduce((sum, { parts }) => sum + sizeOf(parts), 0);
  try {
    await assertOurs(folder);
    let bytes = 0;
    await swapFiles(folder, manifestName, async (fresh) => {
      const files: Record<string, { size: number; sha256: string }> = {};
      for (const { name, parts } of contents) {
        const written = await writeHashed(join(fresh, name), parts, {
          signal: options.signal,
          onProgress: ({ done }) =>
            options.onProgress?.({ phase: 'save', done: bytes + done, total }),
        });
        files[name] = { size: written.bytes, sha256: written.sha256 };
        bytes += written.bytes;
      }
      const manifest = json({ format: formatVersion, files });
      bytes += (await writeHashed(join(fresh, manifestName), [manifest])).bytes;
    });
    return { bytes };
  } catch (error) {
    throw ioError(
      `saveLearner: writing to ${folder}`,
      error,
      'The learner saved there before is unchanged.',
    );
  }
}

interface Content {
  readonly name: string;
  readonly parts: readonly Uint8Array[];
}

function contentsOf({
  plugin,
  options,
  state,
  backbone,
  tasks = [],
  card = {},
}: SaveLearnerInput): Content[] {
  const { name, version } = plugin;
  const { id, fingerprint, featureDim, dtype } = backbone;
  const config: SavedConfig = {
    format: formatVersion,
    protocol: protocolVersion,
    plugin: { name, ...(version !== undefined && { version }) },
    options: options as JsonObject,
    backbone: { id, fingerprint, featureDim, dtype },
    experiences: state.experiences,
    values: state.values,
  };
  assertJson('saveLearner: config', config);
  assertJson('saveLearner: classes', state.classes);
  assertJson('saveLearner: tasks', tasks);
  const about = renderCard({ plugin: name, backbone: config.backbone, state, tasks, card });
  const lines = tasks.map((task) => `${JSON.stringify(task)}\n`).join('');
  const contents = [
    { name: 'README.md', parts: [text(about)] },
    { name: 'cl_config.json', parts: [json(config)] },
    { name: 'classes.json', parts: [json(state.classes)] },
    { name: 'tasks.jsonl', parts: [text(lines)] },
    { name: 'learner.safetensors', parts: safetensorsParts(state.tensors) },
  ];
  for (const { name: file, parts } of contents) assertSize(file, sizeOf(parts));
  return contents;
}

function assertSize(name: string, size: number): void {
  if (size <= fileLimits[name]!) return;
  throw new ClError(
    'INVALID_DATA',
    `saveLearner: ${name} would have ${size} bytes, expected at most ${fileLimits[name]!}. ` +
      'Put what is large into tensors.',
  );
}

/** Refuses a folder whose files are not a saved learner's: they would be lost among ours and make it unloadable. */
async function assertOurs(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const foreign = names.find(
    (name) => !name.startsWith('.') && name !== manifestName && !Object.hasOwn(fileLimits, name),
  );
  if (foreign === undefined) return;
  throw new ClError(
    'INVALID_DATA',
    `saveLearner: folder ${basename(folder)} holds ${quote(foreign)}, expected an empty folder or a saved learner. ` +
      'Choose another folder.',
  );
}

function json(value: unknown): Uint8Array {
  return text(`${JSON.stringify(value, null, 2)}\n`);
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function sizeOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
