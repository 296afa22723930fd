/**
 * Fine-tuning of the whole image tower, experience by experience: the floor of class-incremental learning ("FT"), and with
 * the softmax over the classes of the experience only "FT++" (Smith et al., CVPR 2023). On a stream of one experience it is
 * joint fine-tuning, the ceiling.
 */
import { defineLearner, type LearnerPlugin } from '@cl/hub';
import { z } from 'zod';
import { everyScenario, sequential } from './promises.ts';
import { towerHelp, towerShape, type TowerOptions } from './tower-options.ts';

/** Options of {@link fineTuning}. */
export interface FineTuningOptions extends TowerOptions {
  readonly augmentation: 'none' | 'crop';
}

const name = 'fine-tuning';

/** Trains all weights on each experience. */
export const fineTuning: LearnerPlugin<FineTuningOptions> = defineLearner({
  name,
  description:
    'Fine-tunes the whole backbone on each experience; on one experience: joint training.',
  defaults: {
    logits: 'all',
    augmentation: 'none',
    epochs: 10,
    batchSize: 32,
    learningRate: 1e-4,
    headLearningRate: 1e-2,
    weightDecay: 0,
    threads: 0,
  },
  help: {
    logits: 'Softmax over all classes seen, or over those of the experience only (current).',
    augmentation: 'crop: random resized crops, mirrored half of the time; none: whole images.',
    learningRate: 'First rate of the backbone.',
    ...towerHelp,
  },
  schema: z.object({
    logits: z.enum(['all', 'current']),
    augmentation: z.enum(['none', 'crop']),
    ...towerShape,
  }),
  presets: {
    masked: { help: 'Softmax over the current classes: FT++.', values: { logits: 'current' } },
    'coda-cifar-100': {
      help: 'FT as CODA-Prompt’s code runs it for CIFAR-100: Adam at 5e-5 for all, 20 epochs, batch 128.',
      values: {
        epochs: 20,
        batchSize: 128,
        learningRate: 5e-5,
        headLearningRate: 5e-5,
        augmentation: 'crop',
      },
    },
  },
  needs: ['image-features', 'graph'],
  scenarios: everyScenario,
  capabilities: () => sequential,
  async create(options, context) {
    const { fineTuningLearner } = await import('./fine-tuning-learner.ts');
    return fineTuningLearner(name, options, context);
  },
  async restore(state, options, context) {
    const { fineTuningLearner } = await import('./fine-tuning-learner.ts');
    return fineTuningLearner(name, options, context, state);
  },
});
