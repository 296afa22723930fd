/** Safetensors files of any size: tensors go straight between the disk and their arrays, memory stays flat. */
import { createHash, type Hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { ClError } from '../errors.ts';
import type { WorkOptions } from '../progress.ts';
import {
  assertLittleEndian,
  bytesOf,
  storedType,
  tensorOf,
  type Safetensors,
} from '../safetensors.ts';
import { buildHeader, headerLength, parseHeader, type TensorEntry } from '../safetensors-header.ts';
import { quote } from '../strict-json.ts';
import type { Tensor } from '../tensor.ts';
import { writeFileAtomic } from './atomic-file.ts';
import { ioError } from './io-error.ts';
import { readInto, type FileDigest } from './streams.ts';

/** How a file is read. */
export interface ReadSafetensorsOptions extends WorkOptions {
  /**
   * Arrays to fill, by tensor name; the result holds these very tensors. Others get arrays of their own. Type and dims
   * must be those of the file; F16 and BF16, which are widened, cannot be filled in place.
   */
  readonly into?: Readonly<Record<string, Tensor>>;
}

/**
 * Reads a file, tensor by tensor. Types and checks are those of `decodeSafetensors`.
 *
 * @throws ClError `CORRUPT_FILE`, `NOT_SUPPORTED`, `SHAPE_MISMATCH` when `into` does not fit, `NOT_FOUND`, `IO_FAILED`,
 * `ABORTED`.
 */
export async function readSafetensors(
  path: string,
  options: ReadSafetensorsOptions = {},
): Promise<Safetensors> {
  return (await readWithDigest(path, options)).content;
}

/** Reads and hashes a file in one pass. */
export async function readSafetensorsHashed(
  path: string,
  options: WorkOptions = {},
): Promise<{ readonly content: Safetensors; readonly digest: FileDigest }> {
  const hash = createHash('sha256');
  const { content, bytes } = await readWithDigest(path, options, hash);
  return { content, digest: { bytes, sha256: hash.digest('hex') } };
}

async function readWithDigest(
  path: string,
  options: ReadSafetensorsOptions,
  hash?: Hash,
): Promise<{ readonly content: Safetensors; readonly bytes: number }> {
  assertLittleEndian();
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      const first = new Uint8Array(8);
      if (size >= 8) await readInto(path, handle, first, 0, hash);
      const start = 8 + headerLength(path, first, size);
      const json = new Uint8Array(start - 8);
      await readInto(path, handle, json, 8, hash);
      const { entries, metadata } = parseHeader(path, json, size - start);
      const targets = entries.map((entry) => targetOf(path, entry, options.into));
      const tensors = Object.create(null) as Record<string, Tensor>;
      for (const [i, entry] of entries.entries()) {
        const data = targets[i] ?? new (storedType(entry))(entry.length);
        const here = `${path}: tensor ${quote(entry.name)}`;
        await readInto(here, handle, bytesOf(data), start + entry.begin, hash, options);
        tensors[entry.name] = tensorOf(entry, data);
        options.onProgress?.({ phase: 'read', done: entry.end, total: size - start });
      }
      return { content: { tensors, metadata }, bytes: size };
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw ioError(`reading ${path}`, error);
  }
}

/** The caller's array for a tensor, checked; `undefined` when there is none. All are checked before any is filled. */
function targetOf(
  path: string,
  { name, storage, dtype, dims, length }: TensorEntry,
  into: Readonly<Record<string, Tensor>> = {},
): Tensor['data'] | undefined {
  const target = Object.hasOwn(into, name) ? into[name] : undefined;
  if (target === undefined) return undefined;
  const fits =
    target.dtype === dtype &&
    storage !== 'F16' &&
    storage !== 'BF16' &&
    target.data.length === length &&
    target.dims.length === dims.length &&
    target.dims.every((dim, i) => dim === dims[i]);
  if (fits) return target.data;
  throw new ClError(
    'SHAPE_MISMATCH',
    `${path}: tensor ${quote(name)} is ${storage} [${dims.join(', ')}], options.into expects ` +
      `${target.dtype} [${target.dims.join(', ')}]. Give an array of the same type and shape, or none.`,
  );
}

/**
 * Writes a file, atomically and in flat memory however large the tensors: a tensor is never copied.
 *
 * @returns the file's size and hash, computed on the way.
 * @throws ClError `SHAPE_MISMATCH`, `INVALID_DATA`, `IO_FAILED`; a file that was there before is then unchanged.
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
  options: WorkOptions = {},
): Promise<FileDigest> {
  return writeFileAtomic(path, safetensorsParts(tensors, metadata), options);
}

/** The content of a file, in order, without copying a tensor. */
export function safetensorsParts(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): readonly Uint8Array[] {
  assertLittleEndian();
  const header = buildHeader(tensors, metadata);
  return [header.bytes, ...header.tensors.map(([, { data }]) => bytesOf(data))];
}
