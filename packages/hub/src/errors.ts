/**
 * Errors of the toolkit: one class, a stable code, and a sentence that says where, what was found,
 * what was expected and what to do.
 */

/** Every error code with what it means. Codes are stable; messages are not. */
export const errorCatalogue = {
  ABORTED: 'The caller cancelled the operation. Nothing was changed.',
  ACCESS_DENIED: 'A server wants a token, or one with more rights.',
  CHECKSUM_MISMATCH: 'A file differs from the SHA-256 or the size that was recorded for it.',
  CORRUPT_FILE: 'A file is truncated or its content contradicts its own header.',
  DEVICE_UNAVAILABLE: 'The execution provider asked for cannot be used on this machine.',
  DISPOSED: 'An object was used after dispose().',
  DOWNLOAD_FAILED: 'A remote file could not be fetched whole.',
  DUPLICATE_CLASS: 'One class id stands for two different classes.',
  EMPTY_CLASS: 'A class has no sample where at least one is needed.',
  EMPTY_STREAM: 'A stream, an experience or a dataset holds nothing.',
  INCOMPATIBLE_PLUGINS: 'Two plugins cannot work together: one lacks what the other needs.',
  INVALID_CONFIG: 'A configuration file or a command line is not valid.',
  INVALID_DATA: 'Data handed to a function breaks its contract.',
  INVALID_MODEL: 'A model file lacks an input, an output or an operator that is needed.',
  INVALID_OPTION: 'An option has the wrong type or lies outside its range.',
  IO_FAILED: 'The file system refused to read or write; the disk may be full.',
  NON_FINITE: 'A number is NaN or infinite where only finite numbers make sense.',
  NOT_FOUND: 'A file, folder or record does not exist.',
  NOT_LEARNED: 'A learner was asked for predictions before it learned anything.',
  NOT_POSITIVE_DEFINITE: 'A matrix that must be positive definite is not, to working precision.',
  NOT_SUPPORTED: 'The operation is not available for this plugin, option or state.',
  OUT_OF_ORDER: 'An experience came before or after its turn.',
  OUT_OF_MEMORY: 'The operation needs more memory than there is.',
  PLUGIN_FAILED: 'A plugin threw a foreign error, or returned what the protocol does not allow.',
  PROTOCOL_VERSION: 'A plugin speaks another version of the protocol.',
  SHAPE_MISMATCH: 'Sizes that must agree do not.',
  UNKNOWN_CLASS: 'A class id is not known here.',
  UNKNOWN_OPTION: 'An option does not exist.',
  UNKNOWN_PLUGIN: 'No plugin of this kind has this name.',
  UNREADABLE_IMAGE: 'An image cannot be decoded.',
  UPLOAD_FAILED: 'Files could not be sent to a server. What is there is unchanged.',
  WRONG_BACKBONE: 'A saved learner belongs to another backbone.',
} as const;

/** A stable error code: a key of {@link errorCatalogue}. */
export type ClErrorCode = keyof typeof errorCatalogue;

/** The only error that the packages throw on purpose. Compare `code`, never the text. */
export class ClError extends Error {
  override readonly name = 'ClError';
  readonly code: ClErrorCode;

  /**
   * @param code - the stable code.
   * @param message - "where: what was found, what was expected. What to do."
   * @param options - `cause`: the foreign error behind this one.
   */
  constructor(code: ClErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Tells a {@link ClError} by its brand, so that a second copy of this package does not matter. */
export function isClError(value: unknown): value is ClError {
  return value instanceof Error && value.name === 'ClError' && 'code' in value;
}

/**
 * Throws `ABORTED` when the signal was fired: call it between two units of work that must not be
 * torn apart.
 */
export function throwIfAborted(where: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new ClError('ABORTED', `${where}: cancelled by the caller. Nothing was changed.`, {
    cause: signal.reason,
  });
}
