/** What L2P, DualPrompt and CODA-Prompt promise alike, and how a recipe becomes a learner. */
import {
  defineLearner,
  type Learner,
  type LearnerContext,
  type LearnerPlugin,
  type LearnerState,
  type PluginDefinition,
} from '@cl/hub';
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
  const learner = async (
    options: O,
    context: LearnerContext,
    state?: LearnerState,
  ): Promise<Learner> => {
    const [{ towerLearner }, recipeOf] = await Promise.all([import('./tower-method.ts'), load()]);
    const ofModel = (model: ImageModel): Recipe => recipeOf(name, model, options);
    return towerLearner(name, asTower(options), context, ofModel, state);
  };
  return defineLearner({
    ...definition,
    needs: ['image-features', 'graph'],
    scenarios: everyScenario,
    capabilities: () => sequential,
    create: (options, context) => learner(options, context),
    restore: (state, options, context) => learner(options, context, state),
  });
}
