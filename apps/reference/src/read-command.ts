/** What `cl run` and `cl compare` are asked for, read from their arguments alone: other threads read them too. */
import type { Registry } from '@cl/hub';
import type { ArgsDef } from 'citty';
import { readCompareRequest, type CompareRequest } from './compare-request.ts';
import { loadClConfig, type ClConfig } from './config.ts';
import { dotted, readFlags, type Flags } from './flags.ts';
import { registryFor } from './plugins/registry-for.ts';
import { loadRecipe } from './recipes.ts';
import { readRequest, type RunRequest } from './request.ts';
import { optionFlags } from './request-options.ts';
import { compareArgs, runArgs } from './run-args.ts';
import { usageError } from './usage-error.ts';

/** A command as it was given. */
export interface GivenCommand {
  readonly name: 'run' | 'compare';
  readonly rawArgs: readonly string[];
}

/** What was given, and what it asks for. */
export interface ReadCommand<Request> {
  readonly flags: Flags;
  readonly config: ClConfig;
  readonly request: Request;
}

/**
 * Reads the arguments of `cl run`.
 *
 * @throws ClError what `readFlags`, `loadClConfig`, `registryFor` and `readRequest` throw.
 */
export function readRun(rawArgs: readonly string[]): Promise<ReadCommand<RunRequest>> {
  return read('cl run', rawArgs, runArgs, configOf, readRequest);
}

/** Reads the arguments of `cl compare`; throws as {@link readRun} does. */
export function readCompare(rawArgs: readonly string[]): Promise<ReadCommand<CompareRequest>> {
  const config = (flags: Flags): Promise<ClConfig> => loadClConfig(flags.get('config'));
  return read('cl compare', rawArgs, compareArgs, config, readCompareRequest);
}

async function read<Request>(
  command: string,
  rawArgs: readonly string[],
  args: ArgsDef,
  load: (flags: Flags) => Promise<ClConfig>,
  toRequest: (flags: Flags, config: ClConfig, registry: Registry) => Promise<Request>,
): Promise<ReadCommand<Request>> {
  // The configuration file may bring plugins, and with them flags: read it first.
  const early = readFlags(command, rawArgs, args, dotted(rawArgs));
  const config = await load(early);
  const registry = await registryFor(early, config);
  const known = optionFlags(registry).map(({ flag }) => flag);
  const flags = readFlags(command, rawArgs, args, known);
  return { flags, config, request: await toRequest(flags, config, registry) };
}

/** The configuration of the recipe that is named, else of the file. */
async function configOf(flags: Flags): Promise<ClConfig> {
  const [recipe] = flags.positionals;
  const file = flags.get('config');
  if (recipe === undefined) return loadClConfig(file);
  if (file === undefined) return loadRecipe(recipe);
  throw usageError(
    `cl run: both the recipe ${recipe} and --config ${file} are given, expected one. A recipe is a configuration file: ` +
      'copy it to change it.',
  );
}
