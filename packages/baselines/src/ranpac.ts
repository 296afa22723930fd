/**
 * RanPAC (McDonnell et al., NeurIPS 2023) without its first-session adaptation, which `ranpac-adapted` has: features lifted by a random hidden layer
 * that is never trained, h = ReLU(xW), and a ridge regression from sums, G = Σ hhᵀ and Q = Σ h yᵀ:
 *
 *   scores = hᵀ(G + λI)⁻¹Q   (algorithm 1, phase 2).
 */
import { defineLearner, type LearnerPlugin } from '@cl/hub';
import { z } from 'zod';
import { featureScaleHelp, type FeatureScale } from './feature-scale.ts';
import { everyScenario, sequential } from './promises.ts';

/** Options of {@link ranpac}. */
export interface RanpacOptions {
  readonly hiddenDim: number;
  readonly projection: 'normal' | 'uniform';
  readonly lambda: 'held-out' | 'fixed';
  readonly ridge: number;
  readonly features: FeatureScale;
}

const name = 'ranpac';

/** Types and ranges. */
export const ranpacShape: { readonly [K in keyof RanpacOptions]: z.ZodType<RanpacOptions[K]> } = {
  hiddenDim: z.int().min(0).max(100_000),
  projection: z.enum(['normal', 'uniform']),
  lambda: z.enum(['held-out', 'fixed']),
  ridge: z.number().positive().max(1e12),
  features: z.enum(['unit', 'raw']),
};

/** Ridge regression on random features, from sums only. */
export const ranpac: LearnerPlugin<RanpacOptions> = defineLearner({
  name,
  description:
    'RanPAC (NeurIPS 2023): random ReLU features and ridge regression from sums; λ from held-out samples.',
  defaults: {
    hiddenDim: 4096,
    projection: 'normal',
    lambda: 'held-out',
    ridge: 1,
    features: 'unit',
  },
  help: {
    hiddenDim: 'M: hidden units (ReLU, random, fixed); 0 regresses on the features themselves.',
    projection:
      'Entries of the hidden layer: normal with variance 1 (published), or uniform as RAIL’s, which is then the same for ' +
      'the same seed.',
    lambda:
      'held-out: λ among 10⁻⁸ to 10⁸ that predicts a fifth of each experience’s samples best from the others; fixed: ridge.',
    ridge: 'λ when it is fixed.',
    features: featureScaleHelp,
  },
  schema: z.object(ranpacShape),
  presets: {
    paper: {
      help: 'As published, but without first-session adaptation: 10,000 hidden units on raw features.',
      values: { hiddenDim: 10_000, projection: 'normal', lambda: 'held-out', features: 'raw' },
    },
    'no-projection': {
      help: 'The authors’ ablation without a hidden layer.',
      values: { hiddenDim: 0 },
    },
  },
  needs: ['image-features'],
  scenarios: everyScenario,
  capabilities: () => sequential,
  async create(options, context) {
    const { createRanpac } = await import('./ranpac-learner.ts');
    return createRanpac(name, options, context);
  },
  async restore(state, options, context) {
    const { restoreRanpac } = await import('./ranpac-learner.ts');
    return restoreRanpac(name, state, options, context);
  },
});
