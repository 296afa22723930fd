/** Reports: reporter plugins write files next to a run's record. */
import { isAbsolute, join, normalize, sep } from 'node:path';
import { ClError, resolveOptions, type ReporterPlugin, type RunRecord } from '@cl/hub';
import type { Choice } from './config.ts';
import { chosen } from './guarded.ts';
import { RunFolder } from './run-folder.ts';

/**
 * The record of a finished run.
 *
 * @throws ClError `NOT_FOUND` when the folder holds no finished run, `CORRUPT_FILE`.
 */
export async function readRecord(folder: string): Promise<RunRecord> {
  const files = new RunFolder(folder);
  const record = await files.readJson('record.json');
  if (record !== undefined) return record as RunRecord;
  throw new ClError(
    'NOT_FOUND',
    files.exists
      ? `report: the run in ${folder} is not finished. Run its command again to finish it: ` +
          'it goes on where it stopped.'
      : `report: ${folder} holds no run, expected a folder with run.json and record.json. ` +
          'Name the folder that a run printed.',
  );
}

/**
 * Renders a finished run again, for instance after its reporter was improved.
 *
 * @returns the paths of the files that were written.
 * @throws ClError `NOT_FOUND`, `CORRUPT_FILE`, `IO_FAILED`; what the reporters throw.
 */
export async function report(
  folder: string,
  reporters: readonly Choice<ReporterPlugin>[],
): Promise<readonly string[]> {
  const guarded = reporters.map((one) => chosen('reporter', one));
  return renderReports(new RunFolder(folder), await readRecord(folder), guarded);
}

/** Writes the files of each reporter into the run's folder. */
export async function renderReports(
  folder: RunFolder,
  record: RunRecord,
  reporters: readonly Choice<ReporterPlugin>[],
): Promise<readonly string[]> {
  const written: string[] = [];
  for (const { plugin, options, preset } of reporters) {
    const files = await plugin.render(record, await resolveOptions(plugin, options, preset));
    for (const [name, content] of Object.entries(files)) {
      assertInside(plugin.name, name);
      await folder.write(name, content);
      written.push(join(folder.path, name));
    }
  }
  return written;
}

function assertInside(reporter: string, name: string): void {
  const path = normalize(name);
  if (!isAbsolute(path) && path !== '..' && !path.startsWith(`..${sep}`)) return;
  throw new ClError(
    'INVALID_DATA',
    `reporter "${reporter}": file "${name}" lies outside the run's folder. Return relative names.`,
  );
}
