/** What is said when a plugin breaks the protocol: its name, the call, what it returned. */
import { ClError, isClError } from '../errors.ts';
import { memoryError } from '../memory-error.ts';
import type { AnyPlugin } from '../registry.ts';

/** The error for a plugin that returned what the protocol does not allow. */
export function brokenPromise(
  plugin: AnyPlugin,
  call: string,
  found: string,
  expected: string,
): ClError {
  const { name, version } = plugin;
  const which = `${plugin['~cl'].kind} "${name}"${version === undefined ? '' : ` ${version}`}`;
  return new ClError(
    'PLUGIN_FAILED',
    `${which}: ${call} returned ${found}, expected ${expected}. ` +
      'Tell its author; the checks of @cl/testing find such faults.',
  );
}

/** Calls a plugin. What it throws as a `ClError` passes; anything else is wrapped, with the plugin's name. */
export async function callPlugin<T>(
  plugin: AnyPlugin,
  call: string,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw threw(plugin, call, cause);
  }
}

/** The same for what answers at once. */
export function callPluginNow<T>(plugin: AnyPlugin, call: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw threw(plugin, call, cause);
  }
}

function threw(plugin: AnyPlugin, call: string, cause: unknown): Error {
  if (isClError(cause)) return cause;
  const where = `${plugin['~cl'].kind} "${plugin.name}": ${call}`;
  const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : shown(cause);
  return (
    memoryError(where, cause) ??
    new ClError(
      'PLUGIN_FAILED',
      `${where} threw ${text}, expected a result or a ClError. ` +
        'Tell its author; --debug shows where it comes from.',
      { cause },
    )
  );
}

/** A value in a few words: enough to recognise it. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return JSON.stringify(short(value));
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) {
    return `a ${value.constructor.name} of ${value.byteLength} bytes`;
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  const keys = Object.keys(value);
  return keys.length === 0 ? 'an empty object' : `an object with ${short(keys.join(', '))}`;
}

/** Whether a value is an object with methods of these names. */
export function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}

function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
