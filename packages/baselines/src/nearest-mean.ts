/**
 * Nearest class mean on frozen features (NCM; "SimpleCIL" in Zhou et al., IJCV 2024): the class whose mean feature has the
 * largest cosine with the image. The simplest learner that forgets nothing.
 */
import { defineLearner, type LearnerPlugin } from '@cl/hub';
import { z } from 'zod';
import { everyScenario, sequential } from './promises.ts';

/** {@link nearestMean} has no options. */
export type NearestMeanOptions = Readonly<Record<string, never>>;

/** Keeps a sum of unit features and a count for each class. */
export const nearestMean: LearnerPlugin<NearestMeanOptions> = defineLearner({
  name: 'nearest-mean',
  description: 'Nearest class mean: cosine to the mean of each class’s unit features.',
  defaults: {},
  help: {},
  schema: z.object({}),
  needs: ['image-features'],
  scenarios: everyScenario,
  capabilities: () => ({ ...sequential, mergeable: true, unlearn: true }),
  async create(_options, context) {
    const { createNearestMean } = await import('./nearest-mean-learner.ts');
    return createNearestMean(context);
  },
  async restore(state, _options, context) {
    const { restoreNearestMean } = await import('./nearest-mean-learner.ts');
    return restoreNearestMean(state, context);
  },
});
