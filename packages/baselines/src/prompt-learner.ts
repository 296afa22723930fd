/** What L2P, DualPrompt and CODA-Prompt promise alike, and how a recipe becomes a learner. */
import { assertState, defineLearner, type LearnerPlugin, type PluginDefinition } from '@cl/hub';
import type { ImageModel } from '@cl/training';
import { everyScenario, sequential } from './promises.ts';
import { asTower, type PromptOptions } from './prompt-options.ts';
import type { Recipe } from './tower-method.ts';

/** What a method trains in a model; `name` is for messages. */
type RecipeOf<O> = (name: string, model: ImageModel, options: O) => Recipe;

/**
 * A plugin whose learner trains prompts by a recipe, which is loaded once a learner is wanted; old images, features and labels
 * are not kept.
 */
export function definePromptLearner<O extends PromptOptions>(
  definition: PluginDefinition<O>,
  load: () => Promise<RecipeOf<O>>,
): LearnerPlugin<O> {
  const { name } = definition;
  return defineLearner({
    ...definition,
    needs: ['image-features', 'graph'],
    scenarios: everyScenario,
    capabilities: () => sequential,
    async create(options, context) {
      const { towerLearner } = await import('./tower-method.ts');
      const recipeOf = await load();
      return towerLearner(name, asTower(options), context, (m) => recipeOf(name, m, options));
    },
    async restore(state, options, context) {
      assertState(name, state);
      const { towerLearner } = await import('./tower-method.ts');
      const recipeOf = await load();
      return towerLearner(
        name,
        asTower(options),
        context,
        (m) => recipeOf(name, m, options),
        state,
      );
    },
  });
}
