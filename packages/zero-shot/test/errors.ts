import { isClError, type ClError } from '@cl/hub';

/** The ClError that `run` throws; fails when it throws nothing or something else. */
export async function errorOf(run: () => unknown): Promise<ClError> {
  try {
    await run();
  } catch (error) {
    if (isClError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
