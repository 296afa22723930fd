/** Errors as people see them: one readable line, a code, an exit code. */
import { isClError, memoryError, type ClErrorCode } from '@cl/hub';

const usageCodes: readonly ClErrorCode[] = [
  'INVALID_CONFIG',
  'INVALID_OPTION',
  'UNKNOWN_OPTION',
  'UNKNOWN_PLUGIN',
];

/** 130: interrupted; 2: what was asked for does not exist or does not fit; 1: anything else. */
export function exitCodeOf(error: unknown): number {
  if (!isClError(error)) return 1;
  if (error.code === 'ABORTED') return 130;
  return usageCodes.includes(error.code) ? 2 : 1;
}

/** What to write to standard error; with `debug` also where the error comes from. */
export function describe(thrown: unknown, debug: boolean): string {
  if (debug) return trace(thrown);
  const error = memoryError('cl', thrown) ?? thrown;
  if (isClError(error)) {
    return error.code === 'ABORTED' ? error.message : `error: ${error.message} (${error.code})`;
  }
  const text = error instanceof Error ? error.message : String(error);
  return `error: ${text}\nThis should not happen. Run again with --debug to see where it comes from.`;
}

function trace(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by ${trace(error.cause)}`;
}
