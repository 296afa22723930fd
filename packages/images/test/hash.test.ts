import { createHash } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashImage } from '@cl/images';
import type { ImageSource } from '@cl/hub';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cl-hash-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const sha256 = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};
const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => i & 255);

describe('hashImage', () => {
  test('trusts a hash that is given', async () => {
    const source: ImageSource = { kind: 'file', path: '/nowhere' };
    expect(await hashImage({ id: 'a', hash: 'ab', source })).toBe('ab');
  });

  test('is the SHA-256 of a file, whatever its name, and of the same bytes in memory', async () => {
    const path = join(folder, 'a.bin');
    writeFileSync(path, bytes);
    expect(await hashImage({ id: 'a', source: { kind: 'file', path } })).toBe(sha256(bytes));
    renameSync(path, `${path}2`);
    const moved: ImageSource = { kind: 'file', path: `${path}2` };
    expect(await hashImage({ id: 'b', source: moved })).toBe(sha256(bytes));
    expect(await hashImage({ id: 'c', source: { kind: 'encoded', bytes } })).toBe(sha256(bytes));
  });

  test('tells pixels of different shapes apart', async () => {
    const data = Uint8Array.from([1, 2, 3, 4, 5, 6]);
    const wide = await hashImage({
      id: 'a',
      source: { kind: 'pixels', width: 2, height: 1, data },
    });
    const tall = await hashImage({
      id: 'a',
      source: { kind: 'pixels', width: 1, height: 2, data },
    });
    expect(wide).toBe(sha256('pixels 2x1\n', data));
    expect(tall).not.toBe(wide);
  });

  test('hashes what a lazy source gives, also past the slice that it hashes at once', async () => {
    const large = new Uint8Array(9 << 20).fill(7);
    const load = async () => ({ kind: 'encoded', bytes: large }) as const;
    expect(await hashImage({ id: 'a', source: { kind: 'lazy', load } })).toBe(sha256(large));
  });

  test('names the image whose file is missing', async () => {
    const missing = hashImage({ id: 'cat 7', source: { kind: 'file', path: '/nowhere/7.png' } });
    await expect(missing).rejects.toMatchObject({
      code: 'UNREADABLE_IMAGE',
      message: expect.stringMatching(/"cat 7" \(\/nowhere\/7\.png\).*does not exist/) as string,
    });
  });
});
