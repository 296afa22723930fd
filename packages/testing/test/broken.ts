/** Runs a suite on a broken plugin: which checks notice. */
import type { Check } from '@cl/testing';
import { CheckFailure } from '@cl/testing';

/** A way of breaking something, and the check that is there to notice. */
export interface Mutant {
  /** What is wrong, as a person would say it. */
  readonly fault: string;
  readonly caughtBy: string;
  readonly checks: () => readonly Check[];
  /** Other checks that cannot help noticing. */
  readonly also?: readonly string[];
}

/** The names of the checks that fail, in order. */
export async function failing(checks: readonly Check[]): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const { name, run } of checks) {
    try {
      await run();
    } catch (error) {
      if (!(error instanceof CheckFailure) && !(error instanceof Error)) throw error;
      failed.push(name);
    }
  }
  return failed;
}
