/** The learner of some options, new or restored. */
import { ClError, type Learner, type LearnerContext, type LearnerState } from '@cl/hub';
import { createZeroShot } from '@cl/zero-shot';
import { createAdapter, restoreAdapter } from './create-adapter.ts';
import { RailLearner } from './learner.ts';
import type { RailOptions } from './options.ts';

/** One that has seen nothing. */
export function createRail(options: RailOptions, { features, random }: LearnerContext): Learner {
  const projectionSeed = random.fork('random-projection').uint32();
  return new RailLearner({
    options,
    features,
    zeroShot: createZeroShot(features, options),
    adapter: createAdapter(options, features.featureDim, projectionSeed),
    projectionSeed,
    classes: [],
    experiences: 0,
    keys: [],
  });
}

/**
 * The one that a state describes.
 *
 * @throws ClError `CORRUPT_FILE`.
 */
export function restoreRail(
  state: LearnerState,
  options: RailOptions,
  { features }: LearnerContext,
): Learner {
  const adapter = restoreAdapter(state, options, features.featureDim);
  return new RailLearner({
    options,
    features,
    zeroShot: createZeroShot(features, options),
    adapter,
    projectionSeed: state.values['projectionSeed'] as number,
    classes: state.classes,
    experiences: state.experiences,
    keys: keysOf(state, adapter.kept?.labels.length ?? 0),
  });
}

function keysOf({ values }: LearnerState, rows: number): readonly string[] {
  const keys = values['samples'];
  if (Array.isArray(keys) && keys.length === rows) {
    const texts = (keys as unknown[]).filter((key) => typeof key === 'string');
    if (texts.length === rows) return texts;
  }
  throw new ClError(
    'CORRUPT_FILE',
    `rail: the saved state does not name its samples, expected ${rows} names. Restore an earlier copy.`,
  );
}
