import { ClError, nearest } from '@cl/hub';
import { CheckFailure, type Check } from './check.ts';

/** Checks that a plugin is known to fail, by name, each with its reason. */
export type Exceptions = Readonly<Record<string, string>>;

/**
 * The checks with known exceptions turned around: an excepted check passes while the promise is broken and fails once
 * it is kept, so that no exception outlives its reason.
 *
 * @throws ClError `INVALID_OPTION` when an exception names no check, with the nearest name, or gives no reason.
 */
export function withExceptions(
  checks: readonly Check[],
  exceptions: Exceptions = {},
): readonly Check[] {
  const names = checks.map(({ name }) => name);
  for (const [name, reason] of Object.entries(exceptions)) {
    if (!names.includes(name)) {
      throw new ClError(
        'INVALID_OPTION',
        `exceptions: no check "${name}"${nearest(name, names)} Checks: ${names.join('; ')}.`,
      );
    }
    if (reason.trim() === '') {
      throw new ClError(
        'INVALID_OPTION',
        `exceptions: "${name}" has no reason. Say why the plugin cannot keep the promise.`,
      );
    }
  }
  return checks.map((check) => {
    const reason = Object.hasOwn(exceptions, check.name) ? exceptions[check.name] : undefined;
    return reason === undefined ? check : expectedToFail(check, reason);
  });
}

function expectedToFail({ name, run }: Check, reason: string): Check {
  return {
    name: `${name} (known exception: ${reason})`,
    async run() {
      try {
        await run();
      } catch {
        return;
      }
      throw new CheckFailure(
        `"${name}" passes now. Remove it from the exceptions (its reason was: ${reason}).`,
      );
    },
  };
}
