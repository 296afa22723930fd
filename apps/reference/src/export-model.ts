/** A backbone that a learner has changed, as a model folder in Hugging Face layout. */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { ModelFiles } from '@cl/backbone';
import { ClError, isClError } from '@cl/hub';
import { usageError } from './usage-error.ts';

/** What the folder's card tells. */
export interface ExportCard {
  readonly backbone: string;
  readonly fingerprint: string;
  readonly plugin: string;
  /** Names of what was learned, in order. */
  readonly tasks: readonly string[];
}

/** Everything that belongs to a model but its weights. */
const companions =
  /^(config|preprocessor_config|processor_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab)\.json$|^(vocab|merges)\.txt$/u;

/**
 * Refuses a folder that holds something.
 *
 * @throws ClError `INVALID_CONFIG`.
 */
export async function assertFree(out: string): Promise<void> {
  if (!existsSync(out) || (await readdir(out)).length === 0) return;
  throw usageError(
    `cl export: ${resolve(out)} is not empty. Choose a new folder, or remove what is in it.`,
  );
}

/**
 * Writes the folder: the new image tower under the name of the old one, the text tower and all that is no weight as they
 * are, and a card. It appears whole or not at all.
 *
 * @returns the folder's files, relative to it.
 * @throws ClError `IO_FAILED`.
 */
export async function exportModel(
  out: string,
  files: ModelFiles,
  model: Uint8Array,
  card: ExportCard,
): Promise<readonly string[]> {
  const target = resolve(out);
  const beside = `${target}.part-${process.pid}`;
  try {
    await mkdir(join(beside, 'onnx'), { recursive: true });
    const copied = (await readdir(files.folder)).filter((name) => companions.test(name));
    for (const name of copied) await copyFile(join(files.folder, name), join(beside, name));
    const image = join('onnx', basename(files.image));
    await writeFile(join(beside, image), model);
    const written = [...copied, image];
    if (files.text !== undefined) {
      const text = join('onnx', basename(files.text));
      await copyFile(files.text, join(beside, text));
      written.push(text);
    }
    await writeFile(join(beside, 'README.md'), cardText(card));
    await mkdir(dirname(target), { recursive: true });
    await rm(target, { recursive: true, force: true }); // empty: that was asserted
    await rename(beside, target);
    return ['README.md', ...written].sort();
  } catch (cause) {
    await rm(beside, { recursive: true, force: true });
    if (isClError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ClError(
      'IO_FAILED',
      `cl export: ${target} cannot be written (${reason}). Nothing is left of it; make room or choose another folder.`,
      { cause },
    );
  }
}

function cardText({ backbone, fingerprint, plugin, tasks }: ExportCard): string {
  const plain = (text: string): string => text.replaceAll(/[\p{C}\s]+/gu, ' ');
  const list = tasks.map((task) => `- ${plain(task).replaceAll(/[\\`*_{}[\]<>#|]/gu, '\\$&')}`);
  return `---
base_model: ${JSON.stringify(plain(backbone))}
library_name: transformers.js
tags: [continual-learning, ${JSON.stringify(plugin)}]
---

# Image tower after continual learning with ${plugin}

The weights under \`onnx/\` are those of the base model with what ${plugin} learned merged into the image tower; everything
else is the base model's. The base model's licence holds for them. Fingerprint of the base model: \`${fingerprint}\`.

Learned, in order:

${list.join('\n')}
`;
}
