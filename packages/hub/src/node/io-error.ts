/** File system errors in the words of the toolkit. */
import { ClError, isClError } from '../errors.ts';

const advice: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full. Free space or choose another folder, then save again',
  EDQUOT: 'The disk quota is used up. Free space or choose another folder, then save again',
  EFBIG:
    'The file is larger than this file system or `ulimit -f` allows. Raise the limit or choose another folder',
  EROFS: 'The file system is read-only. Choose another folder',
  EACCES: 'Permission is missing. Change the rights or choose another path',
  EPERM: 'The operation is not permitted. Change the rights or choose another path',
  EISDIR: 'There is a folder of this name. Choose another path',
  ENOTDIR: 'A part of the path is a file. Choose another path',
  EMFILE: 'Too many files are open. Close some or raise `ulimit -n`',
};

/**
 * The error to throw for what the file system said: `NOT_FOUND` when a path does not exist, else `IO_FAILED`. A ClError
 * passes unchanged.
 *
 * @param where - opens the sentence: what was being done to which path.
 * @param cause - the error of the file system.
 * @param kept - closes it: what is still whole.
 */
export function ioError(where: string, cause: unknown, kept = ''): ClError {
  if (isClError(cause)) return cause;
  const { code = 'unknown error', message } = cause as NodeJS.ErrnoException;
  const rest = kept === '' ? '' : ` ${kept}`;
  if (code === 'ENOENT') {
    return new ClError('NOT_FOUND', `${where}: it does not exist. Check the path.${rest}`, {
      cause,
    });
  }
  const what = advice[code] ?? `The file system refused (${message}). Check the path and try again`;
  return new ClError('IO_FAILED', `${where}: ${code}. ${what}.${rest}`, { cause });
}
