/** Errors of the file system as the toolkit's own. */
import { ClError } from '@cl/hub';

/** Does work on files under `path`; what the file system refuses becomes `IO_FAILED`. */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    throw new ClError(
      'IO_FAILED',
      `run: ${path}: ${error.message}. What was saved before is kept; make room or allow writing, ` +
        'then run the same command again.',
      { cause: error },
    );
  }
}
