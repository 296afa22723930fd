/** `--jobs`: how many trials go on at a time. */
import { threads, type RunConfig } from '@cl/runner';
import type { ClConfig } from './config.ts';
import type { Flags } from './flags.ts';
import { usualJobs, type RunPreset } from './presets.ts';
import { usageError } from './usage-error.ts';

/**
 * The executor for as many trials at a time as were asked for; for one the usual. The preset is the one that was
 * asked for. The command is for messages.
 *
 * @throws ClError `INVALID_CONFIG` for what is no whole number of at least 1.
 */
export function executorFor(
  command: string,
  flags: Flags,
  config: ClConfig,
  preset: RunPreset | undefined,
): Pick<RunConfig, 'executor'> {
  const flag = flags.get('jobs');
  const given = flag ?? config.jobs;
  const jobs = Number(given ?? usualJobs(preset));
  if (!Number.isInteger(jobs) || jobs < 1) {
    const what = flag === undefined ? 'cl.config: jobs' : `${command}: --jobs`;
    throw usageError(
      `${what} is ${JSON.stringify(given)}, expected a whole number of at least 1: the trials that go on at a time. ` +
        'Leave it out for one.',
    );
  }
  return jobs === 1 ? {} : { executor: { plugin: threads, options: { jobs } } };
}
