/**
 * Learning without forgetting (Li and Hoiem, TPAMI 2018) on a linear head: on the new images the columns of old classes
 * are to answer as they did before,
 *
 *   L = L_CE + λ · 1/N Σₙ Σ_{c old} −softmax(z*ₙ/T)_c ln softmax(zₙ/T)_c   (eq. 2 to 4; z* the logits of the head before).
 */
import { defineLearner, type LearnerPlugin } from '@cl/hub';
import { z } from 'zod';
import { featureScaleHelp } from './feature-scale.ts';
import type { HeadOptions } from './head-method.ts';
import { headDefaults, headHelp, headShape } from './head-options.ts';
import { everyScenario, sequential } from './promises.ts';

/** Options of {@link lwf}. */
export interface LwfOptions extends HeadOptions {
  readonly strength: number;
  readonly temperature: number;
  readonly logits: 'all' | 'current';
}

const name = 'lwf';

/** A sequential linear probe that distils its own old answers. */
export const lwf: LearnerPlugin<LwfOptions> = defineLearner({
  name,
  description: 'Learning without forgetting on a linear head: distils old answers on new images.',
  defaults: { strength: 1, temperature: 2, logits: 'current', features: 'unit', ...headDefaults },
  help: {
    strength: 'λ: weight of the distillation; 0 is the sequential linear probe.',
    temperature: 'T: softens the old answers.',
    logits:
      'Cross-entropy over the classes of the experience (current, as published) or over all classes seen (all).',
    features: featureScaleHelp,
    ...headHelp,
  },
  schema: z.object({
    strength: z.number().min(0).max(1e6),
    temperature: z.number().positive().max(1e3),
    logits: z.enum(['all', 'current']),
    features: z.enum(['unit', 'raw']),
    ...headShape,
  }),
  presets: {
    paper: { help: 'λ 1 and T 2, as published.', values: { strength: 1, temperature: 2 } },
    pilot: { help: 'λ 3 and T 2, as in PILOT.', values: { strength: 3, temperature: 2 } },
  },
  needs: ['image-features'],
  scenarios: everyScenario,
  capabilities: () => sequential,
  async create(options, context) {
    const { lwfLearner } = await import('./lwf-learner.ts');
    return lwfLearner(name, options, context);
  },
  async restore(state, options, context) {
    const { lwfLearner } = await import('./lwf-learner.ts');
    return lwfLearner(name, options, context, state);
  },
});
