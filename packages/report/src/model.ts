/** What the sections read: a run's trials grouped by learner, checked once. */
import { ClError, type AccuracyMatrix, type RunRecord, type TrialRecord } from '@cl/hub';
import { accuracyFromRecord } from '@cl/metrics';
import type { Marked } from './parts/marker.ts';
import { spreadOf, type Ddof, type Spread } from './spread.ts';

/** A learner with all its seeds. */
export interface LearnerView extends Marked {
  /** Position in the run. */
  readonly index: number;
  readonly label: string;
  /** In ascending order of seed; at least one. */
  readonly trials: readonly TrialRecord[];
  /** One a trial, T rows and T columns; `undefined` where nothing was evaluated. */
  readonly matrices: readonly AccuracyMatrix[];
}

/** A run as the report reads it. */
export interface ReportModel {
  readonly record: RunRecord;
  readonly learners: readonly LearnerView[];
  /** The learner the others are compared with, when the run has one. */
  readonly reference: LearnerView | undefined;
  /** Names of the experiences, which are the names of the evaluations. */
  readonly domains: readonly string[];
  readonly seeds: readonly number[];
  readonly ddof: Ddof;
}

/**
 * Groups and checks a record.
 *
 * @param record - a finished run, or one that was stopped after at least one trial.
 * @param reference - label or plugin name of the learner to compare with; a run may lack it.
 * @param ddof - what standard deviations over seeds take off n.
 * @param all - labels of the learners of several runs that are shown together: each has one mark in all of them.
 * @throws ClError `EMPTY_STREAM` without trials or experiences, `SHAPE_MISMATCH` when a matrix does not fit the
 * stream, `INVALID_DATA` for accuracies outside [0, 1], `NON_FINITE`.
 */
export function readRecord(
  record: RunRecord,
  reference: string,
  ddof: Ddof,
  all?: readonly string[],
): ReportModel {
  const { experiences } = record.stream;
  if (experiences.length === 0 || record.trials.length === 0) {
    const missing = experiences.length === 0 ? 'experiences' : 'trials';
    throw new ClError(
      'EMPTY_STREAM',
      `report: run "${record.name}" has no ${missing}, expected at least one. ` +
        'Finish a trial before reporting.',
    );
  }
  const byLabel = new Map<string, TrialRecord[]>();
  for (const trial of record.trials) {
    byLabel.set(trial.label, [...(byLabel.get(trial.label) ?? []), trial]);
  }
  const chosen =
    record.trials.find(({ label }) => label === reference) ??
    record.trials.find(({ plugin }) => plugin === reference);
  const labels = all ?? [...byLabel.keys()];
  const grey = labels.indexOf(chosen?.label ?? reference);
  const learners = [...byLabel].map(([label, unordered], index): LearnerView => {
    const trials = unordered.toSorted((a, b) => a.seed - b.seed);
    const matrices = trials.map((trial) => matrixOf(trial, experiences.length));
    const position = labels.indexOf(label);
    const rank = position - Number(grey >= 0 && position > grey);
    return { index, rank, label, trials, matrices, isReference: label === chosen?.label };
  });
  return {
    record,
    learners,
    reference: learners.find(({ isReference }) => isReference),
    domains: experiences.map(({ name }) => name),
    seeds: [...new Set(record.trials.map(({ seed }) => seed))].sort((a, b) => a - b),
    ddof,
  };
}

/** The accuracy of a learner on evaluation j after experience i, over its seeds. */
export function cellSpread(
  model: ReportModel,
  learner: LearnerView,
  i: number,
  j: number,
): Spread | undefined {
  return spreadOf(
    learner.matrices.map((matrix) => matrix[i]?.[j]),
    model.ddof,
  );
}

/** The matrix of a trial with a row for each experience, whether it came that far or not. */
function matrixOf(trial: TrialRecord, size: number): AccuracyMatrix {
  const where = `report: accuracy of "${trial.label}" with seed ${trial.seed}`;
  const rows = accuracyFromRecord(trial.accuracy);
  if (rows.length > size) {
    throw new ClError(
      'SHAPE_MISMATCH',
      `${where}: ${rows.length} rows, expected at most ${size}, one an experience. ` +
        'Report a trial with the stream it ran on.',
    );
  }
  for (const [i, row] of rows.entries()) {
    if (row.length !== size) {
      throw new ClError(
        'SHAPE_MISMATCH',
        `${where}: row ${i} has ${row.length} entries, expected ${size}, one an evaluation. ` +
          'Put null where a set was not evaluated.',
      );
    }
    for (const [j, value] of row.entries()) {
      if (value === undefined || (value >= 0 && value <= 1)) continue;
      throw new ClError(
        Number.isFinite(value) ? 'INVALID_DATA' : 'NON_FINITE',
        `${where}: entry [${i}][${j}] is ${value}, expected a share in [0, 1]. ` +
          'Put null where a set was not evaluated.',
      );
    }
  }
  const empty = Array.from({ length: size }, () => undefined);
  return Array.from({ length: size }, (_, i) => rows[i] ?? empty);
}
