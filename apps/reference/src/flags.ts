/**
 * Flags, strictly: an unknown one is refused with the nearest name, and one may be given several times. (citty
 * drives commands and their help, but passes unknown flags over and keeps the last of several.)
 */
import { parseArgs } from 'node:util';
import { nearest } from '@cl/hub';
import type { ArgsDef } from 'citty';
import { usageError } from './usage-error.ts';

/** What was given: values of each flag in order, and the arguments that are no flags. */
export interface Flags {
  /** The last value of a flag, `undefined` when it was not given. */
  get(name: string): string | undefined;
  /** All values of a flag. */
  all(name: string): readonly string[];
  /** Whether a switch was given (and not as `--no-…`). */
  has(name: string): boolean;
  /** Every flag that was given, with its values. */
  readonly given: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
}

/**
 * Reads a command's arguments.
 *
 * @param command - its name, for messages.
 * @param rawArgs - what follows the name.
 * @param definitions - the command's arguments as citty has them.
 * @param more - flags that take a value but stay out of the help, such as plugin options.
 * @throws ClError `INVALID_CONFIG` for an unknown flag, a missing value, a value too many, a superfluous argument.
 */
export function readFlags(
  command: string,
  rawArgs: readonly string[],
  definitions: ArgsDef,
  more: readonly string[] = [],
): Flags {
  const definitionOf = new Map(
    Object.entries(definitions).filter(([, d]) => d.type !== 'positional'),
  );
  const options: Record<string, FlagOption> = {};
  for (const name of more) options[name] = { type: 'string', multiple: true };
  for (const [name, { type }] of definitionOf) {
    options[name] = { type: type === 'boolean' ? 'boolean' : 'string', multiple: true };
  }
  const { tokens, positionals } = parseArgs({
    args: joinValues(rawArgs, options),
    options,
    strict: false,
    allowPositionals: true,
    allowNegative: true,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const option = options[token.name];
    if (option === undefined) throw unknownFlag(command, token.rawName, Object.keys(options));
    if (option.type === 'string' && token.value === undefined) {
      throw usageError(`${command}: --${token.name} has no value. Write --${token.name} <value>.`);
    }
    if (option.type === 'boolean' && token.value !== undefined) {
      throw usageError(
        `${command}: --${token.name} takes no value, found "${token.value}". Leave it out.`,
      );
    }
    const negative = token.rawName.startsWith('--no-');
    const value = option.type === 'boolean' ? String(!negative) : (token.value ?? '');
    given.set(token.name, [...(given.get(token.name) ?? []), value]);
  }
  const places = Object.values(definitions).filter(({ type }) => type === 'positional').length;
  if (positionals.length > places) {
    throw usageError(
      `${command}: "${positionals[places]!}" is one argument too many. ` +
        'Flags begin with --; put quotes around values with blanks.',
    );
  }
  return {
    given,
    positionals,
    get: (name) => given.get(name)?.at(-1),
    all: (name) => given.get(name) ?? [],
    has: (name) => given.get(name)?.at(-1) === 'true',
  };
}

/** Flags of the form `--plugin.option`, whose plugin may yet come from a configuration file. */
export function dotted(rawArgs: readonly string[]): readonly string[] {
  return rawArgs.flatMap((arg) => /^--([^=\s]+\.[^=\s]+)/u.exec(arg)?.[1] ?? []);
}

interface FlagOption {
  readonly type: 'boolean' | 'string';
  readonly multiple: true;
}

/** `--seeds -1` would read `-1` as a flag: a value that follows its flag is joined to it. */
function joinValues(
  rawArgs: readonly string[],
  options: Readonly<Record<string, FlagOption>>,
): string[] {
  const joined: string[] = [];
  for (let i = 0; i < rawArgs.length; i += 1) {
    const arg = rawArgs[i]!;
    const takesValue = arg.startsWith('--') && options[arg.slice(2)]?.type === 'string';
    const next = rawArgs[i + 1];
    if (takesValue && next !== undefined && !next.startsWith('--')) {
      joined.push(`${arg}=${next}`);
      i += 1;
    } else joined.push(arg);
  }
  return joined;
}

function unknownFlag(command: string, rawName: string, known: readonly string[]): Error {
  const hint = nearest(rawName.replace(/^-+(no-)?/u, ''), known).replace('"', '"--');
  return usageError(`${command}: no flag "${rawName}"${hint} See ${command} --help.`);
}
