/** What L2P, DualPrompt and CODA-Prompt promise alike, and how a recipe becomes a learner. */
import { assertState, defineLearner, type LearnerPlugin, type PluginDefinition } from '@cl/hub';
import type { ImageModel } from '@cl/training';
import { everyScenario, sequential } from './promises.ts';
import { asTower, type PromptOptions } from './prompted-tower.ts';
import { towerLearner, type Recipe } from './tower-method.ts';

/** A plugin whose learner trains prompts by a recipe; old images, features and labels are not kept. */
export function definePromptLearner<O extends PromptOptions>(
  definition: PluginDefinition<O>,
  recipeOf: (model: ImageModel, options: O) => Recipe,
): LearnerPlugin<O> {
  const { name } = definition;
  return defineLearner({
    ...definition,
    needs: ['image-features', 'graph'],
    scenarios: everyScenario,
    capabilities: () => sequential,
    create: (options, context) =>
      towerLearner(name, asTower(options), context, (model) => recipeOf(model, options)),
    async restore(state, options, context) {
      assertState(name, state);
      return towerLearner(name, asTower(options), context, (m) => recipeOf(m, options), state);
    },
  });
}
