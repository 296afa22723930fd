/** Mistakes on the command line. */
import { ClError } from '@cl/hub';

/** The command line asks for something that does not exist; exit code 2. */
export function usageError(message: string): ClError {
  return new ClError('INVALID_CONFIG', message);
}
