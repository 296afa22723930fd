/** How a linear head is trained, as options. */
import { z } from 'zod';

/** How a head is trained on each experience. */
export interface HeadTraining {
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: 'adamw' | 'sgd';
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly schedule: 'cosine' | 'constant';
}

/** For unit features; README.md says how the rate was chosen. */
export const headDefaults: HeadTraining = {
  epochs: 20,
  batchSize: 64,
  optimizer: 'adamw',
  learningRate: 0.03,
  weightDecay: 0,
  schedule: 'cosine',
};

/** One sentence an option. */
export const headHelp: Readonly<Record<keyof HeadTraining, string>> = {
  epochs: 'Passes over the training samples of an experience.',
  batchSize: 'Samples a step.',
  optimizer: 'adamw, or sgd with momentum 0.9; its history starts anew with each experience.',
  learningRate: 'First learning rate of each experience.',
  weightDecay: 'Weight decay, decoupled for adamw.',
  schedule: 'Learning rate over an experience: half a cosine down to 0, or constant.',
};

/** Types and ranges. */
export const headShape: { readonly [K in keyof HeadTraining]: z.ZodType<HeadTraining[K]> } = {
  epochs: z.int().min(1).max(10_000),
  batchSize: z.int().min(1).max(65_536),
  optimizer: z.enum(['adamw', 'sgd']),
  learningRate: z.number().positive().max(1e3),
  weightDecay: z.number().min(0).max(1),
  schedule: z.enum(['cosine', 'constant']),
};
