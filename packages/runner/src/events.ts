/** What a run tells while it goes on. All but `progress` are also lines of `events.jsonl`. */
import type { ComparedStream, Progress } from '@cl/hub';

/** One learner with one seed. */
export interface TrialName {
  readonly label: string;
  readonly seed: number;
}

/** A step of one trial. */
export interface TrialStep extends TrialName {
  /** Index of the experience. */
  readonly experience: number;
}

/** The run begins: fresh, or where an earlier process stopped. */
export interface RunStarted {
  readonly type: 'run-started';
  readonly name: string;
  readonly folder: string;
  readonly trials: readonly TrialName[];
  /** Names of the experiences in order. */
  readonly experiences: readonly string[];
}

/** Accuracies of a test set by evaluation; `null`: not evaluated. */
export type AccuracyRow = readonly (number | null)[];

/** Anything that happens in a run. */
export type RunEvent =
  | RunStarted
  /** Only in comparisons: the run of the next stream begins. */
  | {
      readonly type: 'stream-started';
      readonly name: string;
      readonly index: number;
      readonly total: number;
      readonly leftOut: ComparedStream['leftOut'];
    }
  | {
      readonly type: 'resumed';
      readonly folder: string;
      /** Accuracy rows that each trial has already. */
      readonly trials: readonly (TrialName & {
        readonly rows: readonly AccuracyRow[];
        readonly finished: boolean;
      })[];
    }
  /** The folder held a run that made room for this one. */
  | { readonly type: 'started-over'; readonly folder: string }
  /** There is nothing to do: the record is returned as it is. */
  | { readonly type: 'already-finished'; readonly folder: string }
  | { readonly type: 'images-skipped'; readonly ids: readonly string[] }
  | ({ readonly type: 'trial-started'; readonly from: number } & TrialName)
  | ({ readonly type: 'progress'; readonly progress: Progress } & Partial<TrialStep>)
  | ({ readonly type: 'experience-learned'; readonly seconds: number } & TrialStep)
  | ({ readonly type: 'evaluated'; readonly row: AccuracyRow } & TrialStep)
  | ({ readonly type: 'saved'; readonly bytes: number } & TrialStep)
  | ({
      readonly type: 'trial-finished';
      readonly metrics: Readonly<Record<string, number | null>>;
    } & TrialName)
  | { readonly type: 'run-finished'; readonly folder: string; readonly files: readonly string[] };

/** Receives events; whatever it throws ends the run. */
export type RunListener = (event: RunEvent) => void;
