import { ClError, isClError } from '@cl/hub';

/** What the file system said, as a ClError: `NOT_FOUND` when there is nothing, else `IO_FAILED`. */
export function ioError(where: string, path: string, cause: unknown): ClError {
  if (isClError(cause)) return cause;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new ClError('NOT_FOUND', `${where}: ${path} does not exist. Check the path.`, { cause });
  }
  const advice =
    code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
      ? 'The disk is full: free space, or choose another cacheDir; then try again.'
      : 'Check its permissions and the disk.';
  return new ClError(
    'IO_FAILED',
    `${where}: cannot use ${path} (${code ?? String(cause)}). ${advice}`,
    { cause },
  );
}
