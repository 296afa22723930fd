/**
 * The checks as vitest tests: one line in a plugin's test file. Needs vitest as a peer.
 *
 * @packageDocumentation
 */
import type { LearnerPlugin } from '@cl/hub';
import { describe, test } from 'vitest';
import type { Check } from './check.ts';
import { withExceptions, type Exceptions } from './exceptions.ts';
import { learnerChecks } from './learner-checks.ts';
import type { LearnerCheckSettings } from './learner/bench.ts';

/** What a plugin is known not to keep, each with its reason. */
export interface KnownExceptions {
  /** By the name of the check. An exception fails once its check passes. */
  readonly exceptions?: Exceptions;
}

/** Runs the checks of a learner: `describeLearner(rail, { hiddenDim: 32 })`. */
export function describeLearner<O extends object>(
  plugin: LearnerPlugin<O>,
  options: Partial<O> = {},
  settings: LearnerCheckSettings & KnownExceptions = {},
): void {
  describeChecks(
    `learner ${titleOf(plugin.name, options)}`,
    learnerChecks(plugin, options, settings),
    settings.exceptions,
  );
}

function describeChecks(
  title: string,
  checks: readonly Check[],
  exceptions: Exceptions | undefined,
): void {
  describe(title, () => {
    for (const { name, run } of withExceptions(checks, exceptions)) test(name, run);
  });
}

function titleOf(name: string, options: object): string {
  const given = JSON.stringify(options);
  return given === '{}' ? name : `${name} ${given}`;
}
