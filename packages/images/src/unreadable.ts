/** The errors of this package: one image that cannot be decoded, or several at once. */
import { ClError, isClError, type ImageRef } from '@cl/hub';

/** How many images a message names; the rest is counted, and all are in `cause.errors`. */
const namedAtMost = 20;

/** What decoders say of files that end too early or make no sense; of several at once one's words may stand in another's. */
const damage =
  /premature end|read error|not enough data|error in tile|corrupt|failOn setting|unable to parse/iu;

/** The error for one image: names it (its id and, where it differs, its path) and says what to do. */
export function unreadable(ref: ImageRef, cause: unknown): ClError {
  if (isClError(cause) && cause.code === 'UNREADABLE_IMAGE') return cause;
  const path =
    ref.source.kind === 'file' && ref.source.path !== ref.id ? ` (${ref.source.path})` : '';
  return new ClError(
    'UNREADABLE_IMAGE',
    `images: "${ref.id}"${path} cannot be read: ${reason(cause)}. ` +
      'Replace or remove the file; expected a whole JPEG, PNG, WebP, AVIF, GIF, TIFF or SVG.',
    { cause },
  );
}

/**
 * One error for all the images of a batch that cannot be decoded: the error itself when there is one, else a
 * summary whose `cause` is an `AggregateError` with an error for each.
 *
 * @param errors - at least one.
 */
export function unreadableImages(errors: readonly ClError[]): ClError {
  if (errors.length === 1) return errors[0]!;
  const named = errors.slice(0, namedAtMost).map(({ message }) => `\n  ${message}`);
  const rest = errors.length - named.length;
  return new ClError(
    'UNREADABLE_IMAGE',
    `images: ${errors.length} images cannot be read.${named.join('')}` +
      (rest > 0 ? `\n  and ${rest} more` : ''),
    { cause: new AggregateError(errors) },
  );
}

/** libvips's or the system's reason on one line, without a final stop. */
function reason(cause: unknown): string {
  const code = (cause as { code?: unknown } | null)?.code;
  if (code === 'ENOENT') return 'the file does not exist';
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/pixel limit/iu.test(text)) return 'it has more than 268 million pixels';
  if (/file is missing/iu.test(text)) return 'the file does not exist';
  if (/empty|unsupported image format/iu.test(text)) {
    return 'the file is empty, or of no known image format';
  }
  if (damage.test(text)) return 'the file is cut off or damaged';
  const lines = new Set(text.trim().split('\n')); // one says what others said, when several images fail at once
  return [...lines].join('; ').replace(/\.$/u, '');
}
