/** Accuracy and forgetting as they stood after each experience. */
import type { AccuracyMatrix } from '@cl/hub';
import { averageForgetting } from '@cl/metrics';

/** One value an experience; `undefined` where an evaluation that it needs is missing. */
export type Curve = readonly (number | undefined)[];

/** Mean accuracy over all evaluations, learned or not: the rows that Average is the mean of. */
export function accuracyOnAll(accuracy: AccuracyMatrix): Curve {
  return accuracy.map((row) => mean(row));
}

/** Mean accuracy over what was learned so far: the terms of CAA (VQ-Prompt, eq. 11). */
export function accuracyOnLearned(accuracy: AccuracyMatrix): Curve {
  return accuracy.map((row, i) => mean(row.slice(0, i + 1)));
}

/** Average forgetting as if the stream had ended there; it starts with the second experience. */
export function forgettingSoFar(accuracy: AccuracyMatrix): Curve {
  return accuracy.map((_, i) => averageForgetting(accuracy.slice(0, i + 1)));
}

function mean(values: Curve): number | undefined {
  let sum = 0;
  for (const value of values) {
    if (value === undefined) return undefined;
    sum += value;
  }
  return values.length === 0 ? undefined : sum / values.length;
}
