/** JSON from files that nobody vouches for: what a lenient parser lets through is refused. */
import { ClError } from './errors.ts';
import type { JsonValue } from './json.ts';

/**
 * Parses JSON, refusing what two readers could read differently: invalid UTF-8, keys that occur twice in an object, and
 * keys called `__proto__`.
 *
 * @param where - opens the error's sentence, for instance a file name.
 * @throws ClError `CORRUPT_FILE`.
 */
export function parseStrictJson(where: string, bytes: Uint8Array): JsonValue {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw corrupt(where, 'is not valid UTF-8', cause);
  }
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw corrupt(where, `is not valid JSON (${(cause as Error).message})`, cause);
  }
  assertKeys(where, text);
  return value;
}

/** Walks the tokens of a text that is known to be JSON and looks at the keys alone. */
function assertKeys(where: string, text: string): void {
  const open: (Set<string> | undefined)[] = []; // a set for an object, undefined for an array
  let string = '';
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/gs)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token !== ':') string = token;
    else {
      const key = JSON.parse(string) as string;
      const keys = open.at(-1);
      if (key === '__proto__') throw corrupt(where, 'has a key "__proto__"');
      if (keys?.has(key) === true) throw corrupt(where, `has the key ${quote(key)} twice`);
      keys?.add(key);
    }
  }
}

/**
 * Refuses a value that JSON would change: NaN and infinities become null, functions and class instances vanish.
 * Object members that are `undefined` are left out, as JSON does.
 *
 * @throws ClError `NON_FINITE` or `INVALID_DATA`, naming the place in the value.
 */
export function assertJson(where: string, value: unknown): asserts value is JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return;
    throw new ClError(
      'NON_FINITE',
      `${where}: found ${value}, expected a finite number. JSON would turn it into null; leave it out or look for ` +
        'where it comes from.',
    );
  }
  if (Array.isArray(value)) {
    value.forEach((item: unknown, i) => {
      assertJson(`${where}[${i}]`, item);
    });
    return;
  }
  const prototype: unknown = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== null) {
    const found = typeof value === 'object' ? 'an instance of a class' : `a ${typeof value}`;
    throw new ClError(
      'INVALID_DATA',
      `${where}: found ${found}, expected plain JSON: objects, arrays, strings, numbers, booleans, null. ` +
        'Put arrays of numbers into tensors.',
    );
  }
  for (const [key, item] of Object.entries(value as object)) {
    if (item !== undefined) assertJson(`${where}.${key}`, item);
  }
}

/** A name from a file, safe and short enough for a message. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}

/** The `CORRUPT_FILE` error: "where: what was found. What to do." */
export function corrupt(where: string, found: string, cause?: unknown): ClError {
  return new ClError(
    'CORRUPT_FILE',
    `${where}: ${found}. The file is damaged or was not written by this format; restore it or save again.`,
    { cause },
  );
}
