/** One process a run folder: a lock file that names its owner. */
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ClError } from '@cl/hub';
import { onDisk } from './io-error.ts';

/** The lock's file name in a run folder. */
export const lockName = 'run.lock';

/**
 * Takes the lock of a run folder; a lock whose process is gone is taken over.
 *
 * @returns gives the lock back.
 * @throws ClError `INVALID_CONFIG` when another process is at work here.
 */
export async function lock(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, lockName);
  for (;;) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        await rm(path, { force: true }).catch(() => undefined);
        return onDisk(folder, () => Promise.reject(error as Error));
      }
    }
    const owner = Number(await readFile(path, 'utf8').catch(() => ''));
    if (owner !== process.pid && isAlive(owner)) {
      throw new ClError(
        'INVALID_CONFIG',
        `run: ${folder} is in use by process ${owner}. Wait for it, stop it, or give this run another ` +
          `name. (If no such run exists, remove ${lockName}.)`,
      );
    }
    await rm(path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
