/**
 * Elastic weight consolidation (Kirkpatrick et al., PNAS 2017) on a linear head: weights that earlier experiences depend
 * on are held by springs, L = L_CE + λ/2 · Σᵢ Fᵢ (θᵢ − θᵢ*)² (eq. 3). As in online EWC (Schwarz et al., ICML 2018) there is
 * one θ*, the latest, and one sum F ← γF + F_t, so the state does not grow with the number of experiences.
 */
import { defineLearner, type LearnerPlugin } from '@cl/hub';
import { z } from 'zod';
import { featureScaleHelp } from './feature-scale.ts';
import type { HeadOptions } from './head-method.ts';
import { headDefaults, headHelp, headShape } from './head-options.ts';
import { everyScenario, sequential } from './promises.ts';

/** Options of {@link ewc}. */
export interface EwcOptions extends HeadOptions {
  readonly strength: number;
  readonly decay: number;
}

const name = 'ewc';

/** A sequential linear probe whose important weights are held. */
export const ewc: LearnerPlugin<EwcOptions> = defineLearner({
  name,
  description: 'Elastic weight consolidation on a linear head over frozen features.',
  defaults: { strength: 100, decay: 1, features: 'unit', ...headDefaults },
  help: {
    strength: 'λ: how stiffly important weights are held; 0 is the sequential linear probe.',
    decay: 'γ: what is left of earlier importance after each experience; 1 keeps it.',
    features: featureScaleHelp,
    ...headHelp,
  },
  schema: z.object({
    strength: z.number().min(0).max(1e12),
    decay: z.number().min(0).max(1),
    features: z.enum(['unit', 'raw']),
    ...headShape,
  }),
  needs: ['image-features'],
  scenarios: everyScenario,
  capabilities: () => sequential,
  async create(options, context) {
    const { ewcLearner } = await import('./ewc-learner.ts');
    return ewcLearner(name, options, context);
  },
  async restore(state, options, context) {
    const { ewcLearner } = await import('./ewc-learner.ts');
    return ewcLearner(name, options, context, state);
  },
});
