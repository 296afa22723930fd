/** RanPAC whole: phase 1 adapts the tower on the first experience, phase 2 is `ranpac` on the features it then gives. */
import { defineLearner, type LearnerPlugin } from '@cl/hub';
import { z } from 'zod';
import type { FirstSessionOptions } from './first-session.ts';
import { everyScenario, sequential } from './promises.ts';
import { layersShape } from './prompt-options.ts';
import { ranpac, ranpacShape, type RanpacOptions } from './ranpac.ts';
import { towerHelp, towerShape } from './tower-options.ts';

/** Options of {@link ranpacAdapted}: those of `ranpac`, and how the tower is adapted. */
export interface RanpacAdaptedOptions extends RanpacOptions, FirstSessionOptions {}

const name = 'ranpac-adapted';

/** RanPAC with first-session adaptation. */
export const ranpacAdapted: LearnerPlugin<RanpacAdaptedOptions> = defineLearner({
  name,
  description:
    'RanPAC with first-session adaptation: prefixes trained on the first experience, then random features and ridge regression.',
  defaults: {
    ...ranpac.defaults,
    layers: [],
    promptLength: 8,
    epochs: 10,
    batchSize: 32,
    learningRate: 0.01,
    headLearningRate: 0.01,
    weightDecay: 0,
    threads: 0,
  },
  help: {
    ...ranpac.help,
    layers: 'Attention layers with prefixes, from 0; empty: all.',
    promptLength: 'Tokens of a layer, half of them for keys, half for values.',
    learningRate: 'First rate of the prefixes.',
    ...towerHelp,
  },
  schema: z.object({
    ...ranpacShape,
    layers: layersShape,
    promptLength: z.int().min(2).max(10_000).multipleOf(2),
    ...towerShape,
  }),
  presets: {
    paper: {
      help: 'Phase 2 as published; phase 1 with its 20 epochs of batches of 48 and weight decay, but prefixes and AdamW.',
      values: {
        hiddenDim: 10_000,
        features: 'raw',
        epochs: 20,
        batchSize: 48,
        weightDecay: 5e-4,
      },
    },
  },
  needs: ['graph'],
  scenarios: everyScenario,
  capabilities: () => sequential,
  async create(options, context) {
    const { createRanpacAdapted } = await import('./ranpac-adapted-learner.ts');
    return createRanpacAdapted(name, options, context);
  },
  async restore(state, options, context) {
    const { restoreRanpacAdapted } = await import('./ranpac-adapted-learner.ts');
    return restoreRanpacAdapted(name, state, options, context);
  },
});
