/** Checks as plain values, and the assertions they are written with: no test runner needed. */
import { isClError, type ClErrorCode } from '@cl/hub';

/** One promise, runnable: `run` resolves when it is kept and rejects with a {@link CheckFailure} when not. */
export interface Check {
  /** A sentence about the plugin: "repeats its scores exactly". Unique in its suite. */
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** A broken promise: the verdict of a check, not the fault of an operation, hence no `ClError`. */
export class CheckFailure extends Error {
  override readonly name = 'CheckFailure';
}

/** Fails with "what: found, expected" unless the condition holds. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new CheckFailure(message);
}

/** Fails unless two JSON-like values are equal; typed arrays compare element by element. */
export function assertEqual(actual: unknown, expected: unknown, what: string): void {
  const found = show(actual);
  const wanted = show(expected);
  assert(found === wanted, `${what}: found ${shorten(found)}, expected ${shorten(wanted)}.`);
}

/**
 * Fails unless a call throws a `ClError` with one of the codes and a message that says something; gives the
 * message back to look into.
 */
export async function assertRefuses(
  call: () => unknown,
  codes: readonly ClErrorCode[],
  what: string,
): Promise<string> {
  const wanted = `expected a ClError ${codes.join(' or ')}`;
  try {
    await call();
  } catch (error) {
    assert(isClError(error), `${what}: threw ${String(error)}, ${wanted}.`);
    assert(
      codes.includes(error.code),
      `${what}: threw ${error.code} (${error.message}), ${wanted}.`,
    );
    assert(error.message.length >= 20, `${what}: the message "${error.message}" says too little.`);
    return error.message;
  }
  throw new CheckFailure(`${what}: nothing was thrown, ${wanted}.`);
}

/** Text that is equal for equal values. */
function show(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (ArrayBuffer.isView(part)) return [part.constructor.name, ...numbersIn(part)].map(String);
    if (part === undefined) return 'undefined';
    return typeof part === 'number' || typeof part === 'bigint' ? String(part) : part;
  });
  return text;
}

function numbersIn(view: ArrayBufferView): Iterable<unknown> {
  return view instanceof DataView ? [] : (view as unknown as Iterable<unknown>);
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
