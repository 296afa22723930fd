/** The error that work ends with; work that succeeds is a failed test. */
import { isClError, type ClError } from '@cl/hub';

export async function failure(work: Promise<unknown>): Promise<ClError> {
  try {
    await work;
  } catch (error) {
    if (isClError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
