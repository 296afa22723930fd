/** Plugins as people write them on a command line: `rail@dual,ridge=0.1`. */
import {
  ClError,
  type AnyPlugin,
  type PluginKind,
  type PluginsByKind,
  type Registry,
} from '@cl/hub';
import type { Choice } from '@cl/runner';
import { nameIn } from './plugins/resolve.ts';
import { usageError } from './usage-error.ts';

/** A plugin with its preset and options, and the text it was read from, with the plugin's own name. */
export interface Spec<K extends PluginKind> extends Choice<PluginsByKind[K]> {
  readonly text: string;
  /** Given as `label=…`. */
  readonly label?: string;
}

/**
 * Reads `name`, `name@preset` or `name@preset,option=value,…`. Lists are written `a+b` or as JSON.
 *
 * @throws ClError `UNKNOWN_PLUGIN` with the nearest name; `INVALID_CONFIG` when the text is malformed. Unknown options
 * are left to `resolveOptions`, which knows the nearest name.
 */
export function readSpec<K extends PluginKind>(kind: K, text: string, registry: Registry): Spec<K> {
  const [head = '', ...settings] = splitOutside(text);
  const name = nameIn(head);
  const preset = head.length > name.length ? head.slice(name.length + 1) : undefined;
  const plugin = registry.get(kind, name);
  const options: Record<string, unknown> = {};
  let label: string | undefined;
  for (const setting of settings) {
    const at = setting.indexOf('=');
    if (at <= 0) {
      throw usageError(
        `${kind} "${text}": "${setting}" is no option=value. Write ${name}@preset,option=value,…`,
      );
    }
    const [key, value] = [setting.slice(0, at), setting.slice(at + 1)];
    if (key === 'label' && !('label' in plugin.defaults)) label = value;
    else options[key] = readValue(plugin, key, value);
  }
  return {
    plugin,
    options,
    text: plugin.name + text.slice(name.length),
    ...(preset === undefined ? {} : { preset }),
    ...(label === undefined ? {} : { label }),
  };
}

/**
 * The value of an option, of the type that its default has.
 *
 * @throws ClError `INVALID_OPTION` when it does not read as such.
 */
export function readValue(plugin: AnyPlugin, key: string, text: string): unknown {
  const example = (plugin.defaults as Readonly<Record<string, unknown>>)[key];
  const refuse = (expected: string): never => {
    throw new ClError(
      'INVALID_OPTION',
      `${plugin['~cl'].kind} "${plugin.name}": option ${key} is "${text}", expected ${expected}.`,
    );
  };
  if (typeof example === 'number') {
    const value = text.trim() === '' ? NaN : Number(text);
    return Number.isNaN(value) ? refuse('a number') : value;
  }
  if (typeof example === 'boolean') {
    return text === 'true' || text === 'false' ? text === 'true' : refuse('true or false');
  }
  if (Array.isArray(example) && !text.startsWith('[')) return text === '' ? [] : text.split('+');
  if (typeof example === 'object') {
    try {
      return JSON.parse(text);
    } catch {
      return refuse('JSON');
    }
  }
  return text; // also an option that does not exist: resolveOptions refuses it
}

/** Splits at commas that are outside of brackets and quotes. */
export function splitOutside(text: string): readonly string[] {
  const parts = [''];
  let depth = 0;
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    if (!quoted && '[{'.includes(character)) depth += 1;
    if (!quoted && ']}'.includes(character)) depth -= 1;
    if (character === ',' && depth === 0 && !quoted) parts.push('');
    else parts[parts.length - 1]! += character;
  }
  return parts;
}
