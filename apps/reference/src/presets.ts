/** Whole runs by name. */
import { availableParallelism } from 'node:os';

/** What a run is made of, as text: every part may be overruled by its flag. */
export interface RunPreset {
  readonly help: string;
  /** One for a run, at least one for a comparison. */
  readonly streams: readonly string[];
  readonly datasets: readonly string[];
  readonly backbone: string;
  readonly learners: readonly string[];
  /** Default: 0. */
  readonly seeds?: readonly number[];
  /** Trials at a time, where there are so many cores; default 1. */
  readonly jobs?: number;
}

/**
 * A learner in float32 throughout under its own name: on 3,821 samples with λ of 0.001 and more it answers as in float64,
 * in about two thirds of the time.
 */
const inSinglePrecision = (learner: string): string =>
  `${learner},precision=float32,label=${learner}`;

/** A learner that trains through the backbone, under its own name: in less than half the time of its defaults, and below them. */
const shortened = (learner: string, options: string): string =>
  `${learner},${options},label=${learner}`;

/** The presets of `cl run`. */
export const runPresets: Readonly<Record<string, RunPreset>> = {
  embedded: {
    help: 'RAIL beside its baselines on ten domains of icons, with a CLIP that is embedded: no download',
    streams: ['x-tail'],
    datasets: ['icon-bench'],
    backbone: 'tiny-clip',
    learners: [
      'zero-shot',
      'nearest-mean',
      ...['rail@primal', 'rail@dual', 'joint-ridge'].map(inSinglePrecision),
    ],
    jobs: 2,
  },
};

/** The presets of `cl compare`. */
export const comparePresets: Readonly<Record<string, RunPreset>> = {
  embedded: {
    help: 'every kind of learner on ten domains of embedded icons, three seeds: no download',
    streams: ['x-tail'],
    datasets: ['icon-bench'],
    backbone: 'tiny-clip',
    learners: [
      'zero-shot',
      'nearest-mean',
      'slda',
      'ranpac',
      'ranpac-adapted',
      'linear-probe',
      'ewc',
      'lwf',
      ...['rail@primal', 'rail@dual', 'joint-ridge'].map(inSinglePrecision),
      'vq-prompt',
      'sotu',
      ...['l2p', 'dual-prompt', 'coda-prompt'].map((learner) =>
        shortened(learner, 'epochs=4,batchSize=16'),
      ),
      shortened('fine-tuning', 'epochs=3'),
    ],
    seeds: [0, 1, 2],
    jobs: 2,
  },
};

/** Trials at a time where nobody says a number: what the preset says, and no more than there are cores. */
export function usualJobs(preset: RunPreset | undefined): number {
  return Math.min(preset?.jobs ?? 1, availableParallelism());
}
