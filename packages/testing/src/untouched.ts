/** Inputs that notice when they are modified. */
import { assert } from './check.ts';

/**
 * Freezes plain objects and arrays all the way down, so that writing to them throws. Typed arrays cannot be frozen;
 * `assertUntouched` watches those.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Object.isFrozen(value) || !isPlain(value)) return value;
  Object.freeze(value);
  Object.values(value).forEach(deepFreeze);
  return value;
}

/** Runs something and fails when the value, with the bytes of its typed arrays, is not as before. */
export async function assertUntouched(
  value: unknown,
  what: string,
  run: () => Promise<void>,
): Promise<void> {
  const before = JSON.stringify(value);
  await run();
  const after = JSON.stringify(value);
  if (after === before) return;
  let at = 0;
  while (before[at] === after[at]) at += 1;
  const around = (text: string) => text.slice(Math.max(0, at - 40), at + 40);
  assert(false, `${what}: found …${around(after)}…, expected …${around(before)}… as before.`);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
}
