/** Errors between threads: structured clone would lose the class and the code of a ClError. */
import { ClError, isClError, type ClErrorCode } from '../../errors.ts';

/** An error as data. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of a ClError. */
  readonly code: ClErrorCode | undefined;
  readonly cause: SentError | undefined;
}

/** Causes of causes that go along. */
const deepest = 8;

/** Packs an error, or whatever else was thrown, for the other side. */
export function packError(thrown: unknown, depth = 0): SentError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { name, message, stack, cause } = error;
  return {
    name,
    message,
    stack,
    code: isClError(error) ? error.code : undefined,
    cause: cause === undefined || depth === deepest ? undefined : packError(cause, depth + 1),
  };
}

/** Unpacks it: a ClError is one again, anything else is an `Error` of the same name, words and stack. */
export function unpackError({ name, message, stack, code, cause }: SentError): Error {
  const options = cause === undefined ? {} : { cause: unpackError(cause) };
  if (code !== undefined) return withStack(new ClError(code, message, options), stack);
  const error = new Error(message, options);
  error.name = name;
  return withStack(error, stack);
}

function withStack<E extends Error>(error: E, stack: string | undefined): E {
  if (stack !== undefined) error.stack = stack;
  return error;
}
