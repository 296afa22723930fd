/** Reporters: turn the record of a run into something to read. */
import { brand, type Plugin, type PluginDefinition } from './plugin.ts';
import type { RunRecord } from './run-record.ts';

/** Writes reports. */
export interface ReporterPlugin<O extends object = object> extends Plugin<'reporter', O> {
  /** The report's files by name relative to the run folder. Pure: the caller writes them. */
  render(record: RunRecord, options: O): Promise<Readonly<Record<string, string | Uint8Array>>>;
  /** Loads what `render` needs, where that takes long: called, maybe twice, while the last trials still run. */
  warmUp?(): Promise<void>;
}

/** Makes a reporter plugin. */
export function defineReporter<O extends object>(
  definition: PluginDefinition<O> & Pick<ReporterPlugin<O>, 'render' | 'warmUp'>,
): ReporterPlugin<O> {
  return brand('reporter', definition);
}
