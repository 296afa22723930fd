/**
 * Event files for TensorBoard: one folder a trial, with the accuracy on each evaluation over the experiences, their mean
 * over what was evaluated, and the final metrics.
 */
import { defineReporter, type ReporterPlugin, type TrialRecord } from '@cl/hub';
import { z } from 'zod';
import { eventFile, type Scalar } from './event-file.ts';

/** What users may choose. */
export interface TensorboardOptions {
  /** Folder inside the run's, for `tensorboard --logdir`. */
  readonly folder: string;
}

/** The plugin. */
export const tensorboard: ReporterPlugin<TensorboardOptions> = defineReporter<TensorboardOptions>({
  name: 'tensorboard',
  description: 'Event files that TensorBoard shows: accuracy curves and final metrics.',
  defaults: { folder: 'tensorboard' },
  help: { folder: "Folder inside the run's, for tensorboard --logdir." },
  schema: z.object({ folder: z.string().regex(/^[\w-]+$/u) }),
  async render({ startedAt, stream, trials }, { folder }) {
    const seconds = Date.parse(startedAt) / 1000;
    const names = stream.experiences.map(({ name }) => name);
    // one file a folder; TensorBoard wants "tfevents" in its name, and the time in front of the host
    const files = trials.map((trial) => {
      const path = `${folder}/${plain(trial.label)}-${trial.seed}`;
      const file = `events.out.tfevents.${Math.floor(seconds)}.cl`;
      return [`${path}/${file}`, eventFile(seconds, scalarsOf(trial, names))] as const;
    });
    return Object.fromEntries(files);
  },
});

/** What was not evaluated has no point; a metric that is not available has none either. */
function scalarsOf({ accuracy, metrics }: TrialRecord, names: readonly string[]): Scalar[] {
  const curves = accuracy.flatMap((row, step) => {
    const known = row.flatMap((value, j) =>
      value === null ? [] : [{ tag: `accuracy/${j} ${names[j] ?? ''}`.trim(), step, value }],
    );
    const mean = known.reduce((sum, { value }) => sum + value, 0) / known.length;
    return known.length === 0 ? [] : [...known, { tag: 'accuracy/mean', step, value: mean }];
  });
  const step = accuracy.length - 1;
  const finals = Object.entries(metrics).flatMap(([name, value]) =>
    value === null ? [] : [{ tag: `final/${name}`, step, value }],
  );
  return [...curves, ...finals];
}

/** A label as the name of a folder. */
function plain(label: string): string {
  return label.replace(/[^\w@=.,-]+/gu, '_').replace(/^\.+/u, '_');
}
