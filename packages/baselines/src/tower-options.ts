/** How a backbone is trained through, as options. */
import { z } from 'zod';

/** How a tower is trained on each experience. */
export interface TowerTraining {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly headLearningRate: number;
  readonly weightDecay: number;
  readonly threads: number;
}

/** One sentence an option; `learningRate` is the method's to explain. */
export const towerHelp: Readonly<Record<Exclude<keyof TowerTraining, 'learningRate'>, string>> = {
  epochs: 'Passes over the training images of an experience.',
  batchSize: 'Images a step, and images of one forward run.',
  headLearningRate: 'First rate of the classifier; both rates fall to 0 along half a cosine.',
  weightDecay: 'Decoupled weight decay (AdamW).',
  threads: 'Threads of a matrix product; 0: as many as there are cores.',
};

/** Types and ranges. */
export const towerShape: { readonly [K in keyof TowerTraining]: z.ZodType<TowerTraining[K]> } = {
  epochs: z.int().min(1).max(10_000),
  batchSize: z.int().min(1).max(65_536),
  learningRate: z.number().min(0).max(10),
  headLearningRate: z.number().min(0).max(10),
  weightDecay: z.number().min(0).max(1),
  threads: z.int().min(0).max(1024),
};

/** The softmax is over the classes of the experience, or over all seen. */
export type LogitChoice = 'all' | 'current';

/** Options of every method that trains through the backbone. */
export interface TowerOptions extends TowerTraining {
  readonly logits: LogitChoice;
}
