/** The learner behind the linear probe: see {@link linearProbe}. */
import { assertState, type Learner, type LearnerContext, type LearnerState } from '@cl/hub';
import { ClosedLearner, emptyHead } from '@cl/training';
import { HeadMethod, headSeed, savedHead, type Remembering } from './head-method.ts';
import type { LinearProbeOptions } from './linear-probe.ts';
import { emptyMemory, savedMemory } from './row-memory.ts';

/** A learner that has seen nothing. */
export function createLinearProbe(
  name: string,
  options: LinearProbeOptions,
  { features: source, random }: LearnerContext,
): Learner {
  const seed = headSeed(random);
  const remembering =
    options.mode === 'sequential' ? nothing(options) : emptyMemory(options, seed, source);
  const head = emptyHead(source.featureDim);
  return new ClosedLearner(
    name,
    new HeadMethod({ name, source, options, seed, head, remembering }),
  );
}

/**
 * The learner that was saved.
 *
 * @throws ClError `CORRUPT_FILE`.
 */
export function restoreLinearProbe(
  name: string,
  state: LearnerState,
  options: LinearProbeOptions,
  { features: source }: LearnerContext,
): Learner {
  assertState(name, state);
  const { seed, head } = savedHead(name, state, source);
  const remembering =
    options.mode === 'sequential' ? nothing(options) : savedMemory(options, seed, state, source);
  return new ClosedLearner(
    name,
    new HeadMethod({ name, source, options, seed, head, remembering }),
    state,
  );
}

/** Trains on what is new and remembers nothing. */
function nothing({ logits }: LinearProbeOptions): Remembering {
  const remembering: Remembering = {
    prepare: (fresh, head, { current }) => ({
      ...fresh,
      head,
      allowed: logits === 'current' ? current : undefined,
    }),
    after: async () => remembering,
    tensors: {},
    keeps: 'nothing',
  };
  return remembering;
}
