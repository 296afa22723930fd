import { isClError, type ClError } from '@cl/hub';

/** The ClError that a call throws or rejects with; fails when it does neither. */
export async function errorOf(call: () => unknown): Promise<ClError> {
  let value: unknown;
  try {
    value = await call();
  } catch (error) {
    if (isClError(error)) return error;
    throw error;
  }
  throw new Error(`expected a ClError, got ${JSON.stringify(value)?.slice(0, 200)}`);
}
