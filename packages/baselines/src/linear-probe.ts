/**
 * Linear probe: a softmax head on frozen features, trained by gradient descent. `sequential` is the floor that shows
 * what forgetting costs, `joint` the ceiling of every linear head trained with this loss, `replay` in between.
 */
import { defineLearner, type LearnerPlugin } from '@cl/hub';
import { z } from 'zod';
import { featureScaleHelp } from './feature-scale.ts';
import type { HeadOptions } from './head-method.ts';
import { headDefaults, headHelp, headShape } from './head-options.ts';
import { everyScenario, sequential } from './promises.ts';

/** Options of {@link linearProbe}. */
export interface LinearProbeOptions extends HeadOptions {
  readonly mode: 'sequential' | 'joint' | 'replay';
  readonly replayPerClass: number;
  readonly logits: 'all' | 'current';
}

const name = 'linear-probe';

/** A linear head trained experience by experience, or on everything so far. */
export const linearProbe: LearnerPlugin<LinearProbeOptions> = defineLearner({
  name,
  description:
    'Linear head on frozen features, by gradient descent: sequential, with replay, or joint.',
  defaults: {
    mode: 'sequential',
    replayPerClass: 5,
    logits: 'all',
    features: 'unit',
    ...headDefaults,
  },
  help: {
    mode:
      'sequential: new samples only; joint: from scratch on all samples so far, whose features are kept; replay: on new ' +
      'samples and kept features of old ones.',
    replayPerClass: 'With replay: features kept of each class.',
    logits:
      'all: softmax over all classes seen; current: over those of the experience only, so old columns stay (sequential only).',
    features: featureScaleHelp,
    ...headHelp,
  },
  schema: z
    .object({
      mode: z.enum(['sequential', 'joint', 'replay']),
      replayPerClass: z.int().min(1).max(100_000),
      logits: z.enum(['all', 'current']),
      features: z.enum(['unit', 'raw']),
      ...headShape,
    })
    .refine(({ mode, logits }) => logits === 'all' || mode === 'sequential', {
      path: ['logits'],
      message: 'old samples have no column among the current classes; use mode sequential, or all',
    }),
  presets: {
    sequential: { help: 'New samples only: forgets.', values: { mode: 'sequential' } },
    masked: {
      help: 'Sequential with the softmax over the current classes (the “++” of L2P++ and FT++ in CODA-Prompt).',
      values: { mode: 'sequential', logits: 'current' },
    },
    replay: { help: 'Keeps 5 features of each class.', values: { mode: 'replay' } },
    joint: { help: 'Upper bound: all samples so far.', values: { mode: 'joint' } },
    'ranpac-joint': {
      help: 'The joint linear probe of RanPAC’s code for CIFAR-100: SGD, 30 epochs, batch 128, raw features.',
      values: {
        mode: 'joint',
        features: 'raw',
        epochs: 30,
        batchSize: 128,
        optimizer: 'sgd',
        learningRate: 0.01,
        weightDecay: 5e-4,
        schedule: 'constant',
      },
    },
  },
  needs: ['image-features'],
  scenarios: everyScenario,
  capabilities: ({ mode }) => ({ ...sequential, exemplarFree: mode === 'sequential' }),
  async create(options, context) {
    const { linearProbeLearner } = await import('./linear-probe-learner.ts');
    return linearProbeLearner(name, options, context);
  },
  async restore(state, options, context) {
    const { linearProbeLearner } = await import('./linear-probe-learner.ts');
    return linearProbeLearner(name, options, context, state);
  },
});
