/** Metrics: numbers computed from what a run recorded. */
import { brand, type Plugin, type PluginDefinition } from './plugin.ts';

/**
 * Accuracies `a[i][j]` in [0, 1] on evaluation j after experience i; `undefined` where it was not
 * evaluated, never 0 in its place.
 */
export type AccuracyMatrix = readonly (readonly (number | undefined)[])[];

/** What a metric may read. */
export interface MetricInput {
  readonly accuracy: AccuracyMatrix;
  /** Test samples of each evaluation, for sample-weighted means. */
  readonly testSizes: readonly number[];
  /** Accuracy on each evaluation before anything was learned, where it was measured. */
  readonly baseline?: readonly (number | undefined)[];
}

/** A metric. `undefined` means: not available from what was evaluated. */
export interface MetricPlugin<O extends object = object> extends Plugin<'metric', O> {
  /** Short heading of a table column. */
  readonly label: string;
  /** The definition as a formula, in words that a report can print. */
  readonly formula: string;
  readonly better: 'higher' | 'lower';
  /** A share, or a difference of shares: tables show it in percent. Pure. */
  compute(input: MetricInput): number | undefined;
}

/** Makes a metric plugin. */
export function defineMetric<O extends object>(
  definition: PluginDefinition<O> &
    Pick<MetricPlugin<O>, 'label' | 'formula' | 'better' | 'compute'>,
): MetricPlugin<O> {
  return brand('metric', definition);
}
