/** What of a folder is pushed: checked before anything is sent, opened and not read into memory. */
import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClError } from '@cl/hub';
import { readSavedLearner } from '@cl/hub/node';
import { cardWith, type PushedCard } from './card.ts';
import { assertNoPointer, headOf } from './fetched-file.ts';
import { assertModel, isModelFile } from './model-files.ts';
import { manifestName } from './pull-learner.ts';

/** A file as it will be in the repository. */
export interface PushedFile {
  readonly name: string;
  readonly content: Blob;
}

/** What is pushed, and the first line of its commit. */
export interface PushedContent {
  readonly title: string;
  readonly files: readonly PushedFile[];
}

const cardName = 'README.md';

/** The six files of a saved learner; its manifest tells of the card as it is pushed. */
export async function learnerFiles(
  folder: string,
  card: PushedCard,
  signal: AbortSignal | undefined,
): Promise<PushedContent> {
  const saved = await readSavedLearner(folder, { signal });
  const names = await readdir(folder);
  if (names.includes('.next')) {
    throw new ClError(
      'INVALID_DATA',
      `push: ${folder} was being saved when a process ended, expected a folder at rest. Save the learner once more.`,
    );
  }
  const own = names.filter((name) => !name.startsWith('.')).sort();
  const files = new Map<string, Blob>();
  for (const name of own) files.set(name, await openAsBlob(join(folder, name)));
  const text = await readFile(join(folder, cardName), 'utf8');
  const changed = cardWith(text, card);
  if (changed !== text) {
    const bytes = new TextEncoder().encode(changed);
    const manifest = JSON.parse(await readFile(join(folder, manifestName), 'utf8')) as Manifest;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    manifest.files[cardName] = { size: bytes.length, sha256 };
    files.set(cardName, new Blob([bytes]));
    files.set(manifestName, new Blob([`${JSON.stringify(manifest, null, 2)}\n`]));
  }
  return {
    title: `${saved.plugin.name}: ${saved.state.classes.length} classes`,
    files: [...files].map(([name, content]) => ({ name, content })),
  };
}

interface Manifest {
  readonly files: Record<string, { readonly size: number; readonly sha256: string }>;
}

/** The files of a backbone in Hugging Face layout; what else is in the folder stays there. */
export async function backboneFiles(folder: string, card: PushedCard): Promise<PushedContent> {
  const where = `push: ${folder}`;
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (cause: unknown) => {
      throw new ClError('NOT_FOUND', `${where}: cannot be read, expected a folder.`, { cause });
    },
  );
  const names = found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .map((path) => path.replaceAll('\\', '/'))
    .filter(isModelFile)
    .sort();
  assertModel(where, names);
  const files: PushedFile[] = [];
  for (const name of names) {
    assertNoPointer(where, name, await headOf(join(folder, name)));
    files.push({ name, content: await openAsBlob(join(folder, name)) });
  }
  const text = names.includes(cardName) ? await readFile(join(folder, cardName), 'utf8') : '';
  const changed = cardWith(text, card);
  const others = files.filter(({ name }) => name !== cardName);
  const graphs = names.filter((name) => name.endsWith('.onnx')).length;
  return {
    title: `backbone: ${graphs} graphs`,
    files: changed === text ? files : [{ name: cardName, content: new Blob([changed]) }, ...others],
  };
}
