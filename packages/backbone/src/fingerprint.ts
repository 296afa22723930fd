/** Hashes of model files, and the fingerprint of a backbone that is made from them. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ClError } from '@cl/hub';
import type { ModelParts } from './loaded-backbone.ts';

/** Below this many bytes a file is hashed each time: it takes milliseconds. */
const smallFile = 16 << 20;

/** What decides the numbers that a backbone gives. */
export interface FingerprintParts {
  /** Paths of weights, preprocessor and tokenizer files, by their role. */
  readonly files: Readonly<Record<string, string>>;
  /** Everything else: dtype, pooling, provider, … */
  readonly settings: Readonly<Record<string, string>>;
}

/** Bump when decoding or preprocessing changes its numbers. */
const pipelineVersion = '1';

/**
 * What decides the numbers of a model on a provider. Batch size, threads and what of the model is left out because
 * nobody reads it (`lean-tower.ts`) move features by their rounding only, some 1e-6, and are no part of it.
 */
export function fingerprintParts(
  { options, folder, image, text }: ModelParts,
  provider: string,
): FingerprintParts {
  const files: Record<string, string> = {
    image: image.path,
    imageData: `${image.path}_data`,
    preprocessor: join(folder, 'preprocessor_config.json'),
  };
  if (text) {
    files['text'] = text.path;
    files['textData'] = `${text.path}_data`;
    files['tokenizer'] = join(folder, 'tokenizer.json');
    files['tokenizerConfig'] = join(folder, 'tokenizer_config.json');
  }
  return {
    files: Object.fromEntries(Object.entries(files).filter(([, path]) => existsSync(path))),
    settings: {
      dtype: options.dtype,
      output: image.output.name,
      take: image.output.take,
      provider,
      pipeline: pipelineVersion,
    },
  };
}

/**
 * The fingerprint: SHA-256 over the SHA-256 of each file by role and over the settings. Moving a model, or
 * downloading it again, does not change it.
 *
 * @returns lower-case hex.
 */
export async function fingerprintOf(parts: FingerprintParts, cacheDir: string): Promise<string> {
  const hash = createHash('sha256').update('cl backbone 1\n');
  for (const role of Object.keys(parts.files).sort()) {
    hash.update(`file ${role} ${await fileHash(parts.files[role]!, cacheDir)}\n`);
  }
  for (const key of Object.keys(parts.settings).sort()) {
    hash.update(`${key} ${JSON.stringify(parts.settings[key])}\n`);
  }
  return hash.digest('hex');
}

/**
 * SHA-256 of a file. Those of large files are remembered under `cacheDir` with size and time of change: hashing
 * 350 MB takes about a second.
 */
async function fileHash(path: string, cacheDir: string): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  if (size < smallFile) return hashOf(path);
  const key = createHash('sha256').update(resolve(path)).digest('hex');
  const note = join(cacheDir, 'file-hashes', `${key}.json`);
  const known = await readFile(note, 'utf8').then(
    (text) => parse(text),
    () => undefined,
  );
  if (known?.size === size && known.mtimeMs === mtimeMs) return known.sha256;
  const sha256 = await hashOf(path);
  const partial = `${note}.${process.pid}.part`;
  await mkdir(dirname(note), { recursive: true })
    .then(() => writeFile(partial, JSON.stringify({ size, mtimeMs, sha256 })))
    .then(() => rename(partial, note))
    .catch(() => undefined); // a cache folder that cannot be written costs a second at the next start
  return sha256;
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      hash.update(chunk as Buffer);
    }
  } catch (cause) {
    throw new ClError('IO_FAILED', `backbone: "${path}" cannot be read. Check its permissions.`, {
      cause,
    });
  }
  return hash.digest('hex');
}

interface Note {
  readonly size: number;
  readonly mtimeMs: number;
  readonly sha256: string;
}

function parse(text: string): Note | undefined {
  try {
    return JSON.parse(text) as Note;
  } catch {
    return undefined;
  }
}
