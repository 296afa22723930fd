/** One process at a time: a folder that only one can make. */
import { mkdir, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { throwIfAborted, type WorkOptions } from '@cl/hub';
import { ioError } from './io-error.ts';

const beatMs = 4000;
const staleMs = 20_000; // five beats missed: its owner was killed

/**
 * Does the work while no other process does; waits for its turn. A lock whose owner was killed is taken over after 20
 * seconds.
 *
 * @param path - made while the work lasts; its parent exists.
 * @throws ClError `ABORTED` while waiting, `IO_FAILED`, and what the work throws.
 */
export async function withLock<T>(
  path: string,
  { signal }: WorkOptions,
  work: () => Promise<T>,
): Promise<T> {
  while (!(await tryLock(path))) {
    throwIfAborted('lock', signal);
    await sleep(50, undefined, { signal }).catch(() => {
      throwIfAborted('lock', signal);
    });
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined); // a late beat after the end is no fault
  }, beatMs);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await rm(path, { recursive: true, force: true });
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw ioError('lock', path, cause);
  }
  const held = await stat(path).catch(() => undefined);
  if (held !== undefined && Date.now() - held.mtimeMs > staleMs) {
    await rm(path, { recursive: true, force: true });
  }
  return false;
}
