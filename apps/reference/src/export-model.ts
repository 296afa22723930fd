/** A backbone that a learner has changed, as a model folder in Hugging Face layout. */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { ModelFiles } from '@cl/backbone';
import { ClError, isClError, type ClassInfo } from '@cl/hub';
import type { LearnedTask } from '@cl/hub/node';
import { usageError } from './usage-error.ts';

/** What the folder's card tells. */
export interface ExportCard {
  readonly backbone: string;
  readonly fingerprint: string;
  readonly plugin: string;
  /** What was learned, in order, with the accuracy on each at the end where it was measured. */
  readonly tasks: readonly LearnedTask[];
  readonly classes: readonly ClassInfo[];
  /** Whether the learner promises to hold nothing of single training images. */
  readonly exemplarFree: boolean;
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

function cardText(card: ExportCard): string {
  const { backbone, fingerprint, plugin, tasks, classes, exemplarFree } = card;
  const plain = (text: string): string =>
    text.replaceAll(/[\p{C}\s]+/gu, ' ').replaceAll(/[\\`*_{}[\]<>#|]/gu, '\\$&');
  const rows = tasks.map(({ name, classIds, samples, details }) => {
    const accuracy = details?.['accuracy'];
    const percent = typeof accuracy === 'number' ? (accuracy * 100).toFixed(1) : '–';
    return `| ${plain(name)} | ${classIds.length} | ${samples} | ${percent} |`;
  });
  const shown = classes.slice(0, 200).map(({ name }) => plain(name));
  const more = classes.length - shown.length;
  return `---
base_model: ${JSON.stringify(backbone.replaceAll(/[\p{C}\s]+/gu, ' '))}
base_model_relation: finetune
library_name: transformers.js
pipeline_tag: image-feature-extraction
tags: [continual-learning, ${JSON.stringify(plugin)}]
---

# Image tower after continual learning with ${plain(plugin)}

The weights under \`onnx/\` are those of the base model with what ${plain(plugin)} learned merged into the image tower; everything
else is the base model's. Fingerprint of the base model: \`${fingerprint}\`.

## Learned

Accuracy in percent, of the whole learner after the last step.

| step | classes | images | accuracy |
| --- | ---: | ---: | ---: |
${rows.join('\n')}

## Classes

${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}

## Intended use

Features of images like those it was trained on, for classifiers on top. Measure it on your own images first.

## Data kept

${exemplarFree ? 'Weights only; the learner they come from keeps nothing of single training images.' : 'Weights only. The learner they come from keeps single training images or their features.'}

## Licence

None is stated for the changes. That of the base model holds for the rest, those of the training data besides.
`;
}
