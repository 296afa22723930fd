/** Zero-shot CLIP: what the backbone knows without being taught. The line that every learner must stay above. */
import { defineLearner, type LearnerPlugin } from '@cl/hub';
import { z } from 'zod';
import { everyScenario, sequential } from './promises.ts';

/** Options of {@link zeroShot}. */
export interface ZeroShotLearnerOptions {
  readonly templates: readonly string[];
}

/** Scores by class names alone; `learn` only notes which classes there are. */
export const zeroShot: LearnerPlugin<ZeroShotLearnerOptions> = defineLearner({
  name: 'zero-shot',
  description: 'Zero-shot CLIP: class names as prompts, nothing is learned.',
  defaults: { templates: [] },
  help: { templates: 'Prompts for all classes, {} is the class; empty: each class’s own.' },
  schema: z.object({ templates: z.array(z.string().includes('{}')).readonly() }),
  needs: ['image-features', 'text-features'],
  scenarios: everyScenario,
  capabilities: () => ({ ...sequential, openVocabulary: true }),
  async create(options, context) {
    const { createZeroShotLearner } = await import('./zero-shot-learner.ts');
    return createZeroShotLearner(options, context);
  },
  async restore(state, options, context) {
    const { restoreZeroShotLearner } = await import('./zero-shot-learner.ts');
    return restoreZeroShotLearner(state, options, context);
  },
});
