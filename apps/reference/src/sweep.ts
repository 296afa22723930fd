/** `--sweep sotu.p=0,0.5,0.9`: a learner once for each value of one of its options. */
import { ClError, nearest, resolveOptions, type JsonValue, type LearnerPlugin } from '@cl/hub';
import type { LearnerChoice } from '@cl/runner';
import { readValue, splitOutside } from './spec.ts';
import { usageError } from './usage-error.ts';

/**
 * The learners with those of the sweep's plugin replaced by one a value, called by its value: `sotu p=0.5`.
 *
 * @param learners - all that take part; their options were checked.
 * @param text - `plugin.option=value,…`, or `option=value,…` where only one plugin that takes part has the option.
 * @param command - for messages.
 * @throws ClError `INVALID_CONFIG` for a text that is none, a plugin that takes no part, an option of several, a single
 * value or one that repeats; `UNKNOWN_OPTION` with the nearest name; `INVALID_OPTION`.
 */
export async function withSweep(
  learners: readonly LearnerChoice[],
  text: string | undefined,
  command: string,
): Promise<readonly LearnerChoice[]> {
  if (text === undefined) return learners;
  const at = text.indexOf('=');
  const values = splitOutside(text.slice(at + 1)).map((value) => value.trim());
  if (at <= 0 || values.includes('')) {
    throw usageError(
      `${command}: --sweep is "${text}", expected option=value,value,… such as rail.ridge=0.1,1,10.`,
    );
  }
  const { plugin, option } = find(learners, text.slice(0, at).trim(), command);
  const read = values.map((value) => readValue(plugin, option, value) as JsonValue);
  const keys = read.map((value) => JSON.stringify(value));
  const twice = values.find((_, k) => keys.indexOf(keys[k]!) !== k);
  if (twice !== undefined || read.length < 2) {
    throw usageError(
      `${command}: --sweep ${option} has ${twice === undefined ? 'one value' : `${twice} twice`}, expected at ` +
        'least two values, each once.',
    );
  }
  for (const value of read) {
    const { options, preset } = learners.find((learner) => learner.plugin === plugin)!;
    await resolveOptions(plugin, { ...options, [option]: value }, preset);
  }
  return learners.flatMap((learner) => {
    if (learner.plugin !== plugin) return [learner];
    const name = learner.label ?? plugin.name;
    return read.map((value, k) => ({
      ...learner,
      options: { ...learner.options, [option]: value },
      label: `${name} ${option}=${values[k]!}`,
    }));
  });
}

/** The plugin and the option that a sweep names. */
function find(
  learners: readonly LearnerChoice[],
  name: string,
  command: string,
): { readonly plugin: LearnerPlugin; readonly option: string } {
  const plugins = [...new Set(learners.map(({ plugin }) => plugin))];
  const dot = name.indexOf('.');
  const own = name.slice(0, Math.max(0, dot));
  const option = name.slice(dot + 1);
  const named = dot < 0 ? plugins : plugins.filter((plugin) => plugin.name === own);
  if (named.length === 0) {
    const taking = plugins.map((plugin) => plugin.name);
    throw usageError(
      `${command}: --sweep names ${own}, which takes no part${nearest(own, taking)} ` +
        `Taking part: ${taking.join(', ')}.`,
    );
  }
  const owners = named.filter((plugin) => Object.hasOwn(plugin.defaults, option));
  if (owners.length === 1) return { plugin: owners[0]!, option };
  if (owners.length > 1) {
    const ways = owners.map((plugin) => `${plugin.name}.${option}`);
    throw usageError(
      `${command}: --sweep ${option} is an option of several learners. Write ${ways.join(' or ')}.`,
    );
  }
  const known = named.flatMap((plugin) => Object.keys(plugin.defaults));
  const who = named.map((plugin) => `learner "${plugin.name}"`).join(', ');
  throw new ClError(
    'UNKNOWN_OPTION',
    `${command}: ${who}: no option "${option}" to sweep${nearest(option, known)} ` +
      `Options: ${[...new Set(known)].join(', ') || 'none'}.`,
  );
}
