import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSafetensors, type Tensor } from '@cl/hub';
import { readSafetensors, sha256File, writeFileAtomic, writeSafetensors } from '@cl/hub/node';
import { afterAll, expect, test } from 'vitest';
import { errorOf } from './error-of.ts';

const root = fs.mkdtempSync(join(tmpdir(), 'cl-hub-files-'));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

// Larger than the pieces of 4 MB that files go by, and no multiple of them.
const large = Float32Array.from({ length: 1_200_001 }, (_, i) => Math.sin(i));
const tensors: Record<string, Tensor> = {
  large: { dtype: 'float32', dims: [large.length], data: large },
  ids: { dtype: 'int64', dims: [2], data: BigInt64Array.of(1n, -2n) },
  byte: { dtype: 'uint8', dims: [], data: Uint8Array.of(7) },
};

/** Bit by bit; `toEqual` takes seconds for a million numbers. */
function sameBytes(a: Tensor['data'], b: Tensor['data']): boolean {
  return Buffer.compare(new Uint8Array(a.buffer), new Uint8Array(b.buffer)) === 0;
}

test('a file is the bytes of encodeSafetensors, and its size and hash are right', async () => {
  const path = join(root, 'same.safetensors');
  const digest = await writeSafetensors(path, tensors, { note: 'hello' });
  const bytes = encodeSafetensors(tensors, { note: 'hello' });
  expect(Buffer.compare(fs.readFileSync(path), bytes)).toBe(0);
  expect(digest).toEqual({
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
  expect(await sha256File(path)).toBe(digest.sha256);
  const read = await readSafetensors(path);
  expect(Object.keys(read.tensors).sort()).toEqual(Object.keys(tensors).sort());
  for (const [name, { dtype, dims, data }] of Object.entries(tensors)) {
    const found = read.tensors[name]!;
    expect([found.dtype, found.dims]).toEqual([dtype, dims]);
    expect(sameBytes(found.data, data)).toBe(true);
  }
  expect(read.metadata).toEqual({ note: 'hello' });
});

test('tensors are read straight into the arrays that are given', async () => {
  const path = join(root, 'into.safetensors');
  await writeSafetensors(path, tensors);
  const data = new Float32Array(large.length);
  const into = { large: { dtype: 'float32', dims: [large.length], data } } as const;
  const read = await readSafetensors(path, { into });
  expect(read.tensors['large']!.data).toBe(data);
  expect(sameBytes(data, large)).toBe(true);
});

test('arrays that do not fit are refused before any is filled', async () => {
  const path = join(root, 'misfit.safetensors');
  await writeSafetensors(path, tensors);
  const ids = new BigInt64Array(2);
  const into: Record<string, Tensor> = {
    ids: { dtype: 'int64', dims: [2], data: ids },
    byte: { dtype: 'uint8', dims: [1], data: new Uint8Array(1) },
  };
  const error = await errorOf(() => readSafetensors(path, { into }));
  expect(error.code).toBe('SHAPE_MISMATCH');
  expect(error.message).toContain('tensor "byte" is U8 [], options.into expects uint8 [1]');
  expect(ids).toEqual(new BigInt64Array(2));
});

test('a cut file names what is missing; a missing file and a folder say so', async () => {
  const path = join(root, 'cut.safetensors');
  await writeSafetensors(path, tensors);
  fs.truncateSync(path, 1000);
  const cut = await errorOf(() => readSafetensors(path));
  expect(cut.code).toBe('CORRUPT_FILE');
  expect(cut.message).toMatch(
    /cut\.safetensors: tensor "\w+": claims bytes \d+ to \d+, outside the \d+ bytes of data/,
  );
  fs.writeFileSync(path, 'GIF89a');
  expect((await errorOf(() => readSafetensors(path))).message).toContain(
    'has 6 bytes, expected at least the 8',
  );
  const missing = await errorOf(() => readSafetensors(join(root, 'none')));
  expect(missing.code).toBe('NOT_FOUND');
  expect(missing.message).toContain('none: it does not exist. Check the path.');
  expect((await errorOf(() => readSafetensors(root))).code).toBe('IO_FAILED');
  expect((await errorOf(() => sha256File(join(root, 'none')))).code).toBe('NOT_FOUND');
});

test('a fired signal stops reading', async () => {
  const path = join(root, 'abort.safetensors');
  await writeSafetensors(path, tensors);
  const error = await errorOf(() => readSafetensors(path, { signal: AbortSignal.abort() }));
  expect(error.code).toBe('ABORTED');
});

test('an atomic write replaces the file, or leaves it and no litter', async () => {
  const path = join(root, 'atomic', 'file.txt');
  const nowhere = await errorOf(() => writeFileAtomic(path, 'x'));
  expect(nowhere.code).toBe('NOT_FOUND');
  fs.mkdirSync(join(root, 'atomic'));
  await writeFileAtomic(path, 'old');
  await writeFileAtomic(path, new TextEncoder().encode('new'));
  expect(fs.readFileSync(path, 'utf8')).toBe('new');
  const failing = function* (): Generator<Uint8Array> {
    yield new Uint8Array(10);
    throw new Error('no more data');
  };
  const error = await errorOf(() => writeFileAtomic(path, failing()));
  expect(error.code).toBe('IO_FAILED');
  expect(error.message).toContain('What was there before is unchanged.');
  expect(fs.readFileSync(path, 'utf8')).toBe('new');
  expect(fs.readdirSync(join(root, 'atomic'))).toEqual(['file.txt']);
});

test('concurrent atomic writes leave one of the contents, whole', async () => {
  const path = join(root, 'race.txt');
  const contents = Array.from({ length: 10 }, (_, i) => String(i).repeat(100_000));
  await Promise.all(contents.map((content) => writeFileAtomic(path, content)));
  expect(contents).toContain(fs.readFileSync(path, 'utf8'));
});
