/** Threads that load the toolkit while this one does: before anything heavy is imported here, the arguments tell. */
import { parseArgs } from 'node:util';
import { compiledModule } from '@cl/hub/node';
import { startThreads } from '@cl/runner/threads';
import { comparePresets, runPresets, usualJobs } from './presets.ts';

/** Starts the threads that `cl run` or `cl compare` will want by its arguments; those of a configuration start later. */
export function startEarly(command: 'run' | 'compare', rawArgs: readonly string[]): void {
  const { jobs, preset } = parseArgs({
    args: [...rawArgs],
    options: { jobs: { type: 'string' }, preset: { type: 'string' } },
    strict: false,
  }).values;
  const presets = command === 'run' ? runPresets : comparePresets;
  const count = Number(jobs ?? usualJobs(presets[String(preset)]));
  if (!(count > 1)) return; // one, or nothing that makes sense: told when it is read in earnest
  startThreads(Math.min(count, most) - 1, compiledModule('elsewhere', import.meta.url).href);
}

/** More trials than this do not start at once anyway. */
const most = 8;
