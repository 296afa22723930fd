/** What the trials of a run share. */
import type { ImageRef, MetricPlugin } from '@cl/hub';
import { thumbnail } from '@cl/images';
import { metrics as allMetrics } from '@cl/metrics';
import type { ExampleCounts, RunConfig } from './config.ts';
import type { RunListener } from './events.ts';
import type { Trial } from './plan.ts';
import type { TrialProgress } from './run-folder.ts';

/** What a trial needs besides its stream. */
export interface TrialContext extends SharedContext {
  /** Time that the features took, for all trials together. */
  readonly featureSeconds: number;
  /** Trials that go on at a time. */
  readonly jobs: number;
  readonly signal: AbortSignal | undefined;
}

/** What is known before the features are. */
export interface SharedContext extends Pick<RunConfig, 'backbone' | 'trainable' | 'features'> {
  /** The run's folder. */
  readonly folder: string;
  readonly keep: 'last' | 'all';
  readonly metrics: readonly MetricPlugin[];
  readonly examples: ExampleCounts;
  readonly thumbnail: (image: ImageRef) => Promise<string>;
  readonly emit: RunListener;
  /** Writes a trial's progress down; a crash afterwards loses nothing of it. */
  readonly store: (trial: Trial, progress: TrialProgress) => Promise<void>;
}

/** The context of a configuration, with its defaults. */
export function contextOf(
  config: RunConfig,
  own: Pick<SharedContext, 'folder' | 'emit' | 'store'>,
): SharedContext {
  const { backbone, trainable, features, keep, examples } = config;
  return {
    ...own,
    backbone,
    trainable,
    features,
    keep: keep ?? 'last',
    metrics: metricsOf(config),
    examples: examples ?? { right: 3, wrong: 3 },
    thumbnail: remembered(config.thumbnail ?? ((image) => thumbnail(image, 48))),
  };
}

/** The metrics that a configuration asks for. */
export function metricsOf({ metrics }: RunConfig): readonly MetricPlugin[] {
  return metrics ?? allMetrics;
}

/** Learners are shown on the same images: each thumbnail is made once. */
function remembered(make: (image: ImageRef) => Promise<string>): typeof make {
  const known = new Map<ImageRef, Promise<string>>();
  return (image) => {
    const found = known.get(image) ?? make(image);
    known.set(image, found);
    return found;
  };
}
