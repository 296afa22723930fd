/** Plugin options as flags of their own: `--rail.ridge 0.1`. Derived from each plugin's `defaults`. */
import { nearest, resolveOptions, type AnyPlugin, type Registry } from '@cl/hub';
import type { Choice } from '@cl/runner';
import type { Flags } from './flags.ts';
import { readValue } from './spec.ts';
import { usageError } from './usage-error.ts';

const kinds = ['learner', 'stream', 'dataset', 'backbone'] as const;

/** A flag for each option of each plugin that a run may choose. */
export interface OptionFlag {
  readonly flag: string;
  readonly plugin: AnyPlugin;
  readonly option: string;
}

/** All of them, in the registry's order. */
export function optionFlags(registry: Registry): readonly OptionFlag[] {
  const plugins: readonly AnyPlugin[] = kinds.flatMap((kind): readonly AnyPlugin[] =>
    registry.list(kind),
  );
  return plugins.flatMap((plugin) =>
    Object.keys(plugin.defaults as object).map((option) => ({
      flag: `${plugin.name}.${option}`,
      plugin,
      option,
    })),
  );
}

/**
 * Adds the options that were given as flags to the choices of their plugin, then checks all options.
 *
 * @throws ClError `INVALID_CONFIG` when a flag's plugin takes no part; `UNKNOWN_OPTION`, `INVALID_OPTION`.
 */
export async function withOptionFlags<C extends Choice<AnyPlugin>>(
  choices: readonly C[],
  flags: Flags,
  registry: Registry,
): Promise<readonly C[]> {
  const given = optionFlags(registry).filter(({ flag }) => flags.given.has(flag));
  for (const { flag, plugin } of given) {
    const taking = choices.map((choice) => choice.plugin.name);
    if (taking.includes(plugin.name)) continue;
    throw usageError(
      `cl run: --${flag} is given, but ${plugin.name} takes no part` +
        `${nearest(plugin.name, taking)} Taking part: ${[...new Set(taking)].join(', ')}.`,
    );
  }
  const filled = choices.map((choice) => {
    const own = given.filter(({ plugin }) => plugin.name === choice.plugin.name);
    const extra = own.map(({ flag, plugin, option }) => {
      return [option, readValue(plugin, option, flags.get(flag) ?? '')] as const;
    });
    return { ...choice, options: { ...choice.options, ...Object.fromEntries(extra) } };
  });
  for (const { plugin, options, preset } of filled) await resolveOptions(plugin, options, preset);
  return filled;
}
