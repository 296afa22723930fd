/** The options that L2P, DualPrompt and CODA-Prompt share. */
import { z } from 'zod';
import { towerHelp, towerShape, type TowerOptions } from './tower-options.ts';

/** Options of every method with prompts. */
export type PromptOptions = Omit<TowerOptions, 'weightDecay' | 'logits'>;

/** The training of CODA-Prompt's code, shortened; README.md says what the rates are worth. */
export const promptDefaults: PromptOptions = {
  epochs: 10,
  batchSize: 32,
  learningRate: 0.01,
  headLearningRate: 0.01,
  threads: 0,
};

/** CODA-Prompt's configuration for all three methods: Adam at 1e-3, batch 128. */
export const codaTraining = { batchSize: 128, learningRate: 1e-3, headLearningRate: 1e-3 } as const;

/** One sentence an option. */
export const promptHelp: Readonly<Record<keyof PromptOptions, string>> = {
  epochs: towerHelp.epochs,
  batchSize: towerHelp.batchSize,
  learningRate: 'First rate of prompts and keys.',
  headLearningRate: towerHelp.headLearningRate,
  threads: towerHelp.threads,
};

/** Types and ranges. */
export const promptShape: { readonly [K in keyof PromptOptions]: z.ZodType<PromptOptions[K]> } = {
  epochs: towerShape.epochs,
  batchSize: towerShape.batchSize,
  learningRate: towerShape.learningRate,
  headLearningRate: towerShape.headLearningRate,
  threads: towerShape.threads,
};

/** Attention layers. */
export const layersShape: z.ZodType<readonly number[]> = z
  .array(z.int().min(0).max(1000))
  .readonly();

/** The options of a tower: old logits take no part, and what gets no gradient stays as it is. */
export function asTower(options: PromptOptions): TowerOptions {
  return { ...options, weightDecay: 0, logits: 'current' };
}
