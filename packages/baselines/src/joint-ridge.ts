/**
 * Joint ridge regression: what a linear head reaches that sees all data so far at once. RAIL claims to equal it (Xu et
 * al., NeurIPS 2024, theorems 1 and 2), so its adapter is held against this one.
 */
import { defineLearner, type LearnerPlugin } from '@cl/hub';
import { z } from 'zod';
import { everyScenario, sequential } from './promises.ts';

/** Options of {@link jointRidge}; named and meant as RAIL's. */
export interface JointRidgeOptions {
  readonly hiddenDim: number;
  readonly ridge: number;
  readonly adapterWeight: number;
  readonly templates: readonly string[];
  readonly precision: 'float32' | 'mixed' | 'float64';
}

/** Keeps the features of all samples and solves for all of them anew. An upper bound, not a continual learner. */
export const jointRidge: LearnerPlugin<JointRidgeOptions> = defineLearner({
  name: 'joint-ridge',
  description:
    'Upper bound: ridge regression on the random features of all data so far, solved as a whole.',
  defaults: {
    hiddenDim: 4096,
    ridge: 0.03,
    adapterWeight: 1,
    templates: [],
    precision: 'mixed',
  },
  help: {
    hiddenDim: 'Hidden units (ReLU, random, fixed).',
    ridge: 'λ.',
    adapterWeight:
      '1: the regression alone; less: fused with zero-shot as RAIL fuses, unseen classes included.',
    templates: 'Prompts for all classes when fused, {} is the class; empty: each class’s own.',
    precision:
      'float64 throughout, float32 throughout, or mixed: features and scores in float32, the system solved in float64.',
  },
  schema: z.object({
    hiddenDim: z.int().min(1).max(100_000),
    ridge: z.number().positive().max(1e12),
    adapterWeight: z.number().min(0).max(1),
    templates: z.array(z.string().includes('{}')).readonly(),
    precision: z.enum(['float32', 'mixed', 'float64']),
  }),
  needs: ['image-features'],
  scenarios: everyScenario,
  capabilities: ({ adapterWeight }) => ({
    ...sequential,
    exemplarFree: false,
    openVocabulary: adapterWeight < 1,
  }),
  async create(options, context) {
    const { createJointRidge } = await import('./joint-ridge-learner.ts');
    return createJointRidge(options, context);
  },
  async restore(state, options, context) {
    const { restoreJointRidge } = await import('./joint-ridge-learner.ts');
    return restoreJointRidge(state, options, context);
  },
});
