/**
 * Deep SLDA (Hayes and Kanan, CVPR-W 2020): linear discriminant analysis on frozen features that arrive one by one. Kept are
 * a mean a class and one covariance Σ for all classes; with Λ = ((1 − ε)Σ + εI)⁻¹ (eq. 2) the score of class c is
 *
 *   s_c(x) = xᵀΛμ_c − ½ μ_cᵀΛμ_c   (eq. 3).
 *
 * Σ here is the covariance within classes of all samples, 1/N Σₙ (xₙ − μ_yₙ)(xₙ − μ_yₙ)ᵀ, whatever the order in which they
 * came. The authors' stream (their eq. 1) weighs the n-th sample of the whole stream by (n − 1)/n where this takes
 * (n_c − 1)/n_c, its number within the class; theirs depends on the order and counts the first sample of a class in full.
 */
import { defineLearner, type LearnerPlugin } from '@cl/hub';
import { z } from 'zod';
import { featureScaleHelp, type FeatureScale } from './feature-scale.ts';
import { everyScenario, sequential } from './promises.ts';

/** Options of {@link slda}. */
export interface SldaOptions {
  readonly shrinkage: number;
  readonly target: 'mean-variance' | 'identity';
  readonly features: FeatureScale;
}

const name = 'slda';

/** Class means and one shared covariance. */
export const slda: LearnerPlugin<SldaOptions> = defineLearner({
  name,
  description: 'Deep SLDA: streaming linear discriminant analysis, class means and one covariance.',
  defaults: { shrinkage: 0.1, target: 'mean-variance', features: 'unit' },
  help: {
    shrinkage: 'ε: share of the target in the covariance that is inverted, over 0 and under 1.',
    target:
      'What the covariance shrinks to: I times its mean variance, which suits features of any size, or I (published).',
    features: featureScaleHelp,
  },
  schema: z.object({
    shrinkage: z.number().gt(0).lt(1),
    target: z.enum(['mean-variance', 'identity']),
    features: z.enum(['unit', 'raw']),
  }),
  presets: {
    paper: {
      help: 'As published: ε 1e-4 of the identity, raw features.',
      values: { shrinkage: 1e-4, target: 'identity', features: 'raw' },
    },
  },
  needs: ['image-features'],
  scenarios: everyScenario,
  capabilities: () => sequential,
  async create(options, context) {
    const { createSlda } = await import('./slda-learner.ts');
    return createSlda(name, options, context);
  },
  async restore(state, options, context) {
    const { restoreSlda } = await import('./slda-learner.ts');
    return restoreSlda(name, state, options, context);
  },
});
