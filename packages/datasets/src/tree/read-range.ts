import { open } from 'node:fs/promises';
import { ClError } from '@cl/hub';
import { ioError } from '../io-error.ts';

/**
 * Bytes `start` to `end` (not included) of a file. It is opened for the moment only: a dataset holds no handles.
 *
 * @throws ClError `CORRUPT_FILE` when the file ends before that, `NOT_FOUND`, `IO_FAILED`.
 */
export async function readRange(path: string, start: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  let done = 0;
  try {
    const handle = await open(path);
    try {
      while (done < bytes.length) {
        const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw ioError('dataset', path, cause);
  }
  if (done < bytes.length) {
    throw new ClError(
      'CORRUPT_FILE',
      `dataset: ${path} ends at byte ${start + done}, expected at least ${end}. Fetch it again.`,
    );
  }
  return bytes;
}
