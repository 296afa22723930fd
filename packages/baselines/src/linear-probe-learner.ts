/** The learner behind the linear probe: see {@link linearProbe}. */
import type { Learner, LearnerContext, LearnerState } from '@cl/hub';
import type { LinearHead } from '@cl/training';
import { headLearner, type Remembering } from './head-method.ts';
import type { LinearProbeOptions } from './linear-probe.ts';
import { emptyMemory, savedMemory } from './row-memory.ts';

/** One that has seen nothing, or the one that was saved; see `headLearner`. */
export function linearProbeLearner(
  name: string,
  options: LinearProbeOptions,
  context: LearnerContext,
  state?: LearnerState,
): Learner {
  const { features: source } = context;
  const remembering = (_head: LinearHead, seed: number): Remembering => {
    if (options.mode === 'sequential') return nothing(options);
    return state === undefined
      ? emptyMemory(options, seed, source)
      : savedMemory(options, seed, state, source);
  };
  return headLearner(name, options, context, remembering, state);
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
