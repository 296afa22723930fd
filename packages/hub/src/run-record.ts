/** What a run leaves behind: read by reporters and by people. All of it is JSON. */
import type { PredictionSource } from './learner.ts';
import type { LearnerAccount } from './learner-account.ts';
import type { JsonObject } from './json.ts';
import type { Scenario } from './experience.ts';

/** Accuracies as JSON keeps them: `null` where a set was not evaluated. */
export type RecordedAccuracy = readonly (readonly (number | null)[])[];

/** A step of the stream as recorded. */
export interface RecordedExperience {
  readonly name: string;
  readonly domain?: string;
  readonly classes: number;
  readonly train: number;
  readonly test: number;
}

/** An image that was classified, for people to look at. */
export interface RecordedExample {
  /** Index of the evaluation it belongs to. */
  readonly evaluation: number;
  readonly imageId: string;
  /** `data:` URI of a small picture. */
  readonly thumbnail: string;
  readonly trueClass: string;
  readonly predictedClass: string;
  /** Domain of the predicted class, where it has one. */
  readonly predictedDomain?: string;
  readonly correct: boolean;
  readonly source: PredictionSource;
}

/** Time spent in one phase: `features`, `learn`, `evaluate`, `save`. */
export interface RecordedPhase {
  readonly name: string;
  readonly seconds: number;
}

/** One learner with one seed over the whole stream. */
export interface TrialRecord {
  /** The name shown in tables: unique among learners of a run. */
  readonly label: string;
  readonly plugin: string;
  readonly options: JsonObject;
  readonly seed: number;
  readonly accuracy: RecordedAccuracy;
  /** By metric name; `null`: not available. */
  readonly metrics: Readonly<Record<string, number | null>>;
  /** `[i][j]`: test images of evaluation i that were given a class of evaluation j, at the end. */
  readonly confusions: readonly (readonly number[])[];
  /** For each evaluation, how many final answers came from where. */
  readonly sources: readonly Readonly<Partial<Record<PredictionSource, number>>>[];
  readonly examples: readonly RecordedExample[];
  readonly phases: readonly RecordedPhase[];
  /** Bytes of the saved learner after the last experience. */
  readonly stateBytes: number;
  /** Highest resident set size of the process while the trial ran. */
  readonly peakMemoryBytes: number;
  /** How many trials of the run went on at a time, which share the machine and its memory; absent: one. */
  readonly jobs?: number;
  /** Whether the learner keeps nothing that belongs to a single past sample. */
  readonly exemplarFree: boolean;
  /** What the learner tells of itself at the end, where it tells something. */
  readonly account?: LearnerAccount;
}

/** What a metric of a record is: kept with it, so that reports need not know the plugin. */
export interface RecordedMetric {
  readonly label: string;
  readonly formula: string;
  readonly description: string;
  readonly better: 'higher' | 'lower';
}

/** A whole run. */
export interface RunRecord {
  readonly name: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** The exact command that made it. */
  readonly command: string;
  readonly stream: {
    readonly name: string;
    readonly scenario: Scenario;
    readonly options: JsonObject;
    readonly experiences: readonly RecordedExperience[];
  };
  readonly backbone: {
    readonly id: string;
    readonly fingerprint: string;
    readonly device: string;
    readonly dtype: string;
  };
  readonly environment: {
    readonly node: string;
    readonly platform: string;
    readonly cores: number;
    readonly memoryBytes: number;
    /** Versions of the packages that took part. */
    readonly packages: Readonly<Record<string, string>>;
  };
  readonly trials: readonly TrialRecord[];
  /** The metrics of the trials, by name. */
  readonly metrics?: Readonly<Record<string, RecordedMetric>>;
}

/** Learners over several streams, each stream a run of its own. */
export interface ComparisonRecord {
  readonly name: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** The exact command that made it. */
  readonly command: string;
  readonly streams: readonly ComparedStream[];
}

/** A stream of a comparison. */
export interface ComparedStream {
  /** Unique in the comparison, and the name of the run's folder in that of the comparison. */
  readonly name: string;
  readonly record: RunRecord;
  /** Learners that take no part here, each with a sentence that says why. */
  readonly leftOut: readonly { readonly label: string; readonly reason: string }[];
}
