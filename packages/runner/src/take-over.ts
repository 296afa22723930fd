/** What becomes of a run that is in the folder already. */
import { ClError, type RunRecord } from '@cl/hub';
import type { RunConfig } from './config.ts';
import { differences } from './differences.ts';
import type { TrialName } from './events.ts';
import { extend } from './extend.ts';
import type { Plan } from './plan.ts';
import { headerOf } from './record.ts';
import type { RunFolder, RunHeader } from './run-folder.ts';

/** What was found in a run's folder. */
export interface Found {
  /** There when a run of the same configuration was started before. */
  readonly header?: RunHeader;
  /** There when it is finished. */
  readonly record?: RunRecord;
  /** A run was removed to make room. */
  readonly replaced?: boolean;
}

/**
 * Looks at the folder. A run of the same configuration is kept, unless `existing` is `replace`; one of
 * another configuration that has learned nothing yet makes room, or is extended where that is allowed.
 *
 * @throws ClError `INVALID_CONFIG` when another configuration has results here, listing what differs.
 */
export async function takeOver(folder: RunFolder, plan: Plan, config: RunConfig): Promise<Found> {
  if (!folder.exists) return {};
  const record = (await folder.readJson('record.json')) as RunRecord | undefined;
  const restart = config.existing === 'restart-finished' && record !== undefined;
  if (config.existing === 'replace' || restart || !folder.hasResults) {
    const replaced = folder.hasResults;
    await folder.clear();
    return { replaced };
  }
  const header = (await folder.readJson('run.json')) as RunHeader;
  if (config.existing === 'extend') {
    const { differing, resolved } = extend(header.resolved, plan.resolved);
    assertSame(folder, differing);
    const grows = differences(header.resolved, resolved).length > 0;
    const kept = grows ? { ...headerOf(config, plan), resolved } : header;
    return { header: kept, ...(record !== undefined && isOf(record, plan) && { record }) };
  }
  assertSame(folder, differences(header.resolved, plan.resolved));
  return { header, ...(record === undefined ? {} : { record }) };
}

/** Whether a record holds the trials of a plan, no more and no less. */
function isOf({ trials }: RunRecord, plan: Plan): boolean {
  const names = (list: readonly TrialName[]): string =>
    JSON.stringify(list.map(({ label, seed }) => [label, seed]));
  return names(trials) === names(plan.trials);
}

function assertSame({ path }: RunFolder, differing: readonly string[]): void {
  if (differing.length === 0) return;
  const lines = differing.slice(0, 12).map((line) => `\n  ${line}`);
  const more = differing.length > 12 ? `\n  and ${differing.length - 12} more` : '';
  throw new ClError(
    'INVALID_CONFIG',
    `run: ${path} holds a run of another configuration:${lines.join('')}${more}\n` +
      'Go back to that configuration, choose another name, or start over (--fresh).',
  );
}
