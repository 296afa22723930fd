/** What answers from the features of the merged model. */
import type { Matrix, Tensor, WorkOptions } from '@cl/hub';

/** The features of a task under the merged model that includes it. */
export interface TaskFeatures {
  readonly task: number;
  /** [N, D], as the model gives them. */
  readonly features: Matrix<Float32Array>;
  /** Column of each row's class. */
  readonly labels: Int32Array;
  /** Columns there are. */
  readonly classes: number;
}

/** A classifier. Never modified: learning gives another one. */
export interface Classifier {
  /** With one more task. */
  learn(task: TaskFeatures, work?: WorkOptions): Promise<Classifier>;
  /** Scores [N, C] of features [N, D], C being all columns. */
  scores(features: Matrix<Float32Array>, signal?: AbortSignal): Promise<Matrix>;
  /** Its state. */
  save(): Record<string, Tensor>;
}
